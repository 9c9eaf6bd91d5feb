//! Connection strings as sqlx reads them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use neon_api::connection::ConnectionString;
use neon_api_sqlx::connect_options;
use proptest::prelude::*;
use sqlx::postgres::PgConnectOptions;

/// `Debug` shows all fields, and there are no getters for some.
fn shown(options: &PgConnectOptions) -> String {
    format!("{options:?}")
}

#[test]
fn all_parts_arrive() {
    let text = "postgresql://a%20b:p%40s%2Fs@[::1]:5433/d%2Fb?sslmode=disable&application_name=x%26y\
                &options=endpoint%3Dep-a%20-c%20work_mem%3D8MB&channel_binding=require";
    let options = connect_options(&text.parse().unwrap()).unwrap();
    assert_eq!(options.get_host(), "::1");
    assert_eq!(options.get_port(), 5433);
    assert_eq!(options.get_username(), "a b");
    assert_eq!(options.get_database(), Some("d/b"));
    assert_eq!(options.get_application_name(), Some("x&y"));
    assert_eq!(options.get_options(), Some("endpoint=ep-a -c work_mem=8MB"));
    assert!(shown(&options).contains(r#"password: Some("p@s/s")"#));
    let socket = "postgresql://a@%2Fvar%2Frun/d".parse().unwrap();
    let socket = connect_options(&socket).unwrap();
    assert_eq!(socket.get_socket().unwrap().to_str(), Some("/var/run"));
}

proptest! {
    /// What is written as a URI is to sqlx the same as what is set part by part.
    #[test]
    fn sqlx_reads_the_uri_alike(
        role in "[^\0]{1,12}", password in "[^\0]{1,12}", database in "[^\0]{1,12}",
        options in "[^\0]{1,12}", port in 1_u16..,
    ) {
        // Which URLs cannot hold, however they are written.
        prop_assume!(database != "." && database != "..");
        let string = ConnectionString::new("db.example.com", role, database).unwrap();
        let string = string.with_port(port).unwrap().with_password(password).unwrap();
        let string = string.with_parameter("options", options).unwrap();
        let read: PgConnectOptions = string.to_uri().expose().parse().unwrap();
        prop_assert_eq!(shown(&connect_options(&string).unwrap()), shown(&read));
    }
}
