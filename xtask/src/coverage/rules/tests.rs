use super::*;
use crate::coverage::methods;
use crate::sources::Module;

/// A method that is as it must be.
const GET: &str = "/// The thing (`getThing`).
    #[doc(alias = \"getThing\")]
    pub fn get(&self) { n.raw().get_thing() }";

struct Case {
    /// What stands in `impl Handle`.
    methods: String,
    called: &'static str,
    pending: &'static [&'static str],
    official: &'static str,
    warnings: &'static [Warning],
}

impl Default for Case {
    fn default() -> Self {
        Self {
            methods: GET.to_owned(),
            called: "getThing Handle::get\n",
            pending: &[],
            official: "",
            warnings: &[],
        }
    }
}

impl Case {
    fn of(methods: impl Into<String>) -> Self {
        let methods = methods.into();
        Self {
            methods,
            ..Self::default()
        }
    }

    /// The findings, for a spec with `getThing` alone.
    fn found(&self) -> Vec<String> {
        let source = format!("impl Handle {{ {} }}", self.methods);
        let methods = methods(&Module {
            name: "c".to_owned(),
            is_public: true,
            attrs: Vec::new(),
            items: syn::parse_file(&source).unwrap().items,
            children: Vec::new(),
        });
        let mut pending = Pending::default();
        pending.add(self.pending.iter().copied(), "2026-11-25");
        findings(&Checked {
            ids: BTreeSet::from(["getThing"]),
            methods: &methods,
            called: &Called::parse(self.called).unwrap(),
            pending: &pending,
            official: self.official,
            warnings: self.warnings,
        })
    }
}

#[test]
fn a_method_that_is_tested_and_documented_is_no_finding() {
    assert_eq!(Case::default().found(), [""; 0]);
    let derived =
        "/// The thing (`getThing`), if there is one.\npub fn get_opt(&self) { self.get() }";
    let case = Case {
        methods: format!("{GET} {derived}"),
        called: "getThing Handle::get\ngetThing Handle::get_opt\n",
        ..Case::default()
    };
    assert_eq!(case.found(), [""; 0], "what is derived needs no alias");
}

#[test]
fn an_operation_without_a_method_is_a_finding_unless_it_waits() {
    let nothing = Case {
        called: "",
        ..Case::of("")
    };
    assert_eq!(
        nothing.found(),
        ["getThing: no method calls it, and it is not in coverage-pending.txt"]
    );
    let waiting = Case {
        pending: &["getThing"],
        ..nothing
    };
    assert_eq!(waiting.found(), [""; 0]);
    let official = Case {
        official: "# From there.\ngetThing\n",
        ..waiting
    };
    assert_eq!(
        official.found(),
        ["getThing: the official SDK wraps it, and no method calls it"]
    );
}

#[test]
fn what_waits_without_need_is_a_finding() {
    let case = Case {
        pending: &["getThing", "goneThing"],
        ..Case::default()
    };
    assert_eq!(
        case.found(),
        [
            "getThing: has a method; delete it from coverage-pending.txt",
            "goneThing: in coverage-pending.txt, and not in the spec",
        ]
    );
}

#[test]
fn documentation_has_to_name_the_operation_and_so_has_the_alias() {
    let silent = Case::of("/// The thing.\npub fn get(&self) -> GetThing {}");
    assert_eq!(
        silent.found(),
        [
            "Handle::get: calls getThing, and its documentation does not name it",
            "Handle::get: calls getThing, and lacks #[doc(alias = \"getThing\")]",
        ]
    );
    let untested = Case::of(format!(
        "{GET} pub fn other(&self) {{ n.raw().get_thing() }}"
    ));
    assert_eq!(
        untested.found(),
        ["Handle::other: calls getthing, and its documentation does not name it"]
    );
}

#[test]
fn only_methods_that_a_row_calls_count() {
    let other = "/// It (`getThing`).\n#[doc(alias = \"getThing\")]\npub fn again(&self) {}";
    assert_eq!(
        Case::of(format!("{GET} {other}")).found(),
        ["Handle::again: no row of the tests calls it (getThing)"]
    );
    let gone = Case {
        called: "getThing Handle::get\ngetThing Handle::gone\n",
        ..Case::default()
    };
    assert_eq!(
        gone.found(),
        ["Handle::gone: in called.txt, and no public method"]
    );
    let wrong = GET.replace("alias = \"getThing\"", "alias = \"getThings\"");
    assert_eq!(
        Case::of(wrong).found(),
        [
            "Handle::get: calls getThing, and lacks #[doc(alias = \"getThing\")]",
            "Handle::get: its alias getThings is not in the spec",
        ]
    );
}

#[test]
fn what_users_must_read_stands_where_they_read_it() {
    const ENDS: &[Warning] = &[Warning {
        what: "connections end",
        words: &["onnections"],
        is_first: true,
        calls: &["getThing", "Handle::set"],
    }];
    let with = |docs: &str| {
        let get = GET.replace("/// The thing (`getThing`).", docs);
        let set = "/// Its\n/// connections end.\npub fn set(self) {}";
        Case {
            methods: format!("{get} {set}"),
            warnings: ENDS,
            ..Case::default()
        }
        .found()
    };
    assert_eq!(
        with("/// The thing (`getThing`). Connections\n/// end."),
        [""; 0]
    );
    let too_late = "/// The thing (`getThing`).\n///\n/// Connections end.";
    assert_eq!(
        with(too_late),
        ["Handle::get (getThing): its first paragraph must say that connections end"]
    );
    let unknown = Case {
        warnings: UNKNOWN,
        ..Case::default()
    };
    assert_eq!(
        unknown.found(),
        [
            "Handle::gone: in the list of warnings, and no public method",
            "goneThing: in the list of warnings, and not in the spec",
        ]
    );
}

const UNKNOWN: &[Warning] = &[Warning {
    what: "it cannot be undone",
    words: &["for good"],
    is_first: true,
    calls: &["goneThing", "Handle::gone"],
}];
