//! Where the statements of a file begin, to name the one that failed.

/// A statement, without what is around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// Of the file, from 1.
    pub(super) line: usize,
    pub(super) text: &'a str,
}

/// The statements between semicolons that stand for themselves: not in quotes, comments, bodies of
/// functions in dollar quotes, or parentheses.
pub(super) fn statements(sql: &str) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let (mut begin, mut end, mut depth, mut at) = (None, 0, 0_usize, 0);
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let escaped = begin.is_some() && is_escaped(sql.get(..at).unwrap_or_default());
        let (length, is_blank) = match first {
            c if c.is_whitespace() => (c.len_utf8(), true),
            '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), true),
            '/' if rest.starts_with("/*") => (comment(rest), true),
            '\'' => (quoted(rest, '\'', escaped), false),
            '"' => (quoted(rest, '"', false), false),
            '$' => (dollar_quoted(rest), false),
            c => (c.len_utf8(), false),
        };
        match first {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if first == ';' && depth == 0 {
            found.extend(begin.take().and_then(|from| statement(sql, from, end)));
        } else if !is_blank {
            begin.get_or_insert(at);
            end = at + length;
        }
        at += length;
    }
    found.extend(begin.and_then(|from| statement(sql, from, end)));
    found
}

fn statement(sql: &str, from: usize, to: usize) -> Option<Statement<'_>> {
    let line = sql.get(..from)?.matches('\n').count() + 1;
    let text = sql.get(from..to)?;
    Some(Statement { line, text })
}

/// Whether a string that begins here has backslashes: `E'…'`.
fn is_escaped(before: &str) -> bool {
    let mut last = before.chars().rev();
    let is_letter = matches!(last.next(), Some('e' | 'E'));
    is_letter && !last.next().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// The length of what is in quotes. A quote in it is doubled, which is two quoted parts as well.
fn quoted(rest: &str, quote: char, has_escapes: bool) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if has_escapes && c == '\\' {
            is_escaped = true;
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    rest.len()
}

/// `$$…$$` or `$name$…$name$`; a parameter such as `$1` is one character.
fn dollar_quoted(rest: &str) -> usize {
    let tag = rest.get(1..).and_then(|inner| inner.find('$'));
    let Some(tag) = tag.and_then(|end| rest.get(..end + 2)) else {
        return 1;
    };
    let name = tag.trim_matches('$');
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    if !name.chars().all(is_name) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return 1;
    }
    let inner = rest.get(tag.len()..).unwrap_or_default();
    inner.find(tag).map_or(rest.len(), |at| at + 2 * tag.len())
}

/// Comments of this kind nest.
fn comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(part) = rest.get(at..).filter(|part| !part.is_empty()) {
        if part.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if part.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += part.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::{Statement, statements};

    fn split(sql: &str) -> Vec<(usize, &str)> {
        let found = statements(sql).into_iter();
        found.map(|Statement { line, text }| (line, text)).collect()
    }

    #[test]
    fn statements_end_at_semicolons_that_stand_for_themselves() {
        assert_eq!(split(""), []);
        assert_eq!(split("; -- nothing\n/* at all; */ ;"), []);
        assert_eq!(split("SELECT 1"), [(1, "SELECT 1")]);
        let sql = "-- a; b\nSELECT ';', \";\", E'\\';' ;\n\nSELECT /* ; /* ; */ ; */ 2;";
        let expected = [
            (2, "SELECT ';', \";\", E'\\';'"),
            (4, "SELECT /* ; /* ; */ ; */ 2"),
        ];
        assert_eq!(split(sql), expected);
    }

    #[test]
    fn bodies_of_functions_and_parentheses_are_one_statement() {
        let body =
            "CREATE FUNCTION f() RETURNS int AS $f$ SELECT $1; SELECT $$;$$; $f$ LANGUAGE sql";
        let rule = "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)";
        let sql = format!("{body};{rule};SELECT $1;é");
        assert_eq!(
            split(&sql),
            [(1, body), (1, rule), (1, "SELECT $1"), (1, "é")]
        );
    }

    #[test]
    fn what_does_not_end_goes_to_the_end_of_the_file() {
        for sql in [
            "SELECT 'a;",
            "SELECT $$ ; $",
            "SELECT /* ;",
            "SELECT \"",
            "SELECT E'\\",
        ] {
            assert_eq!(split(sql).len(), 1, "{sql}");
        }
    }
}
