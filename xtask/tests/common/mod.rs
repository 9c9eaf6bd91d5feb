//! What the integration tests share.

#![allow(dead_code)] // each test binary uses a part

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// A run of the real binary.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The only line that was printed to stderr.
    pub fn only_line(&self) -> &str {
        assert_eq!(self.stderr.lines().count(), 1, "stderr: {}", self.stderr);
        self.stderr.trim_end()
    }
}

/// Runs the tool against a folder of its own.
pub fn run(folder: &Path, args: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(args)
        .arg("--any-api")
        .arg("--openapi-dir")
        .arg(folder)
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env("no_proxy", "127.0.0.1,localhost")
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

pub fn data_path(name: &str) -> String {
    data(name).display().to_string()
}

pub fn json_data(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(data(name)).unwrap()).unwrap()
}

/// Compares with a committed file; `BLESS=1` rewrites the file instead.
pub fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "{name} differs from what is committed; BLESS=1 rewrites it. Found:\n{found}"
    );
}

/// The files of a folder, sorted, with their contents.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .map(|entries| {
            entries
                .map(|entry| {
                    let path = entry.unwrap().path();
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    (name, std::fs::read(path).unwrap())
                })
                .collect()
        })
        .unwrap_or_default();
    files.sort();
    files
}

/// A small document that uses most of what the format offers.
pub fn small() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Small", "version": "v2", "description": "prose", "contact": {"name": "x"}},
        "servers": [{"url": "https://example.com/api", "description": "prose"}],
        "tags": [{"name": "B", "description": "prose"}, {"name": "A"}],
        "security": [{"Bearer": []}],
        "externalDocs": {"url": "https://example.com"},
        "paths": {
            "/things/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": true, "description": "prose",
                    "schema": {"type": "string", "pattern": "^[a-z]+$"}}],
                "get": {
                    "operationId": "getThing", "tags": ["A"], "summary": "prose", "x-other": 1,
                    "parameters": [
                        {"$ref": "#/components/parameters/Limit"},
                        {"name": "fields", "in": "query", "example": "x",
                            "schema": {"type": "array", "items": {"type": "string"}}},
                    ],
                    "responses": {
                        "200": {"description": "prose", "content": {"application/json": {
                            "schema": {"$ref": "#/components/schemas/Thing"}, "example": {"title": "x"}}},
                            "headers": {"ETag": {"schema": {"type": "string"}}}},
                        "default": {"$ref": "#/components/responses/Error"},
                    },
                },
                "patch": {
                    "operationId": "updateThing", "tags": ["A"],
                    "requestBody": {"required": true, "content": {"application/json": {
                        "schema": {"$ref": "#/components/schemas/ThingUpdate"}}}},
                    "responses": {
                        "200": {"description": "x", "content": {"application/json": {
                            "schema": {"$ref": "#/components/schemas/Both"}}}},
                        "204": {"description": "x"},
                    },
                },
            },
            "/things": {"post": {
                "operationId": "createThing", "tags": ["B"],
                "requestBody": {"content": {"application/json": {"schema": {
                    "allOf": [{"$ref": "#/components/schemas/ThingUpdate"},
                        {"type": "object", "required": ["both"], "properties": {
                            "both": {"$ref": "#/components/schemas/Both"}}}]}}}},
                "responses": {"201": {"description": "x"}},
            }},
        },
        "components": {
            "securitySchemes": {"Bearer": {"type": "http", "scheme": "bearer", "description": "prose"}},
            "parameters": {"Limit": {"name": "limit", "in": "query",
                "schema": {"type": "integer", "minimum": 1, "maximum": 100}}},
            "responses": {"Error": {"description": "prose", "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Error"}}}}},
            "schemas": {
                "Thing": {"type": "object", "required": ["id", "state"], "title": "T", "properties": {
                    "id": {"type": "string"}, "title": {"type": "string", "description": "prose"},
                    "state": {"$ref": "#/components/schemas/State"},
                    "size": {"type": "integer", "format": "int32", "maximum": 10},
                    "form": {"$ref": "#/components/schemas/Form"},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}}},
                "ThingUpdate": {"type": "object", "required": ["title"], "properties": {
                    "title": {"type": "string", "maxLength": 10},
                    "mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast"},
                    "expires_at": {"type": "string", "nullable": true},
                    "nested": {"type": "object", "properties": {"deep": {"type": "string"}}}}},
                "Both": {"type": "object", "required": ["a"], "properties": {
                    "a": {"type": "string"}, "b": {"type": "string"},
                    "e": {"type": "string", "enum": ["x", "y"]}}},
                "State": {"type": "string", "enum": ["on", "off"]},
                "Form": {"oneOf": [{"$ref": "#/components/schemas/Round"},
                    {"$ref": "#/components/schemas/Square"}],
                    "discriminator": {"propertyName": "type", "mapping": {
                        "round": "#/components/schemas/Round", "square": "#/components/schemas/Square"}}},
                "Round": {"type": "object", "properties": {"radius": {"type": "number"}}},
                "Square": {"type": "object", "properties": {"side": {"type": "number"}}},
                "Error": {"type": "object", "required": ["message"], "properties": {
                    "message": {"type": "string"}}},
                "Unused": {"type": "object", "properties": {"x": {"type": "string"}}},
            },
        },
    })
}

/// A server that gives each connection the next answer, the last one for ever,
/// and keeps what it was sent.
pub struct Server {
    pub url: String,
    pub requests: Arc<Mutex<Vec<String>>>,
}

/// What the server does with a connection.
#[derive(Clone)]
pub enum Answer {
    /// Status line and headers, then the body, as they are.
    Raw(String, Vec<u8>),
    /// Nothing, with the connection held open.
    Silence,
}

pub fn answer(status: &str, headers: &str, body: &[u8]) -> Answer {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    Answer::Raw(head, body.to_vec())
}

impl Server {
    pub fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v2.json", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            let mut answers = answers.into_iter().peekable();
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                let mut buffer = [0; 1024];
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => break,
                        Ok(n) => request.extend_from_slice(&buffer[..n]),
                    }
                }
                let text = String::from_utf8_lossy(&request).into_owned();
                seen.lock().unwrap().push(text);
                let current = answers.peek().cloned();
                if answers.len() > 1 {
                    answers.next();
                }
                match current {
                    Some(Answer::Raw(head, body)) => {
                        let _ = stream.write_all(head.as_bytes());
                        let _ = stream.write_all(&body);
                    }
                    _ => silent.push(stream),
                }
            }
        });
        Self { url, requests }
    }
}
