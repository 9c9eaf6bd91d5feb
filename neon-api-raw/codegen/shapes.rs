//! The fields that request bodies have, as data, for callers who check JSON of others before they
//! send it. The decoders ignore fields that they do not know.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value};

use super::json::{self, METHODS, reference};
use super::names::{constant_name, type_name};
use super::rules::Normal;
use super::{Error, Result};

/// A static for each type that request bodies hold, and the type's link to it.
pub fn of(normal: &Normal) -> Result<TokenStream> {
    let mut shapes = Shapes::new(normal)?;
    for body in bodies(&normal.document) {
        shapes.of_schema(body)?;
    }
    let items = shapes.items;
    Ok(quote! {
        mod shapes {
            use crate::strict::{RequestBody, Shape};
            #(#items)*
        }
    })
}

/// The shape of a parameter, which is no object.
pub fn of_parameter(normal: &Normal, schema: &Value) -> Result<TokenStream> {
    let mut shapes = Shapes::new(normal)?;
    let shape = shapes.of_schema(schema)?;
    if shapes.items.is_empty() {
        return Ok(shape);
    }
    let fault = "a parameter is an object: add a form for it to codegen/shapes.rs";
    Err(Error::new(fault))
}

/// The schemas of all JSON bodies.
fn bodies(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document.get("paths").and_then(Value::as_object);
    paths
        .into_iter()
        .flat_map(|paths| paths.values())
        .flat_map(|item| METHODS.iter().filter_map(|method| item.get(method)))
        .filter_map(|operation| operation.pointer("/requestBody/content/application~1json/schema"))
}

struct Shapes<'a> {
    normal: &'a Normal,
    schemas: &'a Map<String, Value>,
    seen: BTreeSet<String>,
    items: Vec<TokenStream>,
}

impl<'a> Shapes<'a> {
    fn new(normal: &'a Normal) -> Result<Self> {
        let schemas = json::at(&normal.document, "/components/schemas")?;
        let schemas = schemas
            .as_object()
            .ok_or_else(|| Error::new("/components/schemas is no object"))?;
        Ok(Self {
            normal,
            schemas,
            seen: BTreeSet::new(),
            items: Vec::new(),
        })
    }
}

impl Shapes<'_> {
    fn of_schema(&mut self, schema: &Value) -> Result<TokenStream> {
        if let Some(name) = reference(schema) {
            return self.of_component(name);
        }
        if let Some([part]) = list(schema, "allOf") {
            return self.of_schema(part);
        }
        if let Some(items) = schema.get("items") {
            let items = self.of_schema(items)?;
            return Ok(quote!(Shape::List(&#items)));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        let others = others.filter(|others| **others != Value::Bool(false));
        match (properties, others) {
            (Some(properties), None) => self.of_object(properties),
            (None, Some(values)) if values.is_object() => {
                let values = self.of_schema(values)?;
                Ok(quote!(Shape::Map(&#values)))
            }
            (None, _) => Ok(quote!(Shape::Value)),
            (Some(_), Some(_)) => Err(Error::new(
                "a request body holds an object with properties and others of any name: \
                 add a form for it to codegen/shapes.rs and src/strict.rs",
            )),
        }
    }

    fn of_object(&mut self, properties: &Map<String, Value>) -> Result<TokenStream> {
        let fields = properties
            .iter()
            .map(|(name, schema)| {
                let shape = self.of_schema(schema)?;
                Ok(quote!((#name, &#shape)))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(quote!(Shape::Object(&[#(#fields),*])))
    }

    /// What stands for a component: a static of its own, unless it is a value.
    fn of_component(&mut self, component: &str) -> Result<TokenStream> {
        let rust = type_name(component);
        let replaced = self.normal.replacements.iter().find(|r| r.name == rust);
        if let Some(id) = replaced.and_then(|r| r.path.strip_prefix("ids::")) {
            let id = format_ident!("{id}");
            return Ok(quote! {
                Shape::Id(|text| crate::ids::#id::new(text).map(drop))
            });
        }
        let normal = self.normal;
        let union = normal.unions.iter().find(|union| union.name == rust);
        let schema = self.schemas.get(component);
        let is_object = schema.is_some_and(|s| s.get("properties").is_some());
        if union.is_none() && !is_object {
            // An enum, a secret, a three-state field, or a type that is another one by name.
            return schema.map_or_else(|| Ok(quote!(Shape::Value)), |s| self.of_schema(s));
        }
        let name = format_ident!("{}", constant_name(&rust));
        if self.seen.insert(rust.clone()) {
            let (path, shape) = match (union, schema) {
                (Some(union), _) => (quote!(crate::unions), self.of_union(union)?),
                (None, Some(schema)) => (quote!(crate::types), self.of_schema(schema)?),
                (None, None) => return Err(Error::new(format!("there is no schema {component}"))),
            };
            let rust = format_ident!("{rust}");
            self.items.push(quote! {
                static #name: Shape = #shape;
                impl RequestBody for #path::#rust {
                    const SHAPE: &'static Shape = &#name;
                }
            });
        }
        Ok(quote!(#name))
    }

    fn of_union(&mut self, union: &super::rules::Union) -> Result<TokenStream> {
        let tag = &union.tag;
        let variants = union
            .variants
            .iter()
            .map(|(_, value, target)| {
                let component = self.schemas.keys().find(|name| type_name(name) == *target);
                let component =
                    component.ok_or_else(|| Error::new(format!("there is no schema {target}")))?;
                let shape = self.of_component(component)?;
                Ok(quote!((#value, &#shape)))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(quote!(Shape::Union { tag: #tag, variants: &[#(#variants),*] }))
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> Option<&'a [Value]> {
    schema.get(key).and_then(Value::as_array).map(Vec::as_slice)
}
