//! The interface document, read without the generator's rules.

use std::sync::LazyLock;

use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(neon_api_raw::openapi::V2_JSON).expect("the vendored document is JSON")
});

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| read(&DOCUMENT));

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// An operation of the document.
#[derive(Debug)]
pub struct Operation {
    /// The `operationId`.
    pub id: &'static str,
    /// The HTTP method in capitals.
    pub method: String,
    /// The path template.
    pub path: &'static str,
    /// The operation's own parameters and those of its path.
    pub parameters: Vec<Parameter>,
    /// Media type and schema of the request body.
    pub body: Option<Media>,
    /// The answers.
    pub answers: Vec<Answer>,
    /// The operation as it stands in the document.
    pub node: &'static Value,
}

/// A parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// `path` or `query`.
    pub location: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Its schema.
    pub schema: &'static Value,
}

/// A body.
#[derive(Debug, Clone, Copy)]
pub struct Media {
    /// Its media type.
    pub media_type: &'static str,
    /// Its schema.
    pub schema: &'static Value,
}

impl Media {
    /// Whether it is JSON.
    pub fn is_json(&self) -> bool {
        self.media_type == "application/json"
    }
}

/// A declared answer.
#[derive(Debug)]
pub struct Answer {
    /// The status; `None` for `default`.
    pub status: Option<u16>,
    /// The body.
    pub body: Option<Media>,
}

impl Operation {
    /// The declared successes.
    pub fn successes(&self) -> impl Iterator<Item = (u16, Option<Media>)> {
        self.answers.iter().filter_map(|answer| {
            let status = answer.status.filter(|s| (200..300).contains(s))?;
            Some((status, answer.body))
        })
    }

    /// The success with a JSON body.
    pub fn json_success(&self) -> Option<(u16, &'static Value)> {
        self.successes().find_map(|(status, body)| {
            let body = body.filter(Media::is_json)?;
            Some((status, body.schema))
        })
    }

    /// The declared errors with JSON bodies; `default` stands for 500.
    pub fn errors(&self) -> impl Iterator<Item = (u16, &'static Value)> {
        self.answers.iter().filter_map(|answer| {
            let status = answer.status.unwrap_or(500);
            let body = answer.body.filter(Media::is_json)?;
            (status >= 400).then_some((status, body.schema))
        })
    }

    /// The parameters of the path.
    pub fn path_parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|p| p.location == "path")
    }

    /// The parameters of the query.
    pub fn query_parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|p| p.location == "query")
    }
}

/// The document.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// All operations.
pub fn operations() -> &'static [Operation] {
    &OPERATIONS
}

/// The operation with an ID.
///
/// # Panics
///
/// When there is none.
pub fn operation(id: &str) -> &'static Operation {
    let found = OPERATIONS.iter().find(|o| o.id == id);
    found.unwrap_or_else(|| panic!("no operation {id}"))
}

/// Follows references.
///
/// # Panics
///
/// When one leads nowhere.
pub fn resolve(node: &'static Value) -> &'static Value {
    match target(node) {
        None => node,
        Some(target) => {
            let found = DOCUMENT.pointer(target.trim_start_matches('#'));
            resolve(found.unwrap_or_else(|| panic!("{target} leads nowhere")))
        }
    }
}

/// The last part of what a node refers to.
pub fn target_name(node: &'static Value) -> Option<&'static str> {
    target(node)?.rsplit('/').next()
}

fn target(node: &'static Value) -> Option<&'static str> {
    node.get("$ref")?.as_str()
}

fn read(document: &'static Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            let Some(node) = item.get(method) else {
                continue;
            };
            operations.push(Operation {
                id: text(node, "operationId"),
                method: method.to_ascii_uppercase(),
                path,
                parameters: [item, node].into_iter().flat_map(parameters).collect(),
                body: node.get("requestBody").and_then(media),
                answers: answers(node),
                node,
            });
        }
    }
    operations
}

fn text(node: &'static Value, key: &str) -> &'static str {
    node[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is no text in {node}"))
}

fn parameters(node: &'static Value) -> Vec<Parameter> {
    let list = node.get("parameters").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|node| {
            let node = resolve(node);
            Parameter {
                name: text(node, "name"),
                location: text(node, "in"),
                required: node.get("required") == Some(&Value::Bool(true)),
                schema: &node["schema"],
            }
        })
        .collect()
}

fn answers(node: &'static Value) -> Vec<Answer> {
    let map = node["responses"].as_object().expect("responses");
    map.iter()
        .map(|(status, node)| Answer {
            status: match status.as_str() {
                "default" => None,
                status => Some(status.parse().expect("a status")),
            },
            body: media(node),
        })
        .collect()
}

fn media(node: &'static Value) -> Option<Media> {
    let (media_type, content) = resolve(node).get("content")?.as_object()?.iter().next()?;
    Some(Media {
        media_type,
        schema: &content["schema"],
    })
}

/// A place in a value, with the schema that describes it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The schema, without references.
    pub schema: &'static Value,
    /// The component schema that the schema is, or is a part of.
    pub owner: &'static str,
    /// The component schema whose property the value is, and the property, such as `Branch.name`.
    pub name: String,
    /// Where the value is, as a JSON pointer.
    pub pointer: String,
    /// For a union: the property that tells the variants apart.
    pub tag: Option<&'static str>,
}

