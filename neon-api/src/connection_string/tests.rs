use proptest::prelude::*;

use super::*;

const DIRECT: &str = "postgresql://alice:s3cret@ep-misty-sea-a5833nbi.eu-central-1.aws.neon.tech/app?sslmode=require&channel_binding=require";

fn read(text: &str) -> ConnectionString {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_parts_are_read() {
    let found = read(DIRECT);
    assert_eq!(found.role(), "alice");
    assert_eq!(found.password().map(Secret::expose), Some("s3cret"));
    assert_eq!(found.port(), 5432);
    assert_eq!(found.database(), "app");
    assert_eq!(found.parameter("sslmode"), Some("require"));
    assert_eq!(found.endpoint(), Some("ep-misty-sea-a5833nbi"));
    assert_eq!(found.to_uri().expose(), DIRECT);
}

#[test]
fn other_spellings_are_read() {
    let cases = [
        // What is encoded, and what libpq takes as it is.
        (
            "postgres://a%20b:p%40ss%3Aw%2Frd@h:5433/d%2Fb",
            ("a b", Some("p@ss:w/rd"), "h", 5433, "d/b"),
        ),
        (
            "postgresql://alice:p@ss+word@h/app",
            ("alice", Some("p@ss+word"), "h", 5432, "app"),
        ),
        (
            "postgresql://alice:@h/app",
            ("alice", Some(""), "h", 5432, "app"),
        ),
        ("postgresql://alice@h", ("alice", None, "h", 5432, "alice")),
        (
            "postgresql://alice@h:/app",
            ("alice", None, "h", 5432, "app"),
        ),
        (
            "postgresql://alice:x@[2001:db8::1]:5433/app",
            ("alice", Some("x"), "2001:db8::1", 5433, "app"),
        ),
        (
            "postgresql://alice@[fe80::1%25eth0]/app",
            ("alice", None, "fe80::1%eth0", 5432, "app"),
        ),
        (
            "postgresql://alice@%2Fvar%2Frun/app",
            ("alice", None, "/var/run", 5432, "app"),
        ),
        (
            "postgresql:///app?host=h&user=alice&password=x%26y&port=1",
            ("alice", Some("x&y"), "h", 1, "app"),
        ),
        (
            "postgresql://a:b@c/d?dbname=e",
            ("a", Some("b"), "c", 5432, "e"),
        ),
        (
            " postgresql://alice@h/app \n",
            ("alice", None, "h", 5432, "app"),
        ),
        (
            "postgresql://alice@h?sslmode=require",
            ("alice", None, "h", 5432, "alice"),
        ),
    ];
    for (text, (role, password, host, port, database)) in cases {
        let found = read(text);
        let parts = (
            found.role(),
            found.password().map(Secret::expose),
            found.host(),
        );
        assert_eq!(parts, (role, password, host), "{text}");
        assert_eq!((found.port(), found.database()), (port, database), "{text}");
        assert_eq!(read(found.to_uri().expose()), found, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_without_showing_it() {
    for text in [
        "",
        "s3cret",
        "host=h user=s3cret",
        "mysql://a:s3cret@h/d",
        "postgresql://",
        "postgresql://h/s3cret",
        "postgresql://a:s3cret@/d",
        "postgresql://a:s3cret@h1,h2/d",
        "postgresql://a:s3cret@h1:1,h2:2/d",
        "postgresql://a:s3cret@h:0/d",
        "postgresql://a:s3cret@h:+1/d",
        "postgresql://a:s3cret@h:65536/d",
        "postgresql://a:s3cret@h:x/d",
        "postgresql://a:s3cret@[::1/d",
        "postgresql://a:s3cret@[::1]x/d",
        "postgresql://a:s3cret%@h/d",
        "postgresql://a:s3cret%4@h/d",
        "postgresql://a:s3cret%00@h/d",
        "postgresql://a:s3cret%FF@h/d",
        "postgresql://a:s3cret@h/d?s3cret",
        "postgresql://a:s3cret@h/d?=s3cret",
        "postgresql://a:b@h/d?x=%zz",
    ] {
        let error = text.parse::<ConnectionString>().unwrap_err();
        assert!(matches!(error, Error::InvalidInput(_)), "{text}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("s3cret"), "{text}: {shown}");
    }
}

#[test]
fn pooled_and_direct_are_converted_both_ways() {
    let host = "postgresql://a@ep-misty-sea-a5833nbi.eu-central-1.aws.neon.tech/d";
    let pooled_host = "postgresql://a@ep-misty-sea-a5833nbi-pooler.eu-central-1.aws.neon.tech/d";
    let option = "postgresql://a@127.0.0.1:5544/d?options=endpoint%3Dep-misty-sea-a5833nbi";
    let pooled_option =
        "postgresql://a@127.0.0.1:5544/d?options=endpoint%3Dep-misty-sea-a5833nbi-pooler";
    let both = "postgresql://a@h/d?options=-c%20x%3Dep-a%20endpoint%3Dep-a%20-c%20y%3D1";
    let pooled_both =
        "postgresql://a@h/d?options=-c%20x%3Dep-a%20endpoint%3Dep-a-pooler%20-c%20y%3D1";
    for (direct, pooled) in [
        (host, pooled_host),
        (option, pooled_option),
        (both, pooled_both),
    ] {
        let (direct, pooled) = (read(direct), read(pooled));
        assert!(pooled.is_pooled() && !direct.is_pooled());
        assert_eq!(direct.pooled(), pooled);
        assert_eq!(pooled.pooled(), pooled);
        assert_eq!(pooled.direct(), direct);
        assert_eq!(direct.direct(), direct);
        assert_eq!(direct.endpoint(), pooled.endpoint());
    }
    // Of another server.
    for text in [
        "postgresql://a@localhost/d",
        "postgresql://a@ep-a/d",
        "postgresql://a@db-pooler.x/d",
    ] {
        let other = read(text);
        assert_eq!((other.endpoint(), other.is_pooled()), (None, false));
        assert_eq!(other.pooled(), other);
    }
}

#[test]
fn parts_are_replaced() {
    let changed = read(DIRECT)
        .with_database("other")
        .and_then(|string| string.with_parameter("sslmode", "verify-full"))
        .and_then(|string| string.with_password("new"))
        .unwrap();
    assert_eq!(
        changed.to_uri().expose(),
        "postgresql://alice:new@ep-misty-sea-a5833nbi.eu-central-1.aws.neon.tech/other?channel_binding=require&sslmode=verify-full"
    );
    assert!(changed.clone().with_parameter("host", "h").is_err());
    assert!(changed.clone().with_parameter("", "h").is_err());
    assert!(changed.clone().with_parameter("x", "\0").is_err());
    assert!(changed.clone().with_database("").is_err());
    assert!(changed.with_password("\0").is_err());
    assert!(ConnectionString::new("", "a", "b").is_err());
}

#[test]
fn nothing_secret_is_shown() {
    let string = read("postgresql://alice:s3cret@h/app?sslpassword=s3cret2&sslmode=require");
    let shown = format!("{string:?} {:?}", string.environment());
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(
        shown.contains("PGPASSWORD") && shown.contains("sslmode"),
        "{shown}"
    );
}

/// Anything but NUL.
fn any_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>().prop_filter("not NUL", |c| *c != '\0'), 1..20)
        .prop_map(String::from_iter)
}

fn any_host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9.-]{1,20}",
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|address| address.to_string()),
        any_text().prop_filter("one host", |text| !text.contains(',')),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        role in any_text(), password in proptest::option::of(any_text()), host in any_host(),
        port in proptest::option::of(1_u16..), database in any_text(),
        parameters in proptest::collection::vec((any_text(), any_text()), 0..4),
    ) {
        let mut string = ConnectionString::new(host, role, database).unwrap();
        if let Some(password) = password {
            string = string.with_password(password).unwrap();
        }
        if let Some(port) = port {
            string = string.with_port(port).unwrap();
        }
        for (name, value) in parameters {
            string = string.with_parameter(name, value).unwrap();
        }
        let written = string.to_uri();
        prop_assert!(written.expose().is_ascii());
        prop_assert_eq!(read(written.expose()), string);
    }

    #[test]
    fn no_text_is_too_strange(text in any_text(), rest in any_text()) {
        let _ = text.parse::<ConnectionString>();
        let _ = format!("postgresql://{text}@{rest}").parse::<ConnectionString>();
        let _ = format!("postgresql://{text}:{rest}@h/d?{text}={rest}").parse::<ConnectionString>();
    }
}
