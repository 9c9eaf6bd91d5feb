//! What is masked, what stays, and that neither takes long.

use proptest::prelude::*;

use super::{Masked, mask};

fn assert_masked(cases: &[(&str, &str)]) {
    for &(text, shown) in cases {
        assert_eq!(Masked(text).to_string(), shown);
        assert_eq!(format!("{:?}", Masked(text)), format!("{shown:?}"));
        assert_eq!(mask(shown), shown, "masked twice");
    }
}

#[test]
fn what_grants_access_is_masked_and_the_rest_stays() {
    assert_masked(&[
        // Keys of Neon's.
        ("no key \"napi_a1_B2\", sorry", "no key \"napi_***\", sorry"),
        ("napi_a,napi_b.", "napi_***,napi_***."),
        ("role x npg_a1B2-c3", "role x npg_***"),
        // URLs.
        (
            "uri='postgres://u:p@ss:w@h/d' bad",
            "uri='postgres://u:***@h/d' bad",
        ),
        ("(a://b:c@d) (e://f:g@h)", "(a://b:***@d) (e://f:***@h)"),
        ("a://u:p@h/napi_x", "a://u:***@h/napi_***"),
        ("a://napi_x:p@h", "a://napi_***:***@h"),
        ("é://ü:ö@ä", "é://ü:***@ä"),
        ("a://u:it's@h, b", "a://u:***@h, b"),
        (r"a:\/\/u:p@h\/d", r"a:\/\/u:***@h\/d"),
        (r"a:\\/\\/u:p@h\\/d", r"a:\\/\\/u:***@h\\/d"),
        ("https://token:abc1@h/", "https://token:***"),
        // Bearer tokens and other headers.
        ("Bearer xyz", "Bearer ***"),
        ("sent bearer  a.b-c/d==, twice", "sent bearer  ***, twice"),
        ("authorization: Bearer abc", "authorization: Bearer ***"),
        (
            "Authorization: Basic dTpw\nhost: h",
            "Authorization: Basic ***\nhost: h",
        ),
        ("Authorization: napi abc", "Authorization: ***"),
        (
            "curl -H 'Authorization: abc def' u",
            "curl -H 'Authorization: ***' u",
        ),
        ("Basic dXNlcjpwdw==", "Basic ***"),
        ("set-cookie: a=b; c=d", "set-cookie: ***"),
        ("x-api-key: abc", "x-api-key: ***"),
        ("your API key: abc", "your API key: ***"),
        // JWTs.
        ("jwt eyJhbGci.eyJzdWIi.c2ln-_x ends", "jwt *** ends"),
        ("see eyJhbGci.eyJzdWIi", "see ***"),
        // Connection strings.
        ("host=h password=p port=1", "host=h password=*** port=1"),
        (r"password='it\'s' port=1", "password='***' port=1"),
        ("password='it''s' port=1", "password='***' port=1"),
        ("Pwd=a;b c", "Pwd=*** c"),
        ("Password=a;Host=b", "Password=***;Host=b"),
        ("Pwd={a;b};Host=b", "Pwd={***};Host=b"),
        ("PGPASSWORD=abc psql", "PGPASSWORD=*** psql"),
        ("psql --password abc -h h", "psql --password *** -h h"),
        (
            "ALTER ROLE r PASSWORD 'a b' x",
            "ALTER ROLE r PASSWORD '***' x",
        ),
    ]);
}

