//! Strings that match a regular expression, so that a new pattern of the document needs no code.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

use crate::rng::Rng;

/// How many more than its minimum a repetition operator produces at most.
const SPARE: u32 = 7;

/// `None` for a pattern that does not parse.
pub(super) fn matching(rng: &mut Rng, pattern: &str) -> Option<String> {
    let expression = regex_syntax::parse(pattern).ok()?;
    let mut out = String::new();
    write(rng, &expression, &mut out);
    Some(out)
}

fn write(rng: &mut Rng, expression: &Hir, out: &mut String) {
    match expression.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => out.extend(character(rng, class)),
        HirKind::Class(Class::Bytes(class)) => {
            let first = class.ranges().first();
            out.extend(first.map(|range| char::from(range.start())));
        }
        HirKind::Repetition(repetition) => {
            let least = repetition.min;
            let spare = least.saturating_add(SPARE);
            let most = repetition.max.map_or(spare, |most| most.min(spare));
            for _ in 0..rng.between(least.into(), most.into()) {
                write(rng, &repetition.sub, out);
            }
        }
        HirKind::Capture(capture) => write(rng, &capture.sub, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(rng, part, out)),
        HirKind::Alternation(parts) => {
            if let Some(part) = rng.pick(parts).cloned() {
                write(rng, &part, out);
            }
        }
    }
}

/// One of the class, a letter or a digit if it has any: others are hard to read in samples.
fn character(rng: &mut Rng, class: &ClassUnicode) -> Option<char> {
    let is_in = |c: &char| {
        class
            .ranges()
            .iter()
            .any(|r| (r.start()..=r.end()).contains(c))
    };
    let plain: Vec<char> = ('a'..='z')
        .chain('0'..='9')
        .chain('A'..='Z')
        .filter(is_in)
        .collect();
    let first = class
        .ranges()
        .first()
        .map(regex_syntax::hir::ClassUnicodeRange::start);
    rng.pick(&plain).copied().or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_match_what_they_are_made_from() {
        let mut rng = Rng::for_purpose(1, "patterns");
        for pattern in [
            "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
            r"^[^\x00-\x1f\x7f-\x9f]+$",
            "^(a|bc)*d{3}$",
            "^[0-9]{1,6}(ms|s|m|h|d)$",
            "^$",
            r"^\+[!-/]{2}x?$",
        ] {
            let expression = regex::Regex::new(pattern).unwrap();
            for _ in 0..200 {
                let text = matching(&mut rng, pattern).unwrap();
                assert!(expression.is_match(&text), "{pattern}: {text:?}");
            }
        }
        assert_eq!(matching(&mut rng, "("), None);
    }
}
