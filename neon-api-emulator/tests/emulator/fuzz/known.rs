//! What answers told, for later requests.

use std::collections::BTreeMap;

use neon_api_emulator::spec::{Operation, sample};
use serde_json::{Value, json};

use super::dice::Dice;
use super::encode;

/// IDs and names that responses had, by the parameter that takes them.
pub(super) type Pool = BTreeMap<String, Vec<String>>;

/// Pools by project, since things are found only in their own; outside of any, the empty one.
#[derive(Default)]
pub(super) struct Known(BTreeMap<String, Pool>);

impl Known {
    /// `path` is that of the request.
    pub(super) fn learn(&mut self, path: &str, answer: &Value) {
        let mut segments = path.split('/').skip_while(|segment| *segment != "projects");
        let asked = segments.nth(1).filter(|id| !id.is_empty());
        let made = answer.pointer("/project/id").and_then(Value::as_str);
        let project = made.or(asked).unwrap_or_default().to_owned();
        if made.is_some() {
            self.note("", "project_id", &json!(project));
        }
        self.learn_of(&project, answer);
    }

    fn learn_of(&mut self, project: &str, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, child) in map {
                    let kind = match key.as_str() {
                        "databases" => "database",
                        "branches" => "branch",
                        key => key.strip_suffix('s').unwrap_or(key),
                    };
                    for item in child
                        .as_array()
                        .map_or(std::slice::from_ref(child), Vec::as_slice)
                    {
                        for part in ["id", "name", "slug"] {
                            if let Some(text) = item.get(part) {
                                self.note(project, &format!("{kind}_{part}"), text);
                            }
                        }
                    }
                    self.note(project, key, child);
                    self.learn_of(project, child);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_of(project, item)),
            _ => {}
        }
    }

    pub(super) fn note(&mut self, project: &str, parameter: &str, value: &Value) {
        let text = match value {
            Value::String(text) if !text.is_empty() && text.len() < 300 => text.clone(),
            Value::Number(number) if number.is_i64() => number.to_string(),
            _ => return,
        };
        let pool = self.0.entry(project.to_owned()).or_default();
        let known = pool.entry(parameter.to_owned()).or_default();
        if known.contains(&text) {
            return;
        }
        if known.len() >= 6 {
            known.remove(0);
        }
        known.push(text);
    }

    fn some(&self, project: &str, parameter: &str, dice: &mut Dice) -> Option<String> {
        let known = self.0.get(project)?.get(parameter)?;
        dice.percent(90).then(|| dice.pick(known).clone())
    }

    /// Puts what is known in the place of what was made up.
    pub(super) fn fill(
        &self,
        operation: &Operation,
        request: &mut sample::Request,
        dice: &mut Dice,
    ) {
        let project = self.some("", "project_id", dice).unwrap_or_default();
        let template = operation.path().split('/');
        let segments: Vec<String> = template
            .zip(request.path.split('/'))
            .map(|(template, segment)| {
                let name = template.trim_matches(['{', '}']);
                let known = match name {
                    "project_id" => Some(project.clone()).filter(|id| !id.is_empty()),
                    _ if name == template => None,
                    "org_id" | "key_id" | "member_id" => self.some("", name, dice),
                    _ => self.some(&project, name, dice),
                };
                known.map_or(segment.to_owned(), |text| encode(&text))
            })
            .collect();
        request.path = segments.join("/");
        // A cursor that was made up is refused: most walks are from the start.
        request
            .query
            .retain(|(name, _)| name != "cursor" || dice.percent(20));
        for (name, value) in &mut request.query {
            let known = match name.as_str() {
                "role_name" | "database_name" | "branch_id" | "endpoint_id" | "cursor" => {
                    self.some(&project, name, dice)
                }
                "org_id" => self.some("", name, dice),
                _ => None,
            };
            if let Some(known) = known {
                *value = known;
            }
        }
        if let Some(body) = &mut request.body {
            self.fill_body(&project, body, dice);
        }
    }

    fn fill_body(&self, project: &str, body: &mut Value, dice: &mut Dice) {
        match body {
            Value::Object(map) => {
                for (key, value) in map {
                    let wanted = match key.as_str() {
                        "parent_id" | "source_branch_id" | "target_branch_id" => "branch_id",
                        "owner_name" => "role_name",
                        key => key,
                    };
                    let scope = if wanted == "org_id" { "" } else { project };
                    if value.is_string() && (wanted.ends_with("_id") || wanted == "role_name") {
                        if let Some(known) = self.some(scope, wanted, dice) {
                            *value = json!(known);
                        }
                    } else {
                        self.fill_body(project, value, dice);
                    }
                }
            }
            Value::Array(items) => {
                let items = items.iter_mut();
                items.for_each(|item| self.fill_body(project, item, dice));
            }
            _ => {}
        }
    }
}