#[test]
fn so_it_is_in_structures_and_encodings() {
    assert_masked(&[
        // JSON, and JSON within JSON.
        (r#"{"password":"a","b":1}"#, r#"{"password":"***","b":1}"#),
        (r#"{"api_key" : "a\"b\\" }"#, r#"{"api_key" : "***" }"#),
        (r#"{"token":12345,"b":1}"#, r#"{"token":***,"b":1}"#),
        (r#"{"tokens":["a","b"]}"#, r#"{"tokens":[***]}"#),
        (
            r#"{"secret_server_key":"a"}"#,
            r#"{"secret_server_key":"***"}"#,
        ),
        ("\"secret\":\n\"a b", "\"secret\":\n\"***"),
        (
            r#""{\"clientSecret\":\"a\\\"b\",\"c\":\"d\"}""#,
            r#""{\"clientSecret\":\"***\",\"c\":\"d\"}""#,
        ),
        (r#"password: Some("a b")"#, r#"password: Some("***")"#),
        (
            r#"{"password":{"value":"a}b"},"c":"d"}"#,
            r#"{"password":{***},"c":"d"}"#,
        ),
        (
            r#"{"secrets" : [{"a":["b]",{"c":"\"}"}]}], "d":1}"#,
            r#"{"secrets" : [***], "d":1}"#,
        ),
        (
            r#""{\"token\":{\"a\":\"b}\"},\"c\":1}""#,
            r#""{\"token\":{***},\"c\":1}""#,
        ),
        (r#"{"credential":{"a":"b"#, r#"{"credential":{***"#),
        // Queries, forms and presigned URLs.
        ("/x?password=a&b=c", "/x?password=***&b=c"),
        ("user[password]=a&b=c", "user[password]=***&b=c"),
        ("/x?password=a&b", "/x?password=***"),
        (
            "https://h/o?X-Amz-Credential=a%2Fb&X-Amz-Date=1&X-Amz-Signature=c",
            "https://h/o?X-Amz-Credential=***&X-Amz-Date=1&X-Amz-Signature=***",
        ),
        ("https://h/o?sv=1&sig=a%3D", "https://h/o?sv=1&sig=***"),
        // Percent-encoded, once and more often.
        (
            "bad postgresql%3A%2F%2Fuser%3Apw%40host uri",
            "bad postgresql://user:***@host uri",
        ),
        ("a%253A%252F%252Fu%253Ap%2540h", "a://u:***@h"),
        ("q=napi%5Fabc", "q=napi_***"),
        ("%22password%22%3A%22a%22", "\"password\":\"***\""),
        // Forms have `+` in place of spaces.
        (
            "q=ALTER+ROLE+r+PASSWORD+%27a+b%27",
            "q=ALTER+ROLE+r+PASSWORD+'***'",
        ),
        ("q=host%3Dh+password+%3D+a%20b", "q=host=h+password+=+*** b"),
        ("q=Basic+dXNlcjpwdw%3D%3D", "q=Basic+***"),
        (
            "q=%7B%22token%22%3A+%7B%22a%22%3A+%22b+c%22%7D%7D",
            "q={\"token\":+{***}}",
        ),
        ("q=psql+--password+abc", "q=psql+--password+***"),
    ]);
}

#[test]
fn innocent_strings_stay() {
    for text in [
        "",
        "a b\n c",
        "keys begin with napi_",
        "see https://neon.tech/docs?a=b:c",
        "https://me@host/",
        "http://127.0.0.1:8080/api/v2/projects?limit=10&search=a%20b",
        "mail bob@example.com, or bob%40example.com",
        "branch not found",
        "project already has running conflicting operations, scheduling of new ones is prohibited",
        "branch already exists; branch_name:\"preview/pr-42\"",
        "invalid request: decode application/json: invalid: project (field required)",
        "role password is not stored",
        "password: must be at least 12 characters",
        "invalid token: expired",
        "token is invalid",
        "bearer token is missing",
        "Bearer authentication required",
        "Bearer realm=\"neon\", error=\"invalid_token\"",
        "Authorization: Bearer token required",
        "authorization: missing",
        "Basic Authentication is off, see the basic plan",
        "password authentication failed for user 'owner'",
        "{\"password\":null,\"token\":\"\"}",
        "Unexpected token: <",
        "100%, 5%, %zz and %",
        "upstream connect error or disconnect/reset before headers",
        "2026-11-21T17:07:39Z br-noisy-breeze-a5e59rrb 6a2b0c4e-2f66-4a52-9b0e-3a4f4f6f3a11",
        "eyJicmFuY2hfaWQiOiJici0xIn0=",
        "reset_password, secretary: none; tokenize(x)",
    ] {
        assert_eq!(mask(text), text);
    }
}

/// Pieces whose scans begin again and again if they find nothing. Quadratic time would be minutes.
#[test]
fn time_is_linear() {
    for piece in [
        "a://",
        "a://u:",
        "@",
        "eyJ",
        "eyJ.",
        "eyJa.",
        "token",
        "token=",
        "token: ",
        "token:\"",
        "token=\\",
        "token=[",
        "bearer ",
        "basic ",
        "basic/",
        "napi_",
        "password='",
        "password=a&",
        "token:{",
        "token:{\"",
        "token:[\\\"",
        ":\\",
        "token+",
        "%25",
        "%41",
        "\\\"",
        "authorization: token ",
        "--token ",
        "token''",
        "api key",
        "=",
        " ",
        "a:b@",
        "password: must ",
        "%3A%2F%2F",
    ] {
        let text = piece.repeat(20_000);
        assert!(!mask(&text).is_empty());
    }
}

/// All places where a secret may stand, `{}` standing for it.
const PLACES: &[&str] = &[
    "napi_{}",
    "npg_{}",
    "Bearer {}",
    "authorization: {}",
    "Proxy-Authorization: Digest {}",
    "postgresql://owner:{}@ep-misty-sea-a5833nbi.aws.neon.tech/db",
    "password={}",
    "pwd = {}",
    "password='{}'",
    "{\"password\":\"{}\"}",
    "{\"api_key\" : \"x\\\"{}\"}",
    "\\\"token\\\":\\\"{}\\\"",
    "?client_secret={}&x=1",
    "https://h/k?X-Amz-Signature={}",
    "https://h/k?X-Amz-Credential={}&sig={}",
    "eyJhbGciOiJIUzI1NiJ9.{}.{}",
    "postgresql%3A%2F%2Fuser%3A{}%40host",
    "password%3D{}%26x%3D1",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_string_can_be_masked(text in ".*", broken in "(\\PC|%[0-9a-f]?|[:/@\"'\\\\=&]|token|bearer |eyJ|napi_a|\u{e9}){0,40}") {
        for text in [text, broken] {
            let masked = mask(&text);
            // Nothing is left that is a secret by its own signs.
            prop_assert!(!masked.contains("napi_a"), "{}", masked);
        }
    }

    #[test]
    fn a_secret_is_masked_in_every_place_and_beside_any_string(
        secret in "zq[a-zA-Z0-9]{6,30}zq",
        place in prop::sample::select(PLACES),
        before in "([a-z ,.(é]|%41){0,10}[ ,(]",
        after in "[ ,)\n][a-z ]{0,10}",
    ) {
        let text = format!("{before}{}{after}", place.replace("{}", &secret));
        let masked = mask(&text);
        prop_assert!(!masked.contains(&secret), "{}", masked);
    }
}
