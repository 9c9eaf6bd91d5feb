//! What builders and futures have: `#[must_use]`, and builders a setter.

/// Each future and builder of a [surface](crate::surface) that may be dropped without a warning, and
/// each builder without a setter. A builder is what becomes a future when it is awaited.
pub fn builders(surface: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, lines) in paragraphs(surface) {
        let has = |part: &str| lines.iter().any(|line| line.contains(part));
        if !has("Future for ") {
            continue;
        }
        if !lines
            .iter()
            .any(|head| head.contains("#[must_use] struct "))
        {
            findings.push(format!("{name} is not `#[must_use]`"));
        }
        let sets = |line: &&str| line.contains("(self") && line.ends_with("-> Self");
        if has("IntoFuture for ") && !lines.iter().any(sets) {
            findings.push(format!(
                "{name} has no setter: a method can return the call"
            ));
        }
    }
    findings
}

/// The paths of a surface, each with its lines.
fn paragraphs(surface: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in surface.lines() {
        match (line.strip_prefix("    "), found.last_mut()) {
            (Some(line), Some((_, lines))) => lines.push(line),
            _ => found.push((line, Vec::new())),
        }
    }
    found
}
