//! What the sources contradict or leave open, as requests that whoever is asked answers.

use serde::Deserialize;
use serde_json::{Value, json};

use super::exchange::read;
use super::target::Target;

/// A question, from `tests/contract/open-questions.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name in the table of the document.
    pub id: String,
    /// What is not known.
    pub question: String,
    /// What the sources say.
    pub sources: Vec<String>,
    /// The requests, of which the last one answers. `{project}`, `{branch}`, `{endpoint}`, `{org}`
    /// and `{name}` stand for what the run created.
    pub steps: Vec<Step>,
    /// What is read from the last response: `status`, or a JSON pointer to a value.
    pub read: String,
    /// What the emulator answers, until the real API has.
    pub emulator: String,
    /// Only where an organization is known.
    #[serde(default)]
    pub needs_org: bool,
}

/// One request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The JSON body.
    #[serde(default)]
    pub body: Value,
    /// A body of this type instead, which means the same.
    #[serde(default)]
    pub form: Option<String>,
}

/// All questions.
pub fn all() -> Vec<Question> {
    read("contract/open-questions.json")
}

/// What questions may name.
#[derive(Debug)]
pub struct Place {
    project: String,
    branch: String,
    endpoint: String,
}

impl Place {
    /// A new project.
    pub async fn create(target: &mut Target) -> Self {
        let made = target.project("questions").await;
        let text = |pointer: &str| {
            let found = made.pointer(pointer).and_then(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        Self {
            project: text("/project/id"),
            branch: text("/branch/id"),
            endpoint: text("/endpoints/0/id"),
        }
    }

    fn fill(&self, target: &Target, text: &str) -> String {
        text.replace("{project}", &self.project)
            .replace("{branch}", &self.branch)
            .replace("{endpoint}", &self.endpoint)
            .replace("{org}", target.org_id.as_deref().unwrap_or_default())
            .replace("{name}", &target.name("question"))
    }

    /// Asks; `None` if the question needs what this run does not have.
    ///
    /// # Panics
    ///
    /// If the question is not well formed.
    pub async fn ask(&self, target: &mut Target, question: &Question) -> Option<String> {
        if question.needs_org && target.org_id.is_none() {
            return None;
        }
        let mut last = None;
        for step in &question.steps {
            let path = self.fill(target, &step.path);
            let body = self.fill(target, &step.body.to_string());
            let body: Value = serde_json::from_str(&body).expect("a body is JSON");
            let response = match &step.form {
                Some(form) => {
                    let form = self.fill(target, form);
                    let sent = Some(("application/x-www-form-urlencoded", form));
                    target.send_text(&step.method, &path, &body, sent).await
                }
                None => target.send(&step.method, &path, &body).await,
            };
            if step.method != "GET" && response.status < 300 {
                target.settle(&self.project).await;
            }
            // Whatever an answer creates goes with the run; keys go at once.
            if let (Some(id), true) = (response.body.get("key"), path.ends_with("api_keys")) {
                assert!(id.is_string());
                let key = format!("{path}/{}", response.body["id"]);
                target.send("DELETE", &key, &json!(null)).await;
            }
            last = Some(response);
        }
        let last = last.expect("a question has a step");
        Some(match question.read.as_str() {
            "status" => last.status.to_string(),
            pointer => match last.body.pointer(pointer) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => "absent".to_owned(),
            },
        })
    }
}
