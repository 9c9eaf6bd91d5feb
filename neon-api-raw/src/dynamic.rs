//! Operations by their ID, with JSON in and out.
//!
//! For programs that know only at run time what to call, such as tools of a language model. Input is
//! one object, with the parameters of path and query under their names and the request body under
//! `body`. It is decoded into the types of the generated methods and refused if it is not as they
//! expect, as by [`strict`](crate::strict); the same request is sent; and the response is decoded and
//! written again, with its secrets masked unless they are asked for.
//!
//! ```
//! use neon_api_raw::dynamic::Operation;
//! use neon_api_raw::serde_json::json;
//!
//! let operation = Operation::by_id("updateProject").unwrap();
//! assert_eq!(operation.input_schema()["required"], json!(["project_id", "body"]));
//!
//! let client = neon_api_raw::Client::builder().build()?;
//! let typo = json!({"project_id": "late-frost-12345678", "body": {"project": {"nam": "app"}}});
//! let error = operation.prepare(&client, &typo).unwrap_err();
//! assert_eq!(error.path(), "$.body.project.nam");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod by_hand;
mod input;
mod reply;
mod schemas;

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::client::Client;
use crate::route::Route;
use crate::strict::{Refused, Shape};

pub use reply::{Content, Prepared, Reply};

use input::Input;
use reply::{Replying, json, streamed};

#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic
)]
mod table {
    include!(concat!(env!("OUT_DIR"), "/dynamic.rs"));
}

/// An operation of the API that takes its input as JSON.
#[derive(Clone, Copy)]
pub struct Operation {
    route: &'static Route,
    summary: &'static str,
    description: &'static str,
    /// Those that are required.
    parameters: &'static [Parameter],
    /// The schema of an object with the optional ones.
    query: Option<SchemaFn>,
    body: Option<Body>,
    shape: &'static Shape,
    output: SchemaFn,
    has_secrets: bool,
    call: CallFn,
}

/// The name of a request body in the input, beside the parameters.
const BODY: &str = "body";

type SchemaFn = fn(&mut SchemaGenerator) -> Schema;
type CallFn = for<'a> fn(&'a Client, &mut Input<'_>) -> Result<Replying<'a>, Refused>;

/// A required parameter.
#[derive(Clone, Copy)]
struct Parameter {
    name: &'static str,
    description: &'static str,
    schema: SchemaFn,
}

/// A request body.
#[derive(Clone, Copy)]
struct Body {
    is_required: bool,
    schema: SchemaFn,
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Operation {
    /// All operations, sorted by the name of their method.
    pub fn all() -> &'static [&'static Self] {
        table::ALL
    }

    /// The operation with an ID such as `listProjects`.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        let mut all = table::ALL.iter();
        all.find(|operation| operation.route.id == id).copied()
    }

    /// Its ID, method, path and group.
    pub fn route(&self) -> &'static Route {
        self.route
    }

    /// What it does, in a sentence.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// What else is to be known of it; may be empty.
    pub fn description(&self) -> &'static str {
        self.description
    }

    /// Whether the API's description of its response has a field that grants access, such as a
    /// password or a connection string.
    pub fn has_secrets(&self) -> bool {
        self.has_secrets
    }

    /// The JSON schema of its input: draft 2020-12, an object that allows no other properties at any
    /// level. Values of enums, bounds and patterns are left to the API, which extends them.
    pub fn input_schema(&self) -> Value {
        schemas::input(self)
    }

    /// The JSON schema of what [`Content::Json`] has.
    pub fn output_schema(&self) -> Value {
        schemas::output(self)
    }

    /// Reads the input of a call. Nothing is sent before [`Prepared::send`].
    ///
    /// # Errors
    ///
    /// [`Refused`], with the path of the place: a field that the operation does not have, a value that
    /// is missing or has the wrong type, an ID that cannot be one.
    pub fn prepare<'a>(
        &'static self,
        client: &'a Client,
        input: &Value,
    ) -> Result<Prepared<'a>, Refused> {
        let mut input = Input::new(input, self.shape)?;
        let replying = (self.call)(client, &mut input)?;
        Ok(Prepared::new(self, input.masked(), replying))
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Operation").field(&self.route.id).finish()
    }
}
