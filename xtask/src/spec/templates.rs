//! Path templates such as `/projects/{project_id}`.

/// The parameter names of a template in order, or what is wrong with it.
pub fn names(path: &str) -> Result<Vec<&str>, &'static str> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some(open) = rest.find(['{', '}']) {
        let (_, behind) = rest.split_at(open);
        let Some(inner) = behind.strip_prefix('{') else {
            return Err("`}` without `{`");
        };
        let Some((name, tail)) = inner.split_once('}') else {
            return Err("`{` without `}`");
        };
        if name.is_empty() || name.contains('{') {
            return Err("a parameter without a proper name");
        }
        if names.contains(&name) {
            return Err("a parameter that occurs twice");
        }
        names.push(name);
        rest = tail;
    }
    Ok(names)
}

/// The template with its names blanked: two that are equal then match the
/// same requests.
pub fn shape(path: &str) -> String {
    let mut shape = String::new();
    let mut inside = false;
    for c in path.chars() {
        match c {
            '{' => {
                inside = true;
                shape.push_str("{}");
            }
            '}' => inside = false,
            _ if inside => {}
            c => shape.push(c),
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names() {
        assert_eq!(names("/a/{b}/c/{d}:x"), Ok(vec!["b", "d"]));
        assert_eq!(names("/a"), Ok(vec![]));
        assert!(names("/a/{b").is_err());
        assert!(names("/a/b}").is_err());
        assert!(names("/a/{}").is_err());
        assert!(names("/{a}/{a}").is_err());
        assert!(names("/{a{b}}").is_err());
    }

    #[test]
    fn blanks_names() {
        assert_eq!(shape("/a/{b}/c/{d}:x"), "/a/{}/c/{}:x");
        assert_eq!(shape("/a"), "/a");
    }
}
