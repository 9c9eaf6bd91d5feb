//! When the files are read again.

use super::*;
use crate::key::KeyProvider as _;

/// What was read before is not sent once it has expired.
#[tokio::test]
async fn an_expired_session_is_read_again() {
    let home = Home::new();
    let name = ".config/neon/credentials.json";
    home.write(name, &session("planted", 60_000));
    let mut stored = home.config().credentials().unwrap();
    stored.expire();
    let key = CliKey::new(home.config(), stored);
    assert!(!format!("{key:?}").contains("planted"));
    home.write(name, &session("planted", -1));
    let error = key.key().await.unwrap_err().to_string();
    assert!(error.contains("`neon auth --profile DEFAULT`"), "{error}");
    home.write(name, &session("new", 60_000));
    assert_eq!(key.key().await.unwrap().expose(), "new");
    home.write(name, "broken");
    assert_eq!(key.key().await.unwrap().expose(), "new", "it is kept");
    key.renew().await.unwrap_err();
}
