//! `multipart/form-data` bodies (RFC 7578).

use bytes::{BufMut, Bytes, BytesMut};

/// A form being written.
pub(crate) struct Form {
    boundary: String,
    body: BytesMut,
}

impl Form {
    /// An empty form. The boundary must not occur in any part: the caller derives it from the
    /// parts.
    pub(crate) fn new(boundary: String) -> Self {
        Self {
            boundary,
            body: BytesMut::new(),
        }
    }

    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.head(&format!(
            "Content-Disposition: form-data; name=\"{name}\"\r\n"
        ));
        self.body.put_slice(value.as_bytes());
        self.body.put_slice(b"\r\n");
        self
    }

    pub(crate) fn file(
        mut self,
        name: &str,
        file_name: &str,
        content_type: &str,
        content: &[u8],
    ) -> Self {
        self.head(&format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: {content_type}\r\n"
        ));
        self.body.put_slice(content);
        self.body.put_slice(b"\r\n");
        self
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    pub(crate) fn finish(mut self) -> Bytes {
        self.body.put_slice(b"--");
        self.body.put_slice(self.boundary.as_bytes());
        self.body.put_slice(b"--\r\n");
        self.body.freeze()
    }

    fn head(&mut self, headers: &str) {
        self.body.put_slice(b"--");
        self.body.put_slice(self.boundary.as_bytes());
        self.body.put_slice(b"\r\n");
        self.body.put_slice(headers.as_bytes());
        self.body.put_slice(b"\r\n");
    }
}

/// A boundary that occurs in none of the parts.
pub(crate) fn boundary(parts: &[&[u8]]) -> String {
    let is_inside = |candidate: &str| {
        parts.iter().any(|part| {
            part.windows(candidate.len())
                .any(|w| w == candidate.as_bytes())
        })
    };
    let mut number: u64 = 0x6e65_6f6e;
    loop {
        let candidate = format!("neon-api-{number:016x}");
        if !is_inside(&candidate) {
            return candidate;
        }
        number = number.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_framed() {
        let form = Form::new("b".to_owned()).text("runtime", "nodejs24").file(
            "zip",
            "function.zip",
            "application/zip",
            b"PK",
        );
        assert_eq!(form.content_type(), "multipart/form-data; boundary=b");
        assert_eq!(
            form.finish().as_ref(),
            b"--b\r\nContent-Disposition: form-data; name=\"runtime\"\r\n\r\nnodejs24\r\n\
              --b\r\nContent-Disposition: form-data; name=\"zip\"; filename=\"function.zip\"\r\n\
              Content-Type: application/zip\r\n\r\nPK\r\n--b--\r\n"
                .as_slice()
        );
    }

    #[test]
    fn the_boundary_is_not_in_the_parts() {
        let first = boundary(&[]);
        let other = boundary(&[first.as_bytes()]);
        assert_ne!(first, other);
    }
}
