//! One call, and the request that it must send.

#![allow(clippy::needless_pass_by_value, reason = "rows are shorter so")]

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use neon_api::ids::{BranchId, ProjectId};
use neon_api::{Error, ExposeSecrets, Neon, Secret};
use neon_api_emulator::spec::{Spec, sample, validate};
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::issued::Issued;
use crate::support::{BRANCH, PROJECT, Seen, Server, Step};

/// What a call returned: the value that is compared, and what a program keeps of it.
type Outcome = Pin<Box<dyn Future<Output = Result<(Value, String), Error>>>>;

/// A call of a method, by default on the project and the branch of the made-up responses.
pub(crate) struct Row {
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    call: Box<dyn Fn(Neon) -> Outcome>,
    path: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    body: Option<Value>,
    result: Option<&'static str>,
    change: Option<fn(&mut Value)>,
}

/// A row for a method, such as `BranchHandle::get`, that calls an operation.
pub(crate) fn row<F, T>(
    method: &'static str,
    operation: &'static str,
    call: impl Fn(Neon) -> F + 'static,
) -> Row
where
    F: IntoFuture<Output = Result<T, Error>>,
    F::IntoFuture: 'static,
    T: Shown,
{
    Row {
        operation,
        method,
        call: Box::new(move |neon| {
            let call = call(neon).into_future();
            Box::pin(async move {
                let result = call.await?;
                Ok((result.shown(), result.kept()))
            })
        }),
        path: vec![
            ("project_id", PROJECT.to_owned()),
            ("branch_id", BRANCH.to_owned()),
        ],
        query: Vec::new(),
        body: None,
        result: None,
        change: None,
    }
}

/// What a result is compared as: `Null` where only the request counts.
pub(crate) trait Shown {
    fn shown(&self) -> Value;

    /// What is printed and kept of it: `Debug` and JSON.
    fn kept(&self) -> String;
}

/// [`Shown::kept`] for what is serialised.
pub(crate) fn kept_of(value: &(impl Serialize + Debug)) -> String {
    let json = serde_json::to_string(value).unwrap();
    format!("{value:?} {value:#?} {json}")
}

/// [`Shown`] for what is serialised.
pub(crate) fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value.with_secrets()).unwrap()
}

macro_rules! shown_as_json {
    ($($ty:ty)*) => {$(
        impl $crate::row::Shown for $ty {
            fn shown(&self) -> serde_json::Value {
                $crate::row::json_of(self)
            }

            fn kept(&self) -> String {
                $crate::row::kept_of(self)
            }
        }
    )*};
}

pub(crate) use shown_as_json;

shown_as_json!(() u64 String);

impl<T: Shown> Shown for Vec<T> {
    fn shown(&self) -> Value {
        self.iter().map(Shown::shown).collect()
    }

    fn kept(&self) -> String {
        self.iter().map(Shown::kept).collect()
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> Value {
        self.as_ref().map_or(Value::Null, Shown::shown)
    }

    fn kept(&self) -> String {
        self.as_ref().map(Shown::kept).unwrap_or_default()
    }
}

impl<T: Shown> Shown for neon_api::Started<T> {
    fn shown(&self) -> Value {
        (**self).shown()
    }

    fn kept(&self) -> String {
        (**self).kept() + &kept_of(&self.token()) + &kept_of(&self.operations())
    }
}

impl Shown for Secret {
    fn shown(&self) -> Value {
        json!(self.expose())
    }

    fn kept(&self) -> String {
        kept_of(self)
    }
}

impl Row {
    /// A parameter of the path.
    pub(crate) fn path(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.path.push((name, value.into()));
        self
    }

    /// A parameter of the query, which has these and no others.
    #[allow(clippy::needless_pass_by_value, reason = "rows pass literals")]
    pub(crate) fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// The body; without this there is none.
    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Where the result stands in the response, as a JSON pointer; it is compared without nulls.
    pub(crate) fn result(mut self, pointer: &'static str) -> Self {
        self.result = Some(pointer);
        self
    }

    /// Changes the response that the spec's sample gives.
    pub(crate) fn response(mut self, change: fn(&mut Value)) -> Self {
        self.change = Some(change);
        self
    }

