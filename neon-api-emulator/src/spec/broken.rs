//! Requests that violate the spec in one place.
//!
//! For tests of servers: each request must be rejected with an error that names the field.
//!
//! ```
//! use neon_api_emulator::spec::{broken, validate};
//!
//! let wrong = broken::request("listProjects", 1).unwrap();
//! let violations = validate::query("listProjects", &wrong.request.query).unwrap_err();
//! assert_eq!(violations[0].path, wrong.field);
//! ```

mod body;
mod value;

use percent_encoding::utf8_percent_encode;

use super::sample::{self, SEGMENT};
use super::{Operation, Parameter, ParameterIn, Spec};
use crate::rng::Rng;

/// A request that violates the spec.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Broken {
    /// The request. Everything except the one field conforms.
    pub request: sample::Request,
    /// What is wrong: the name of a parameter, or a path such as `project.branch.name`. Empty if
    /// the body as a whole is missing.
    pub field: String,
}

/// Returns a request for an operation that violates the spec in one place, chosen by the seed;
/// `None` if nothing can be violated, or the operation does not exist.
pub fn request(operation_id: &str, seed: u64) -> Option<Broken> {
    let operation = Spec::get().operation(operation_id)?;
    let mut rng = Rng::for_purpose(seed, "broken");
    let options = sample::Options {
        optional: rng.chance(0.7),
        ..sample::Options::default().seed(seed)
    };
    let request = sample::request(operation_id, &options)?;
    let mut all = parameters(operation, &request, &mut rng);
    if operation.body().is_some_and(|body| body.required) {
        let mut request = request.clone();
        if request.body.take().is_some() {
            let field = String::new();
            all.push(Broken { request, field });
        }
    }
    let edits = match (operation.request_schema(), &request.body) {
        (Some(schema), Some(body)) => body::edits(schema, body),
        _ => Vec::new(),
    };
    let total = u64::try_from(all.len() + edits.len()).ok()?;
    let mut chosen = usize::try_from(rng.below(total)).ok()?;
    if let Some(broken) = all.get(chosen) {
        return Some(broken.clone());
    }
    chosen -= all.len();
    // Where the body does not have the chosen place, the next that it has.
    let body = request.body.as_ref()?;
    edits
        .iter()
        .cycle()
        .skip(chosen)
        .take(edits.len())
        .find_map(|edit| {
            let mut request = request.clone();
            request.body = Some(edit.apply(body)?);
            let field = edit.field.clone();
            Some(Broken { request, field })
        })
}

fn parameters(operation: &Operation, request: &sample::Request, rng: &mut Rng) -> Vec<Broken> {
    let mut all = Vec::new();
    for parameter in operation.parameters() {
        let in_query = parameter.location == ParameterIn::Query;
        if in_query && parameter.required {
            let mut request = request.clone();
            request.query.retain(|(name, _)| *name != parameter.name);
            let field = parameter.name.clone();
            all.push(Broken { request, field });
        }
        let Some((text, index)) = value::parameter(&parameter.schema, rng) else {
            continue;
        };
        let mut request = request.clone();
        if in_query {
            request.query.retain(|(name, _)| *name != parameter.name);
            request.query.push((parameter.name.clone(), text));
        } else {
            request.path = with_segment(operation, &request.path, parameter, &text);
        }
        let field = format!("{}{index}", parameter.name);
        all.push(Broken { request, field });
    }
    all
}

/// `path` with another value for one parameter.
fn with_segment(operation: &Operation, path: &str, parameter: &Parameter, text: &str) -> String {
    let wanted = format!("{{{}}}", parameter.name);
    let segments = operation.path().split('/').zip(path.split('/'));
    let segments: Vec<String> = segments
        .map(|(template, segment)| {
            if template == wanted {
                utf8_percent_encode(text, &SEGMENT).to_string()
            } else {
                segment.to_owned()
            }
        })
        .collect();
    segments.join("/")
}
