//! Arrays as PostgreSQL writes them: `{1,NULL,{"quoted",x}}`.

use tokio_postgres::types::Type;

use super::json::{Malformed, one};

/// Deeper than PostgreSQL's own arrays.
const DEEPEST: usize = 8;

/// Appends an array of this type as JSON.
pub(super) fn write(element: u32, text: &str, out: &mut Vec<u8>) -> Result<(), Malformed> {
    // Bounds other than from 1 stand before it, and have no form in JSON.
    let items = match text.strip_prefix('[') {
        Some(rest) => rest.split_once('=').ok_or(Malformed)?.1,
        None => text,
    };
    let mut array = Array {
        rest: items,
        element,
        separator: if element == Type::BOX.oid() { ';' } else { ',' },
    };
    array.list(out, 1)?;
    if array.rest.is_empty() {
        Ok(())
    } else {
        Err(Malformed)
    }
}

struct Array<'a> {
    rest: &'a str,
    element: u32,
    separator: char,
}

impl Array<'_> {
    fn takes(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn list(&mut self, out: &mut Vec<u8>, depth: usize) -> Result<(), Malformed> {
        if depth > DEEPEST || !self.takes('{') {
            return Err(Malformed);
        }
        out.push(b'[');
        if !self.takes('}') {
            loop {
                self.item(out, depth)?;
                if self.takes('}') {
                    break;
                }
                if !self.takes(self.separator) {
                    return Err(Malformed);
                }
                out.push(b',');
            }
        }
        out.push(b']');
        Ok(())
    }

    fn item(&mut self, out: &mut Vec<u8>, depth: usize) -> Result<(), Malformed> {
        if self.rest.starts_with('{') {
            return self.list(out, depth + 1);
        }
        if self.takes('"') {
            let value = self.quoted()?;
            return one(self.element, &value, out);
        }
        let ends = [self.separator, '}'];
        let end = self.rest.find(ends).ok_or(Malformed)?;
        let (value, rest) = self.rest.split_at_checked(end).ok_or(Malformed)?;
        self.rest = rest;
        if value == "NULL" {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        one(self.element, value, out)
    }

    /// Up to the closing quote; a backslash stands before what is meant literally.
    fn quoted(&mut self) -> Result<String, Malformed> {
        let mut value = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next().ok_or(Malformed)? {
                '"' => {
                    self.rest = chars.as_str();
                    return Ok(value);
                }
                '\\' => value.push(chars.next().ok_or(Malformed)?),
                other => value.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::types::Type;

    use super::write;

    fn written(element: &Type, text: &str) -> Option<String> {
        let mut out = Vec::new();
        write(element.oid(), text, &mut out).ok()?;
        String::from_utf8(out).ok()
    }

    #[test]
    fn arrays_are_lists() {
        for (element, text, expected) in [
            (Type::INT4, "{}", "[]"),
            (Type::INT4, "{{1,2},{3,NULL}}", "[[1,2],[3,null]]"),
            (Type::INT4, "[0:1]={1,2}", "[1,2]"),
            (
                Type::TEXT,
                r#"{a,"b c","d\"\\e","","NULL",NULL,"{}"}"#,
                r#"["a","b c","d\"\\e","","NULL",null,"{}"]"#,
            ),
            (Type::JSONB, r#"{"{\"a\": 1}",2}"#, r#"[{"a": 1},2]"#),
            (Type::BOOL, "{t,f}", "[true,false]"),
            (
                Type::BOX,
                "{(1,1),(0,0);(3,3),(2,2)}",
                r#"["(1,1),(0,0)","(3,3),(2,2)"]"#,
            ),
        ] {
            assert_eq!(written(&element, text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_array_is_refused() {
        let deep = "{".repeat(100_000);
        for text in [
            "", "1 2", "{", "{1", "{1,", "{\"a", "{\"a\\", "{1}}", "{1}x", "[1", &deep,
        ] {
            assert_eq!(written(&Type::INT4, text), None, "{text:.20}");
        }
    }
}
