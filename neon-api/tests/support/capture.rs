//! A subscriber that keeps every span and event as text.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_core::span::Current;

/// Fields by name.
pub(crate) type Fields = BTreeMap<String, String>;

/// A span, or an event within one.
#[derive(Debug, Clone)]
pub(crate) struct Noted {
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) fields: Fields,
    /// The span that the event happened in, by its place among the spans.
    pub(crate) within: Option<usize>,
    metadata: &'static Metadata<'static>,
}

impl Noted {
    pub(crate) fn level(&self) -> tracing::Level {
        *self.metadata.level()
    }

    pub(crate) fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }
}

#[derive(Debug, Default)]
struct Log {
    spans: Vec<Noted>,
    events: Vec<Noted>,
    /// Spans that are entered, the innermost last. Tests run on one thread.
    entered: Vec<usize>,
}

/// Clones share everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Capture(Arc<Mutex<Log>>);

thread_local! {
    static CURRENT: RefCell<Option<Capture>> = const { RefCell::new(None) };
}

/// Until it is dropped, the thread's spans and events go to a [`Capture`].
pub(crate) struct Capturing(Option<Capture>);

impl Drop for Capturing {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl Capture {
    /// Keeps the spans and events of this thread. Every test of a binary that captures in any calls
    /// this first: `tracing` asks once for all threads whether a place in the code is of interest,
    /// and a test without a subscriber that comes to the place first may have it turned off for good.
    pub(crate) fn start() -> (Self, Capturing) {
        static GLOBAL: Once = Once::new();
        GLOBAL.call_once(|| tracing::subscriber::set_global_default(OfThread).unwrap());
        let capture = Self::default();
        let before = CURRENT.replace(Some(capture.clone()));
        (capture, Capturing(before))
    }

    pub(crate) fn spans(&self) -> Vec<Noted> {
        self.0.lock().unwrap().spans.clone()
    }

    pub(crate) fn events(&self) -> Vec<Noted> {
        self.0.lock().unwrap().events.clone()
    }

    /// The events with this message.
    pub(crate) fn events_of(&self, message: &str) -> Vec<Noted> {
        let mut events = self.events();
        events.retain(|event| event.get("message") == Some(message));
        events
    }
}

fn place(id: &Id) -> usize {
    usize::try_from(id.into_u64()).unwrap() - 1
}

/// The subscriber of the process: hands on to the capture of the thread, if there is one.
struct OfThread;

fn of_thread<T>(use_it: impl FnOnce(&Capture) -> T) -> Option<T> {
    CURRENT.with_borrow(|current| current.as_ref().map(use_it))
}

impl Subscriber for OfThread {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("neon_api")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        of_thread(|capture| capture.new_span(attributes)).unwrap_or(Id::from_u64(u64::MAX))
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        of_thread(|capture| capture.record(id, values));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        of_thread(|capture| capture.event(event));
    }

    fn enter(&self, id: &Id) {
        of_thread(|capture| capture.enter(id));
    }

    fn exit(&self, id: &Id) {
        of_thread(|capture| capture.exit(id));
    }

    fn current_span(&self) -> Current {
        of_thread(Capture::current_span).unwrap_or(Current::none())
    }
}

impl Capture {
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut texts = Texts::default();
        attributes.record(&mut texts);
        let mut log = self.0.lock().unwrap();
        let within = log.entered.last().copied();
        log.spans
            .push(noted(attributes.metadata(), texts.0, within));
        Id::from_u64(u64::try_from(log.spans.len()).unwrap())
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut texts = Texts::default();
        values.record(&mut texts);
        let mut log = self.0.lock().unwrap();
        log.spans[place(id)].fields.extend(texts.0);
    }

    fn event(&self, event: &Event<'_>) {
        let mut texts = Texts::default();
        event.record(&mut texts);
        let mut log = self.0.lock().unwrap();
        let within = log.entered.last().copied();
        log.events.push(noted(event.metadata(), texts.0, within));
    }

    fn enter(&self, id: &Id) {
        self.0.lock().unwrap().entered.push(place(id));
    }

    fn exit(&self, id: &Id) {
        let mut log = self.0.lock().unwrap();
        let at = log.entered.iter().rposition(|place_| *place_ == place(id));
        log.entered.remove(at.unwrap());
    }

    fn current_span(&self) -> Current {
        let log = self.0.lock().unwrap();
        match log.entered.last() {
            Some(at) => {
                let id = Id::from_u64(u64::try_from(at + 1).unwrap());
                Current::new(id, log.spans[*at].metadata)
            }
            None => Current::none(),
        }
    }
}

fn noted(metadata: &'static Metadata<'static>, fields: Fields, within: Option<usize>) -> Noted {
    Noted {
        name: metadata.name().to_owned(),
        target: metadata.target().to_owned(),
        fields,
        within,
        metadata,
    }
}

#[derive(Default)]
struct Texts(Fields);

impl Visit for Texts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}
