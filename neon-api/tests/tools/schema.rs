//! JSON schemas, checked by a validator that was not written here.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// A compiled schema.
pub(crate) struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    /// Fails if the schema itself is not valid.
    pub(crate) fn of(schema: Value) -> Result<Self, String> {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler
            .add_resource("tool.json", schema)
            .map_err(|e| e.to_string())?;
        let index = compiler
            .compile("tool.json", &mut schemas)
            .map_err(|e| format!("{e:#}"))?;
        Ok(Self { schemas, index })
    }

    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        let outcome = self.schemas.validate(value, self.index);
        outcome.map_err(|e| format!("{e:#}"))
    }
}
