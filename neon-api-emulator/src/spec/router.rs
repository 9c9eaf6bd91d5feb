//! From a method and a path to an operation.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use percent_encoding::percent_decode_str;

use super::Operation;

#[derive(Debug)]
enum Segment {
    Literal(String),
    Parameter(String),
}

#[derive(Debug)]
struct Route {
    segments: Vec<Segment>,
    /// By method, as an index into the operations.
    methods: BTreeMap<String, usize>,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Matched<'a> {
    Operation {
        operation: &'a Operation,
        parameters: BTreeMap<String, String>,
    },
    /// The path exists, with these methods.
    OtherMethods(BTreeSet<&'a str>),
    Nothing,
}

/// Routes by their number of segments, the more literal ones first.
#[derive(Debug, Default)]
pub(crate) struct Router {
    by_length: HashMap<usize, Vec<Route>>,
}

impl Router {
    pub(crate) fn new(operations: &[Operation]) -> Self {
        let mut templates: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
        for (index, operation) in operations.iter().enumerate() {
            let methods = templates.entry(operation.path()).or_default();
            methods.insert(operation.method().to_owned(), index);
        }
        let mut by_length: HashMap<usize, Vec<Route>> = HashMap::new();
        for (template, methods) in templates {
            let segments: Vec<Segment> = split(template).map(segment).collect();
            let routes = by_length.entry(segments.len()).or_default();
            routes.push(Route { segments, methods });
        }
        for routes in by_length.values_mut() {
            // `/projects/shared` before `/projects/{project_id}`: literals win from the left.
            routes.sort_by_key(|route| {
                let is_parameter = |s: &Segment| matches!(s, Segment::Parameter(_));
                route.segments.iter().map(is_parameter).collect::<Vec<_>>()
            });
        }
        Self { by_length }
    }

    pub(crate) fn route<'a>(
        &'a self,
        operations: &'a [Operation],
        method: &str,
        path: &str,
    ) -> Matched<'a> {
        let parts: Vec<&str> = split(path).collect();
        let routes = self.by_length.get(&parts.len()).map(Vec::as_slice);
        let mut other = BTreeSet::new();
        for route in routes.unwrap_or_default() {
            let Some(parameters) = route.parameters(&parts) else {
                continue;
            };
            if let Some(operation) = route.methods.get(method).and_then(|i| operations.get(*i)) {
                return Matched::Operation {
                    operation,
                    parameters,
                };
            }
            other.extend(route.methods.keys().map(String::as_str));
        }
        if other.is_empty() {
            Matched::Nothing
        } else {
            Matched::OtherMethods(other)
        }
    }
}

impl Route {
    /// The decoded parameters, if `parts` fits the template. A segment that is not UTF-8 once
    /// decoded, or that is empty, fits nothing.
    fn parameters(&self, parts: &[&str]) -> Option<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        for (segment, part) in self.segments.iter().zip(parts) {
            let decoded = percent_decode_str(part).decode_utf8().ok()?;
            match segment {
                Segment::Literal(literal) if *literal == decoded => {}
                Segment::Parameter(name) if !decoded.is_empty() => {
                    found.insert(name.clone(), decoded.into_owned());
                }
                _ => return None,
            }
        }
        Some(found)
    }
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        Some(name) => Segment::Parameter(name.to_owned()),
        None => Segment::Literal(text.to_owned()),
    }
}