impl Place {
    /// Whether the value is an object with properties of its own names.
    pub fn lists_properties(&self) -> bool {
        let properties = self.schema.get("properties").and_then(Value::as_object);
        properties.is_some_and(|p| !p.is_empty()) && !self.is_map()
    }

    /// Whether the value is an object with any names.
    pub fn is_map(&self) -> bool {
        let entries = self.schema.get("additionalProperties");
        entries.is_some_and(|entries| *entries != Value::Bool(false))
    }

    /// Whether the value is one of a list of texts.
    pub fn is_enum(&self) -> bool {
        self.schema.get("enum").is_some()
    }

    /// Whether the value may be `null`.
    pub fn is_nullable(&self) -> bool {
        is_nullable(self.schema)
    }
}

/// Whether a schema, by itself or where it refers to, allows `null`.
pub fn is_nullable(schema: &'static Value) -> bool {
    resolve(schema).get("nullable") == Some(&Value::Bool(true))
}

/// Calls `f` for every value below `value`, itself last, with the schema that describes it.
/// Variants of unions are found by their tag, which `f` is not asked about.
///
/// # Panics
///
/// When a union's tag is none of those declared.
pub fn visit(schema: &'static Value, value: &mut Value, f: &mut impl FnMut(&Place, &mut Value)) {
    let owner = target_name(schema).unwrap_or("in place");
    visit_at(
        schema,
        value,
        &At {
            owner,
            name: String::new(),
            pointer: String::new(),
        },
        f,
    );
}

struct At {
    owner: &'static str,
    name: String,
    pointer: String,
}

fn visit_at(
    node: &'static Value,
    value: &mut Value,
    at: &At,
    f: &mut impl FnMut(&Place, &mut Value),
) {
    let owner = target_name(node).unwrap_or(at.owner);
    let schema = resolve(node);
    let part = || At {
        owner,
        name: at.name.clone(),
        pointer: at.pointer.clone(),
    };
    for node in list(schema, "allOf") {
        visit_at(node, value, &part(), f);
    }
    let tag = schema.get("oneOf").map(|_| tag(schema));
    if let Some(tag) = tag {
        let kind = value[tag].clone();
        visit_at(variant(schema, &kind), value, &part(), f);
        value[tag] = kind;
    }
    let child = |name: &str, key: &str| At {
        owner,
        name: format!("{owner}.{name}"),
        pointer: format!(
            "{}/{}",
            at.pointer,
            key.replace('~', "~0").replace('/', "~1")
        ),
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    if let Some(object) = value.as_object_mut() {
        for (name, node) in properties.into_iter().flatten() {
            if let Some(value) = object.get_mut(name) {
                visit_at(node, value, &child(name, name), f);
            }
        }
        if let Some(node) = schema
            .get("additionalProperties")
            .filter(|node| node.is_object())
        {
            let is_extra = |name: &str| properties.is_none_or(|p| !p.contains_key(name));
            for (name, value) in object.iter_mut().filter(|(name, _)| is_extra(name)) {
                visit_at(node, value, &child("*", name), f);
            }
        }
    }
    if let (Some(node), Some(items)) = (schema.get("items"), value.as_array_mut()) {
        for (index, value) in items.iter_mut().enumerate() {
            let at = At {
                name: at.name.clone(),
                ..child("", &index.to_string())
            };
            visit_at(node, value, &at, f);
        }
    }
    let place = Place {
        schema,
        owner,
        name: at.name.clone(),
        pointer: at.pointer.clone(),
        tag,
    };
    f(&place, value);
}

fn tag(schema: &'static Value) -> &'static str {
    text(&schema["discriminator"], "propertyName")
}

fn variant(schema: &'static Value, kind: &Value) -> &'static Value {
    let kind = kind.as_str().unwrap_or_default();
    let target = schema["discriminator"]["mapping"][kind].as_str();
    let target = target.unwrap_or_else(|| panic!("no variant {kind:?} in {schema}"));
    list(schema, "oneOf")
        .iter()
        .find(|node| node["$ref"] == target)
        .unwrap_or_else(|| panic!("{target} is no variant"))
}

/// The values of a union's tag.
pub fn tags(schema: &'static Value) -> impl Iterator<Item = &'static str> {
    let mapping = schema["discriminator"]["mapping"].as_object();
    mapping.into_iter().flatten().map(|(tag, _)| tag.as_str())
}

fn list(schema: &'static Value, key: &str) -> &'static [Value] {
    let list = schema.get(key).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}
