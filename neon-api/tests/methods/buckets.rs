//! Methods of `neon_api::buckets`.

use std::time::Duration;

use futures::TryStreamExt;
use neon_api::buckets::{BucketEntry, ObjectHandle};
use neon_api::types::{Bucket, BucketObject, PresignResponse};
use neon_api::{ByteStream, Error, Neon};
use serde_json::{Value, json};

use crate::row::{Row, Shown, branch, json_of, kept_of, row, shown_as_json};
use crate::support::{Server, Step, success};

shown_as_json!(Bucket BucketObject PresignResponse);

impl Shown for BucketEntry {
    fn kept(&self) -> String {
        kept_of(self)
    }

    fn shown(&self) -> Value {
        match self {
            Self::Folder(prefix) => json!(prefix),
            Self::Object(object) => json_of(object),
            _ => Value::Null,
        }
    }
}

/// The stream's content has a test of its own.
impl Shown for ByteStream {
    fn kept(&self) -> String {
        format!("{self:?}")
    }

    fn shown(&self) -> Value {
        Value::Null
    }
}

fn object(neon: &Neon) -> ObjectHandle {
    branch(neon).bucket("uploads").object("2026/a report.pdf")
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = buckets();
    rows.extend(objects());
    rows
}

fn buckets() -> Vec<Row> {
    let create = "createProjectBranchBucket";
    vec![
        row("Buckets::create", create, |neon| {
            branch(&neon).buckets().create("uploads")
        })
        .body(json!({"name": "uploads"}))
        .result("/bucket"),
        row("Buckets::create", create, |neon| {
            let create = branch(&neon).buckets().create("assets");
            create.access_level("public_read")
        })
        .body(json!({"name": "assets", "access_level": "public_read"})),
        row("Buckets::list", "listProjectBranchBuckets", |neon| {
            branch(&neon).buckets().list()
        })
        .result("/buckets"),
        row("Buckets::find", "listProjectBranchBuckets", |neon| {
            branch(&neon).buckets().find("uploads")
        })
        .response(|body| body["buckets"][0]["name"] = json!("uploads"))
        .result("/buckets/0"),
        row(
            "BucketHandle::delete",
            "deleteProjectBranchBucket",
            |neon| branch(&neon).bucket("uploads").delete(),
        )
        .path("bucket_name", "uploads"),
    ]
}

fn objects() -> Vec<Row> {
    let list = "listProjectBranchBucketObjects";
    let presign = "presignProjectBranchBucketObject";
    let in_bucket = |row: Row| row.path("bucket_name", "uploads");
    let of = |row: Row| {
        let row = row.path("bucket_name", "uploads");
        row.path("object_key", "2026%2Fa%20report.pdf")
    };
    vec![
        in_bucket(row("BucketObjects::list", list, |neon| {
            branch(&neon).bucket("uploads").objects().list()
        }))
        .response(|body| {
            body["is_truncated"] = json!(false);
            body["folders"] = json!([]);
        })
        .query("limit", 1000)
        .result("/objects"),
        in_bucket(row("BucketObjects::list", list, |neon| {
            let list = branch(&neon).bucket("uploads").objects().list();
            list.prefix("2026/").delimiter("/").take(1)
        }))
        .query("limit", 1)
        .query("prefix", "2026/")
        .query("delimiter", "/"),
        in_bucket(row(
            "BucketObjects::delete_prefix",
            "deleteProjectBranchBucketObjectsByPrefix",
            |neon| {
                branch(&neon)
                    .bucket("uploads")
                    .objects()
                    .delete_prefix("2025/")
            },
        ))
        .query("prefix", "2025/")
        .result("/deleted"),
        of(row(
            "ObjectHandle::download",
            "getProjectBranchBucketObject",
            |neon| object(&neon).download(),
        )),
        of(row(
            "ObjectHandle::delete",
            "deleteProjectBranchBucketObject",
            |neon| object(&neon).delete(),
        )),
        of(row("ObjectHandle::presign_upload", presign, |neon| {
            object(&neon).presign_upload()
        }))
        .body(json!({"operation": "upload"}))
        .result(""),
        of(row("ObjectHandle::presign_upload", presign, |neon| {
            let upload = object(&neon).presign_upload();
            let upload = upload.content_type("application/pdf");
            upload.expires_in(Duration::from_millis(60_900))
        }))
        .body(json!({
            "operation": "upload",
            "content_type": "application/pdf",
            "expires_in_seconds": 60,
        })),
        of(row("ObjectHandle::presign_download", presign, |neon| {
            object(&neon).presign_download()
        }))
        .body(json!({"operation": "download"}))
        .result(""),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_download_gives_the_bytes_of_the_object() {
    let server = Server::new(|_, _| Step::Response(200, Vec::new(), "the report".to_owned()));
    let download = object(&server.client()).download();
    let pieces: Vec<_> = download.await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"the report");
    assert_eq!(server.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_empty_prefix_and_a_link_that_never_works_are_refused_before_anything_is_sent() {
    let server = Server::new(|seen, _| success(seen));
    let neon = server.client();
    let objects = branch(&neon).bucket("uploads").objects();
    let short = object(&neon)
        .presign_download()
        .expires_in(Duration::from_millis(999));
    let endless = object(&neon).presign_download().expires_in(Duration::MAX);
    let faults = [
        ("prefix", objects.delete_prefix("").await.map(|_| ())),
        ("expires_in_seconds", short.await.map(|_| ())),
        ("expires_in_seconds", endless.await.map(|_| ())),
    ];
    for (field, outcome) in faults {
        match outcome {
            Err(Error::InvalidInput(fault)) => assert_eq!(fault.field(), Some(field)),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert_eq!(server.total(), 0);
}
