//! `multipart/form-data` bodies (RFC 7578).

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use bytes::{BufMut, Bytes, BytesMut};

use crate::upload::Content;

/// A form being written: text fields, and a file at most, which comes last.
pub(crate) struct Form {
    boundary: String,
    body: BytesMut,
    file: Option<Content>,
}

impl Form {
    pub(crate) fn new() -> Self {
        Self::with_boundary(boundary())
    }

    fn with_boundary(boundary: String) -> Self {
        Self {
            boundary,
            body: BytesMut::new(),
            file: None,
        }
    }

    /// A field, before the file.
    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.head(&format!(
            "Content-Disposition: form-data; name=\"{name}\"\r\n"
        ));
        self.body.put_slice(value.as_bytes());
        self.body.put_slice(b"\r\n");
        self
    }

    /// The file, which ends the form.
    pub(crate) fn file(
        mut self,
        name: &str,
        file_name: &str,
        content_type: &str,
        content: Content,
    ) -> Self {
        self.head(&format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: {content_type}\r\n"
        ));
        self.file = Some(content);
        self
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The body. An upload is framed and not read.
    pub(crate) fn finish(mut self) -> Content {
        let end = format!("--{}--\r\n", self.boundary);
        match self.file {
            Some(Content::Upload(upload)) => {
                let after = Bytes::from(format!("\r\n{end}"));
                return Content::Upload(upload.between(self.body.freeze(), after));
            }
            Some(Content::Bytes(bytes)) => {
                self.body.put_slice(&bytes);
                self.body.put_slice(b"\r\n");
            }
            None => {}
        }
        self.body.put_slice(end.as_bytes());
        Content::Bytes(self.body.freeze())
    }

    fn head(&mut self, headers: &str) {
        self.body.put_slice(b"--");
        self.body.put_slice(self.boundary.as_bytes());
        self.body.put_slice(b"\r\n");
        self.body.put_slice(headers.as_bytes());
        self.body.put_slice(b"\r\n");
    }
}

/// A boundary of 128 random bits, so that no content that was written before contains it: a stream
/// cannot be searched for it.
fn boundary() -> String {
    let random = || RandomState::new().hash_one(0_u8);
    format!("neon-api-{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: &[u8] =
        b"--b\r\nContent-Disposition: form-data; name=\"runtime\"\r\n\r\nnodejs24\r\n\
          --b\r\nContent-Disposition: form-data; name=\"zip\"; filename=\"function.zip\"\r\n\
          Content-Type: application/zip\r\n\r\nPK\r\n--b--\r\n";

    fn form(zip: Content) -> Form {
        Form::with_boundary("b".to_owned())
            .text("runtime", "nodejs24")
            .file("zip", "function.zip", "application/zip", zip)
    }

    #[test]
    fn parts_are_framed() {
        let form = form(Content::from(b"PK".as_slice()));
        assert_eq!(form.content_type(), "multipart/form-data; boundary=b");
        let Content::Bytes(body) = form.finish() else {
            panic!("bytes are sent as bytes");
        };
        assert_eq!(body, EXPECTED);
    }

    #[tokio::test]
    async fn an_upload_is_framed_each_time_it_is_opened() {
        use crate::upload::{Chunks, Upload};

        let pieces = || futures::stream::iter(["P", "K"].map(|piece| Ok(Bytes::from(piece))));
        let upload = Upload::new(move || async move { Ok(Chunks::new(Some(2), pieces())) });
        let Content::Upload(upload) = form(upload.into()).finish() else {
            panic!("an upload stays one");
        };
        for _ in 0..2 {
            let chunks = upload.open().await.unwrap();
            assert_eq!(chunks.length(), Some(EXPECTED.len() as u64));
            assert_eq!(chunks.collect().await.unwrap(), EXPECTED);
        }
    }

    #[test]
    fn boundaries_are_random() {
        let all: std::collections::BTreeSet<_> = (0..100).map(|_| boundary()).collect();
        assert_eq!(all.len(), 100);
        // The most that RFC 2046 allows is 70 characters.
        assert!(all.iter().all(|boundary| boundary.len() == 41));
    }
}