    /// What is not as it must be.
    pub(crate) async fn faults(&self) -> Vec<String> {
        let (operation, change) = (self.operation, self.change);
        let response = sampled(operation, change);
        let (status, body) = response.clone();
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let server = Server::new(move |_, _| Step::Response(status, Vec::new(), text.clone()));
        let outcome = (self.call)(server.client()).await;
        let seen = server.seen();
        let mut faults = Vec::new();
        let [request] = &*seen else {
            let failure = outcome.err().map(|error| error.to_string());
            return vec![self.fault(&format!("{} requests: {failure:?}", seen.len()))];
        };
        faults.extend(self.request_faults(request));
        match outcome {
            Err(error) => faults.push(self.fault(&format!("failed: {error}"))),
            Ok((value, _)) => {
                if let Some(pointer) = self.result {
                    let expected = without_nulls(response.1.pointer(pointer));
                    let value = without_nulls(Some(&value));
                    if value != expected {
                        faults.push(self.fault(&format!("returned {value}, not {expected}")));
                    }
                }
            }
        }
        faults
    }

    /// The secrets of a response that are kept or printed of what the method returns, and how many
    /// secrets the response has.
    pub(crate) async fn leaks(&self) -> (Vec<String>, usize) {
        let mut issued = Issued::default();
        let (status, mut body) = sampled(self.operation, self.change);
        issued.plant(self.operation, &mut body);
        let server = Server::new(move |_, _| Step::Response(status, Vec::new(), body.to_string()));
        let kept = match (self.call)(server.client()).await {
            Ok((_, kept)) => kept,
            Err(error) => format!("{error} {error:?}"),
        };
        let leaks = issued.shown_in(&kept).into_iter();
        let leaks = leaks.map(|secret| self.fault(&format!("{secret} in {kept}")));
        (leaks.collect(), issued.count())
    }

    fn request_faults(&self, request: &Seen) -> Vec<String> {
        let mut faults = Vec::new();
        if request.operation != self.operation {
            faults.push(self.fault(&format!("called {}", request.operation)));
        }
        let spec = Spec::get().operation(self.operation).unwrap();
        let mut path = spec.path().to_owned();
        for (name, value) in &self.path {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        let uri: http::Uri = request.uri.parse().unwrap();
        let sent = uri.path().strip_prefix("/api/v2").unwrap();
        if sent != path {
            faults.push(self.fault(&format!("sent to {sent}, not {path}")));
        }
        if request.method != spec.method() {
            faults.push(self.fault(&format!("sent {}, not {}", request.method, spec.method())));
        }
        let mut query: Vec<(String, String)> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        query.sort();
        let mut expected = self.query.clone();
        expected.sort();
        if query != expected {
            faults.push(self.fault(&format!("query {query:?}, not {expected:?}")));
        }
        if let Err(violations) = validate::query(self.operation, &query) {
            faults.push(self.fault(&format!("query against the spec: {violations:?}")));
        }
        let body: Option<Value> = Some(&request.body)
            .filter(|body| !body.is_empty())
            .map(|body| serde_json::from_str(body).unwrap());
        if body != self.body {
            faults.push(self.fault(&format!("body {body:?}, not {:?}", self.body)));
        }
        if let Some(body) = &body
            && let Err(violations) = validate::request_body(self.operation, body)
        {
            faults.push(self.fault(&format!("body against the spec: {violations:?}")));
        }
        faults
    }

    /// Makes the call.
    pub(crate) async fn call(&self, neon: Neon) -> Result<(), Error> {
        (self.call)(neon).await.map(drop)
    }

    /// How the response differs from the spec's sample.
    pub(crate) fn change(&self) -> Option<fn(&mut Value)> {
        self.change
    }

    pub(crate) fn fault(&self, text: &str) -> String {
        format!("{} ({}): {text}", self.method, self.operation)
    }
}

/// A response as the spec has it, of the made-up project and branch.
pub(crate) fn sampled(operation: &str, change: Option<fn(&mut Value)>) -> (u16, Value) {
    let response = sample::response(operation, &sample::Options::default()).unwrap();
    let mut body = response.body.unwrap_or_default();
    // A list of one page, with all that there is.
    if let Some(fields) = body.as_object_mut() {
        for name in ["pagination", "unavailable_project_ids", "next_cursor"] {
            fields.remove(name);
        }
    }
    if let Some(change) = change {
        change(&mut body);
    }
    (response.status, body)
}

fn without_nulls(value: Option<&Value>) -> Value {
    match value {
        None => Value::Null,
        Some(Value::Object(fields)) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(Some(value))))
            .collect(),
        Some(Value::Array(items)) => items.iter().map(|item| without_nulls(Some(item))).collect(),
        Some(other) => other.clone(),
    }
}

pub(crate) fn project(neon: &Neon) -> neon_api::projects::ProjectHandle {
    neon.project(ProjectId::new(PROJECT).unwrap())
}

pub(crate) fn branch(neon: &Neon) -> neon_api::branches::BranchHandle {
    project(neon).branch(BranchId::new(BRANCH).unwrap())
}
