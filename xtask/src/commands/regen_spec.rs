//! `regen-spec`: takes over the current interface description.

use super::{Outcome, Result, complain, print};
use crate::cli::Common;
use crate::docs::Docs;
use crate::failure::Failure;
use crate::files::{self, Folder, PROVENANCE, SPEC};
use crate::provenance::Provenance;
use crate::report;
use crate::source::{Fetched, Source};
use crate::spec::counts::Counts;
use crate::spec::diff;
use crate::spec::{self, Document};

/// Runs the command.
pub fn run(common: &Common, from: &str) -> Result {
    let taken = take(common, from)?;
    if taken.is_modified {
        summarise(&common.folder(), &taken);
    }
    Ok(Outcome::Clean)
}

/// A document that is vendored now.
pub(super) struct Taken {
    /// What was vendored before, if that could be read.
    pub(super) before: Option<Document>,
    pub(super) document: Document,
    note: Provenance,
    is_unchanged: bool,
    /// Whether the server had another one than at the last reading.
    is_modified: bool,
}

impl Taken {}

/// Reads a document and writes what is vendored of it.
pub(super) fn take(common: &Common, from: &str) -> std::result::Result<Taken, Vec<Failure>> {
    let one = |failure: Failure| vec![failure];
    let source = Source::parse(from).map_err(one)?;
    let folder = common.folder();
    let at_hand = AtHand::read(&folder);
    let known = at_hand.etag(&source);
    let fetched = source.read(common.timeout(), known).map_err(one)?;
    let Fetched::Body { bytes, etag } = fetched else {
        print("not modified since it was read last\n");
        // It was asked for by a tag, which there is only with both.
        let missing = || vec![Failure::new(SPEC, "could not be read")];
        let document = at_hand.document.ok_or_else(missing)?;
        return Ok(Taken {
            before: Some(document.clone()),
            document,
            note: at_hand.note.ok_or_else(missing)?,
            is_unchanged: true,
            is_modified: false,
        });
    };
    let document = spec::load(&source.to_string(), &bytes)?;
    if common.is_of_this_api() {
        spec::identity::check(&source.to_string(), &document).map_err(one)?;
    }
    let text = document.to_text();
    let fresh = Provenance::new(source.recorded(), &bytes, etag, &document);

    let note = match at_hand.note {
        Some(known) if known.is_same_reading(&fresh) => known,
        _ => fresh,
    };
    let note_text = note.to_text().map_err(one)?;

    // Nothing is printed before the files are in place, so that a report that
    // was seen is a report of what is there.
    let is_unchanged = at_hand.text == text && at_hand.note_text == note_text;
    if !is_unchanged {
        folder
            .write(&[(SPEC, text.as_bytes()), (PROVENANCE, note_text.as_bytes())])
            .map_err(one)?;
    }
    Ok(Taken {
        before: at_hand.document,
        document,
        note,
        is_unchanged,
        is_modified: true,
    })
}

/// What changed, for people.
pub(super) fn print_drift(before: Option<&Document>, document: &Document) {
    match before {
        Some(before) => print(&report::text(&diff::compare(before, document))),
        None => print("nothing was vendored before\n"),
    }
}

/// How much there is now.
pub(super) fn print_counts(taken: &Taken) {
    let Counts {
        operations,
        schemas,
        parameters,
        properties,
        enum_values,
    } = taken.note.counts;
    print(&format!(
        "\n{}: {operations} operations, {schemas} schemas, {parameters} parameters, \
         {properties} properties, {enum_values} enum values\n",
        if taken.is_unchanged {
            "unchanged"
        } else {
            "written"
        },
    ));
}

fn summarise(folder: &Folder, taken: &Taken) {
    print_drift(taken.before.as_ref(), &taken.document);
    let docs = Docs::read_operations(folder);
    let missing = docs
        .as_ref()
        .map(|docs| docs.operations_without_text(&taken.document));
    match missing {
        Ok(ids) if ids.is_empty() => {}
        Ok(ids) => {
            print(&format!("\n{} operations without docs:\n", ids.len()));
            for id in ids {
                print(&format!("  {id}\n"));
            }
        }
        Err(failures) => {
            for failure in failures {
                complain(&format!("warning: {failure}"));
            }
        }
    }
    print_counts(taken);
}

/// What is vendored now. Files that are missing or broken are what this
/// command repairs, so they are no reason to stop.
struct AtHand {
    text: String,
    document: Option<Document>,
    note_text: String,
    note: Option<Provenance>,
}

impl AtHand {
    fn read(folder: &Folder) -> Self {
        let read = |name| {
            let bytes = files::read(&folder.file(name)).unwrap_or_default();
            String::from_utf8(bytes).unwrap_or_default()
        };
        let (text, note_text) = (read(SPEC), read(PROVENANCE));
        let document = if text.is_empty() {
            None
        } else {
            spec::load(SPEC, text.as_bytes())
                .inspect_err(|failures| {
                    for failure in failures {
                        complain(&format!("warning: vendored {failure}"));
                    }
                })
                .ok()
        };
        let note = Provenance::parse(PROVENANCE, note_text.as_bytes()).ok();
        Self {
            text,
            document,
            note_text,
            note,
        }
    }

    /// The tag to ask with: only if it is of this source, and what is vendored
    /// is whole. Otherwise "not modified" would keep a broken file.
    fn etag(&self, source: &Source) -> Option<&str> {
        let note = self.note.as_ref()?;
        let document = self.document.as_ref()?;
        let whole = document.to_text() == self.text
            && Counts::of(document.root()) == note.counts
            && note.is_as_written(self.text.as_bytes());
        if whole && note.source == source.recorded() {
            note.etag.as_deref()
        } else {
            None
        }
    }
}
