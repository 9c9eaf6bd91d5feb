//! Tests of the search for phrases.

use super::*;

fn lines(text: &str) -> Vec<(usize, &'static str)> {
    let found = in_text("a.rs", text);
    found.iter().map(|f| (f.line, f.phrase)).collect()
}

#[test]
fn a_phrase_is_found_in_comments_strings_and_across_lines() {
    let text = "/// The answer\n//! waits for a\n//! turn of it\nlet s = \"all the \\\n  same\";";
    let expected = [(1, "the answer"), (2, "for a turn"), (4, "all the same")];
    assert_eq!(lines(text), expected);
}

#[test]
fn parts_of_words_and_names_in_code_are_not_phrases() {
    let text = "fn the_answer() {} // the answerable, then an ID, an `id`\nthe response";
    assert_eq!(lines(text), []);
}

#[test]
fn an_id_in_lower_case_is_found() {
    assert_eq!(lines("\n\n// an id"), [(3, "an id")]);
    assert_eq!(lines("Ids of projects"), [(1, "ids of")]);
}

#[test]
fn each_phrase_finds_itself_and_not_its_replacement() {
    for &Phrase { phrase, instead } in PHRASES {
        assert!(
            lines(phrase).iter().any(|found| found.1 == phrase),
            "{phrase}"
        );
        assert!(
            !lines(instead).iter().any(|found| found.1 == phrase),
            "{phrase}"
        );
    }
}

#[test]
fn a_file_of_the_workspace_is_read_and_its_tests_are_not() {
    let root = tempfile::tempdir().unwrap();
    for folder in ["neon-api/src", "neon-api/tests"] {
        let folder = root.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.rs"), "//! Good.\n// The answer.\n").unwrap();
    }
    let found = findings(root.path()).unwrap();
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    let expected = "neon-api/src/a.rs:2: write \"the response\", not \"the answer\"";
    assert_eq!(found, [expected]);
}
