//! What the fields of a struct are, by their numbers.

/// The fields of a struct that is an object in JSON: at most 128.
pub(crate) struct Fields {
    /// The name of the struct.
    pub(crate) record: &'static str,
    pub(crate) names: &'static [&'static str],
    /// The number for a name, or one that no field has. A `match` takes fewer steps than
    /// a search.
    pub(crate) number: fn(&str) -> usize,
    /// Those that must come.
    pub(crate) required: u128,
}
