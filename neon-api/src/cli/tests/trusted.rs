//! Files that others could have written.

use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};
use std::process::Command;

use super::*;

const NAME: &str = ".config/neon/credentials.json";
/// Nobody's.
const STRANGER: u32 = 54_321;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn refused(home: &Home) -> Option<&'static str> {
    match home.config().credentials() {
        Ok(_) => None,
        Err(CliError::Untrusted { rule, .. }) => Some(rule),
        Err(other) => panic!("{other:?}"),
    }
}

/// Gives a file to somebody else, which only the superuser can. `false` if it could not be done.
#[allow(clippy::print_stdout, reason = "says what was not tested")]
fn give_away(path: &Path) -> bool {
    let given = lchown(path, Some(STRANGER), None).is_ok();
    if !given {
        println!("SKIPPED: files of other users: this is not the superuser");
    }
    given
}

#[test]
fn files_that_others_can_write_are_refused() {
    let home = Home::new();
    let path = home.write(NAME, &session("good", 60_000));
    for (bits, is_refused) in [
        (0o600, false),
        (0o400, false),
        (0o644, false),
        (0o620, true),
        (0o602, true),
        (0o666, true),
    ] {
        mode(&path, bits);
        assert_eq!(refused(&home).is_some(), is_refused, "{bits:o}");
    }
    mode(&path, 0o600);
    let folder = path.parent().unwrap();
    for (bits, is_refused) in [
        (0o700, false),
        (0o775, false),
        (0o777, true),
        (0o1777, false),
    ] {
        mode(folder, bits);
        assert_eq!(refused(&home).is_some(), is_refused, "folder {bits:o}");
    }
    mode(folder, 0o700);
    let profiles = home.write(".config/neon/profiles.json", r#"{"profiles":{}}"#);
    mode(&profiles, 0o622);
    assert!(
        refused(&home).is_some(),
        "the file that points to the credentials, too"
    );
}

#[test]
fn files_and_links_of_other_users_are_refused() {
    let home = Home::new();
    let path = home.write(NAME, &session("good", 60_000));
    if give_away(&path) {
        assert!(refused(&home).unwrap().contains("another user"));
        chown(&path, Some(0), None).unwrap();
        let folder = path.parent().unwrap();
        chown(folder, Some(STRANGER), None).unwrap();
        assert!(refused(&home).unwrap().contains("folder"));
        chown(folder, Some(0), None).unwrap();
    }
    let target = home.path("kept/credentials.json");
    fs::create_dir(target.parent().unwrap()).unwrap();
    fs::rename(&path, &target).unwrap();
    symlink(&target, &path).unwrap();
    assert_eq!(refused(&home), None, "a link of the user's own is followed");
    mode(target.parent().unwrap(), 0o777);
    assert!(
        refused(&home).is_some(),
        "the folder that it leads to counts"
    );
    mode(target.parent().unwrap(), 0o700);
    if give_away(&path) {
        assert!(refused(&home).unwrap().contains("symbolic link"));
    }
    fs::remove_file(&path).unwrap();
    symlink(home.path("nothing"), &path).unwrap();
    assert!(matches!(
        home.config().credentials(),
        Err(CliError::NotSignedIn { .. })
    ));
}

/// Reading neither waits for a writer nor goes on without end.
#[test]
fn only_regular_files_are_read() {
    let home = Home::new();
    let path = home.write(NAME, "");
    fs::remove_file(&path).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    mode(&path, 0o600);
    assert_eq!(refused(&home), Some("it is not a regular file"));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(refused(&home), Some("it is not a regular file"));
    fs::remove_dir(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    assert_eq!(refused(&home), Some("it is not a regular file"));
}

#[test]
fn a_context_of_other_users_is_ignored() {
    let home = Home::new();
    let path = home.write("work/app/.neon", r#"{"projectId":"p-1"}"#);
    home.write("work/.neon", r#"{"projectId":"outer"}"#);
    let project = || {
        home.config()
            .context()
            .unwrap()
            .and_then(|context| context.project)
    };
    for (bits, is_used) in [(0o644, true), (0o664, true), (0o666, false)] {
        mode(&path, bits);
        assert_eq!(project().is_some(), is_used, "{bits:o}");
    }
    mode(&path, 0o644);
    if give_away(&path) {
        assert_eq!(project(), None, "and no other one is searched for");
        fs::write(&path, "planted and broken").unwrap();
        assert_eq!(home.config().context(), Ok(None), "it is not even parsed");
        fs::remove_file(&path).unwrap();
        let own = home.write("work/own.json", r#"{"projectId":"p-1"}"#);
        symlink(own, &path).unwrap();
        assert!(project().is_some());
        give_away(&path);
        assert_eq!(project(), None, "a link");
    }
    fs::remove_file(&path).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    mode(&path, 0o600);
    assert_eq!(project(), None, "a pipe");
}
