//! Connection strings as tokio-postgres reads them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use neon_api::connection::ConnectionString;
use neon_api_tokio_postgres::config;
use proptest::prelude::*;
use tokio_postgres::config::{ChannelBinding, Host, SslMode};

#[test]
fn all_parts_arrive() {
    let text = "postgresql://a%20b:p%40s%2Fs@[::1]:5433/d%2Fb?sslmode=require&application_name=x%26y\
                &options=endpoint%3Dep-a%20-c%20work_mem%3D8MB&channel_binding=require";
    let found = config(&text.parse().unwrap()).unwrap();
    assert_eq!(found.get_hosts(), [Host::Tcp("::1".to_owned())]);
    assert_eq!(found.get_ports(), [5433]);
    assert_eq!(found.get_user(), Some("a b"));
    assert_eq!(found.get_password(), Some(&b"p@s/s"[..]));
    assert_eq!(found.get_dbname(), Some("d/b"));
    assert_eq!(found.get_application_name(), Some("x&y"));
    assert_eq!(found.get_options(), Some("endpoint=ep-a -c work_mem=8MB"));
    assert_eq!(found.get_ssl_mode(), SslMode::Require);
    assert_eq!(found.get_channel_binding(), ChannelBinding::Require);
}

#[test]
fn verification_never_becomes_less_than_encryption() {
    for mode in ["require", "verify-ca", "verify-full"] {
        let text = format!("postgresql://a@h/d?sslmode={mode}");
        let found = config(&text.parse().unwrap()).unwrap();
        assert_eq!(found.get_ssl_mode(), SslMode::Require, "{mode}");
    }
    for unknown in ["sslmode=maybe", "sslrootcert=/file"] {
        let text = format!("postgresql://a:s3cret@h/d?{unknown}");
        let error = config(&text.parse().unwrap()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}

proptest! {
    /// A reader that was not written here reads what is written.
    #[test]
    fn every_part_survives(
        role in "[^\0]{1,12}", password in "[^\0]{1,12}", database in "[^\0]{1,12}",
        options in "[^\0]{1,12}", port in 1_u16.., host in "[a-z0-9.-]{1,12}",
    ) {
        let string = ConnectionString::new(&host, &role, &database).unwrap();
        let string = string.with_port(port).unwrap().with_password(&*password).unwrap();
        let string = string.with_parameter("options", &options).unwrap();
        let found = config(&string).unwrap();
        prop_assert_eq!(found.get_hosts(), [Host::Tcp(host)]);
        prop_assert_eq!(found.get_ports(), [port]);
        prop_assert_eq!(found.get_user(), Some(&*role));
        prop_assert_eq!(found.get_password(), Some(password.as_bytes()));
        prop_assert_eq!(found.get_dbname(), Some(&*database));
        prop_assert_eq!(found.get_options(), Some(&*options));
    }
}
