//! Records read and write what structs do that derive it from serde. Of one thing they take less:
//! a list of values without names is no struct to them.

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod by_record {
    use crate::Patch;

    #[derive(Debug, Clone)]
    pub(super) struct Sample {
        id: i32,
        note: Option<String>,
        type_: Option<u8>,
        inner: Option<Inner>,
        list: Option<Vec<Inner>>,
        at: Patch<Inner>,
    }

    record!(Sample {
        0 required id = "id",
        1 required note = "note",
        2 optional type_ = "type",
        3 optional inner = "inner",
        4 optional list = "list",
        5 patch at = "at",
    });

    #[derive(Debug, Clone)]
    pub(super) struct Inner {
        size: f64,
    }

    record!(Inner {
        0 required size = "größe",
    });
}

/// The attributes are those that the generator gives.
mod by_derive {
    use crate::Patch;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub(super) struct Sample {
        id: i32,
        #[serde(deserialize_with = "Option::deserialize")]
        note: Option<String>,
        #[serde(
            rename = "type",
            default,
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        type_: Option<u8>,
        #[serde(default, skip_serializing_if = "::std::option::Option::is_none")]
        inner: Option<Inner>,
        #[serde(default, skip_serializing_if = "::std::option::Option::is_none")]
        list: Option<Vec<Inner>>,
        #[serde(default, skip_serializing_if = "crate::Patch::is_keep")]
        at: Patch<Inner>,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub(super) struct Inner {
        #[serde(rename = "größe")]
        size: f64,
    }
}

/// How users may hold them, so that they are read from what serde has kept and not from a text.
#[derive(Debug, Serialize, Deserialize)]
struct Flat<T> {
    own: Option<u8>,
    #[serde(flatten)]
    rest: T,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "own")]
enum Tagged<T> {
    #[serde(rename = "1")]
    One(T),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged<T> {
    Is(T),
    IsNot(Value),
}

/// What comes of a text by every way of reading it, and of writing what was read.
fn outcomes<T>(text: &str) -> Vec<String>
where
    T: DeserializeOwned + Serialize + std::fmt::Debug,
{
    let mut all = Vec::new();
    let read: Result<T, _> = serde_json::from_str(text);
    if let Ok(value) = &read {
        all.push(format!("{:?}", serde_json::to_string(value)));
        all.push(format!("{:?}", serde_json::to_string_pretty(value)));
        all.push(format!("{:?}", serde_json::to_value(value)));
    }
    all.push(format!("{read:?}"));
    let read: Result<T, _> = serde_json::from_slice(text.as_bytes());
    all.push(format!("{read:?}"));
    let read: Result<T, _> = serde_json::from_reader(text.as_bytes());
    all.push(format!("{read:?}"));
    if let Ok(tree) = serde_json::from_str::<Value>(text) {
        all.push(format!("{:?}", T::deserialize(&tree)));
        all.push(format!("{:?}", serde_json::from_value::<T>(tree)));
    }
    all
}

fn assert_alike(text: &str) {
    use by_derive::Sample as Derived;
    use by_record::Sample as Record;

    assert_eq!(outcomes::<Record>(text), outcomes::<Derived>(text));
    assert_eq!(
        outcomes::<Option<Vec<Record>>>(text),
        outcomes::<Option<Vec<Derived>>>(text)
    );
    assert_eq!(
        outcomes::<Untagged<Record>>(text),
        outcomes::<Untagged<Derived>>(text)
    );
    // Whose names differ from each other in length, and so in messages.
    let plain = |all: Vec<String>| all.join("\n").replace("by_record", "by_derive");
    assert_eq!(
        plain(outcomes::<Flat<Record>>(text)),
        plain(outcomes::<Flat<Derived>>(text))
    );
    assert_eq!(
        outcomes::<Tagged<Record>>(text),
        outcomes::<Tagged<Derived>>(text)
    );
}

/// A key as it may be written: the fields', plain and escaped, and others that resemble them.
fn key() -> impl Strategy<Value = String> {
    const KEYS: &[&str] = &[
        "id",
        "note",
        "type",
        "inner",
        "list",
        "at",
        "größe",
        "own",
        r"\u0069d",
        r"n\u006fte",
        r"gr\u00f6\u00dfe",
        "ids",
        "Id",
        "type_",
        "",
        " id",
        r"\n",
        r#"\""#,
        r"\ud83d\ude00",
    ];
    prop::sample::select(KEYS).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = String> {
    const TEXTS: &[&str] = &[
        "null",
        "true",
        "0",
        "-1",
        "1",
        "255",
        "256",
        "1.5",
        "1.0",
        "1e400",
        "9223372036854775808",
        r#""""#,
        r#""a""#,
        r#""\u0041\n""#,
        r#""1""#,
        r#""\ud800""#,
        "{}",
        "{",
        "tru",
        "",
    ];
    // What is sound is the rule, so that most texts reach their end.
    prop_oneof![
        4 => prop::sample::select(&["1", "2.5", r#""n""#, "null"][..]),
        1 => prop::sample::select(TEXTS),
    ]
    .prop_map(str::to_owned)
}

fn object(value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    let entry = (key(), value).prop_map(|(key, value)| format!(r#""{key}" : {value}"#));
    prop::collection::vec(entry, 0..5)
        .prop_map(|entries| format!("{{{}}}", entries.join(",")))
        .boxed()
}

fn list() -> impl Strategy<Value = String> {
    let items = prop::collection::vec(inner(), 0..3);
    let key = prop::sample::select(&["list", "new"][..]);
    (key, items).prop_map(|(key, items)| format!(r#""{key}":[{}]"#, items.join(",")))
}

fn inner() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(r#"{"größe":1}"#.to_owned()),
        4 => Just("null".to_owned()),
        1 => object(scalar()),
        2 => scalar(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let head = prop::sample::select(
        &[
            "",
            r#""id":1"#,
            r#""id":1,"note":null"#,
            r#""note":"n","id":2,"own":"1""#,
        ][..],
    );
    let whole = (head, prop::option::of(list()), object(inner())).prop_map(|(head, list, rest)| {
        let rest = rest.get(1..rest.len() - 1).unwrap_or_default().to_owned();
        let parts = [head.to_owned(), list.unwrap_or_default(), rest];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{{{}}}", parts.join(","))
    });
    let tail = prop::sample::select(&["", "", "", "", " ", "x", "}"][..]);
    let end = prop_oneof![4 => Just(usize::MAX), 1 => 0..200_usize];
    (whole, tail, end)
        .prop_map(|(text, tail, end)| text.chars().take(end).chain(tail.chars()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn records_are_read_and_written_as_derived_structs_are(text in text()) {
        assert_alike(&text);
    }
}

/// The texts are worth something only if many of them can be read.
#[test]
fn sound_and_broken_texts_come_in_numbers() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let texts: Vec<String> = (0..1000)
        .map(|_| text().new_tree(&mut runner).unwrap().current())
        .collect();
    let read = |text: &&String| serde_json::from_str::<by_record::Sample>(text).is_ok();
    let sound = texts.iter().filter(read).count();
    assert!((100..900).contains(&sound), "{sound}");
}
