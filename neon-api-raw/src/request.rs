//! Requests, built without a connection.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};
use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use crate::error::{Error, InvalidRequest};
use crate::multipart::Form;
use crate::path_segment::{self, ENCODED};
use crate::route::Route;
use crate::secret::ExposeSecrets;
use crate::transport::Exchange;
use crate::upload::{Content, Upload};
use crate::write::{Write, Written};

/// A request as passed to a transport. It can be cloned, so that it can be sent again.
pub type Request = http::Request<Bytes>;

/// A request being built; the first fault is kept and returned when it is finished.
pub(crate) struct RequestBuilder {
    pub(crate) operation: &'static Route,
    url: String,
    headers: HeaderMap,
    body: Bytes,
    upload: Option<Upload>,
    fault: Option<InvalidRequest>,
}

impl RequestBuilder {
    /// A request with these values of the operation's path parameters, in order.
    pub(crate) fn new(operation: &'static Route, base_url: &str, path_parameters: &[&str]) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let url = path_segment::url(base_url, operation.path, path_parameters);
        let (url, fault) = match url {
            Ok(url) => (url, None),
            Err(name) => (String::new(), Some(InvalidRequest::PathParameter(name))),
        };
        Self {
            operation,
            url,
            headers,
            body: Bytes::new(),
            upload: None,
            fault,
        }
    }

    pub(crate) fn json(self, body: &dyn Write) -> Self {
        match serde_json::to_vec(&Written(body.content()).with_secrets()) {
            Ok(text) => self.body(HeaderValue::from_static("application/json"), text.into()),
            Err(error) => self.invalid(InvalidRequest::Body(error)),
        }
    }

    pub(crate) fn invalid(mut self, fault: InvalidRequest) -> Self {
        self.fault.get_or_insert(fault);
        self
    }

    pub(crate) fn body(mut self, content_type: HeaderValue, body: Bytes) -> Self {
        self.headers.insert(CONTENT_TYPE, content_type);
        self.body = body;
        self
    }

    /// A form, whose file is sent as a stream if it is one.
    pub(crate) fn form(self, form: Form) -> Self {
        let content_type = match HeaderValue::try_from(form.content_type()) {
            Ok(content_type) => content_type,
            Err(error) => return self.invalid(InvalidRequest::Url(error.into())),
        };
        match form.finish() {
            Content::Bytes(body) => self.body(content_type, body),
            Content::Upload(upload) => {
                let mut request = self.body(content_type, Bytes::new());
                request.upload = Some(upload);
                request
            }
        }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds query parameters in form style, exploded: each item of a list, the fields of an object
    /// under their own names, nothing for absent values.
    pub(crate) fn query(mut self, name: &str, value: &dyn Write) -> Self {
        match serde_json::to_value(Written(value.content())) {
            Ok(value) => {
                self.query_value(name, &value);
                self
            }
            Err(error) => self.invalid(InvalidRequest::Query(error)),
        }
    }

    fn query_value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => self.pair(name, text),
            Value::Bool(_) | Value::Number(_) => self.pair(name, &value.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.query_value(name, item)),
            Value::Object(fields) => {
                for (field, value) in fields {
                    self.query_value(field, value);
                }
            }
        }
    }

    fn pair(&mut self, name: &str, value: &str) {
        let separator = if self.url.contains('?') { '&' } else { '?' };
        self.url.push(separator);
        self.url.extend(utf8_percent_encode(name, ENCODED));
        self.url.push('=');
        self.url.extend(utf8_percent_encode(value, ENCODED));
    }

    pub(crate) fn finish(self) -> Result<Exchange, Error> {
        let Self {
            operation,
            url,
            headers,
            body,
            upload,
            fault,
        } = self;
        if let Some(fault) = fault {
            return Err(Error::invalid(operation, fault));
        }
        let malformed = |e| Error::invalid(operation, InvalidRequest::Url(e));
        // In place: `http`'s own builder moves everything at each step.
        let mut request = Request::new(body);
        *request.method_mut() =
            Method::from_bytes(operation.method.as_bytes()).map_err(|e| malformed(e.into()))?;
        *request.uri_mut() = Uri::try_from(url).map_err(|e| malformed(e.into()))?;
        *request.headers_mut() = headers;
        let mut exchange = Exchange::new(operation, request);
        exchange.upload = upload;
        Ok(exchange)
    }
}
