//! HTTP/2, frame by frame: what a server can do that its own libraries would not.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures::StreamExt;
use neon_api_raw::transport::{FailureKind, Response, ResponseBody};
use neon_api_raw::{HttpTransport, Transport, TransportError, reqwest};

use super::{post, whole};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

const NO_ERROR: u8 = 0;
const INTERNAL_ERROR: u8 = 2;
const REFUSED_STREAM: u8 = 7;

/// A frame of the request's stream, or of the connection.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// A status and, if not 0, a one-digit `Content-Length`.
    Headers(u16, u8),
    Data(&'static str),
    /// Data that ends the stream.
    LastData(&'static str),
    Reset(u8),
    /// The last stream that was processed, and a code.
    GoAway(u8, u8),
    Close,
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [
        length[1], length[2], length[3], kind, flags, 0, 0, 0, stream,
    ];
    [&head[..], payload].concat()
}

/// Header fields without compression, after HPACK's table: 28 is `content-length`, 8 is `:status`.
fn fields(status: u16, length: u8) -> Vec<u8> {
    let mut block = vec![0x08, 3];
    block.extend(status.to_string().bytes());
    if length > 0 {
        block.extend([0x0f, 28 - 15, 1, b'0' + length]);
    }
    block
}

impl Frame {
    /// As it is written for the stream; `None` for the end of the connection.
    fn bytes(self, stream: u8) -> Option<Vec<u8>> {
        Some(match self {
            Self::Headers(status, length) => frame(HEADERS, 4, stream, &fields(status, length)),
            Self::Data(text) => frame(DATA, 0, stream, text.as_bytes()),
            Self::LastData(text) => frame(DATA, 1, stream, text.as_bytes()),
            Self::Reset(code) => frame(RST_STREAM, 0, stream, &[0, 0, 0, code]),
            Self::GoAway(last, code) => frame(GOAWAY, 0, 0, &[0, 0, 0, last, 0, 0, 0, code]),
            Self::Close => return None,
        })
    }
}

/// Responds to every request with these frames; the address, and how many requests there were.
fn serve(frames: &'static [Frame]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/projects", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.read_exact(&mut [0; 24]).unwrap();
            stream.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
            let mut head = [0; 9];
            'connection: while stream.read_exact(&mut head).is_ok() {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                stream.read_exact(&mut vec![0; length as usize]).unwrap();
                match (head[3], head[4]) {
                    (SETTINGS, 0) => stream.write_all(&frame(SETTINGS, 1, 0, &[])).unwrap(),
                    (HEADERS, _) => {
                        counted.fetch_add(1, Ordering::SeqCst);
                        for frame in frames {
                            let Some(bytes) = frame.bytes(head[8]) else {
                                break 'connection;
                            };
                            stream.write_all(&bytes).unwrap();
                        }
                    }
                    _ => {}
                }
            }
        }
    });
    (url, requests)
}

async fn sent(
    frames: &'static [Frame],
    streams: bool,
) -> (Result<Response, TransportError>, usize) {
    let (url, requests) = serve(frames);
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .retry(reqwest::retry::never())
        .build()
        .unwrap();
    let mut call = post(&url);
    call.streams = streams;
    let outcome = HttpTransport::with_client(client).send(call).await;
    (outcome, requests.load(Ordering::SeqCst))
}

async fn failed(frames: &'static [Frame]) -> (FailureKind, bool) {
    let (outcome, requests) = sent(frames, false).await;
    assert_eq!(requests, 1, "{frames:?}");
    let error = outcome.expect_err("the response is not whole");
    (error.kind(), error.may_have_happened())
}

#[tokio::test]
async fn what_a_server_refused_unseen_is_sent_once_and_leaves_no_doubt() {
    let unsent = (FailureKind::Connect, false);
    let unknown = (FailureKind::Interrupted, true);
    for (frames, expected) in [
        (&[Frame::Reset(REFUSED_STREAM)][..], unsent),
        (&[Frame::GoAway(0, NO_ERROR)][..], unsent),
        (&[Frame::Reset(INTERNAL_ERROR)][..], unknown),
        (&[Frame::GoAway(0, INTERNAL_ERROR)][..], unknown),
        // It took the request, and ended before it responded.
        (&[Frame::GoAway(1, NO_ERROR), Frame::Close][..], unknown),
    ] {
        assert_eq!(failed(frames).await, expected, "{frames:?}");
    }
}

#[tokio::test]
async fn what_comes_after_the_response_has_begun_does_not_make_it_unsent() {
    for frames in [
        &[Frame::Headers(200, 8), Frame::Reset(REFUSED_STREAM)][..],
        &[
            Frame::Headers(200, 0),
            Frame::Data("{"),
            Frame::Reset(REFUSED_STREAM),
        ][..],
        &[Frame::Headers(200, 8), Frame::GoAway(0, NO_ERROR)][..],
        &[Frame::Headers(200, 8), Frame::GoAway(0, INTERNAL_ERROR)][..],
    ] {
        let expected = (FailureKind::Interrupted, true);
        assert_eq!(failed(frames).await, expected, "{frames:?}");
    }
}

const CUT_WITHOUT_ERROR: [&[Frame]; 2] = [
    &[
        Frame::Headers(200, 8),
        Frame::Data("[1,2"),
        Frame::Reset(NO_ERROR),
    ],
    &[
        Frame::Headers(200, 8),
        Frame::Data("[1,2"),
        Frame::GoAway(0, NO_ERROR),
    ],
];

#[tokio::test]
async fn a_body_that_ends_early_without_an_error_is_cut() {
    for frames in CUT_WITHOUT_ERROR {
        let (outcome, requests) = sent(frames, false).await;
        let error = outcome.expect_err("the body is not whole");
        assert_eq!(error.kind(), FailureKind::Interrupted, "{frames:?}");
        assert!(error.may_have_happened());
        assert_eq!(
            error.to_string(),
            "the connection ended before the response was complete: \
             the body is 4 bytes shorter than its Content-Length",
        );
        assert_eq!(requests, 1);
    }
    let frames = &[Frame::Headers(200, 4), Frame::LastData("[12]")];
    let (outcome, _) = sent(frames, false).await;
    assert_eq!(whole(outcome.unwrap()), "[12]");
    // All of it came, and the stream was then reset as servers may do that read no further.
    let frames = &[
        Frame::Headers(200, 4),
        Frame::LastData("[12]"),
        Frame::Reset(NO_ERROR),
    ];
    let (outcome, _) = sent(frames, false).await;
    assert_eq!(whole(outcome.unwrap()), "[12]");
}

#[tokio::test]
async fn a_stream_that_ends_early_without_an_error_ends_with_one() {
    for frames in CUT_WITHOUT_ERROR {
        let (outcome, _) = sent(frames, true).await;
        let ResponseBody::Stream(mut pieces) = outcome.unwrap().body else {
            panic!("a stream was asked for");
        };
        assert_eq!(pieces.next().await.unwrap().unwrap(), "[1,2");
        let error = pieces.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), FailureKind::Interrupted, "{frames:?}");
        assert!(pieces.next().await.is_none());
    }
}

#[tokio::test]
async fn a_status_that_decides_counts_whatever_cuts_its_body() {
    for end in [
        Frame::Reset(NO_ERROR),
        Frame::Reset(INTERNAL_ERROR),
        Frame::Reset(REFUSED_STREAM),
        Frame::GoAway(0, NO_ERROR),
        Frame::Close,
    ] {
        let frames = Vec::leak(vec![Frame::Headers(409, 8), Frame::Data("{\"a"), end]);
        let (outcome, requests) = sent(frames, false).await;
        let answer = outcome.unwrap();
        assert_eq!(answer.status, 409, "{end:?}");
        assert_eq!(whole(answer), "{\"a", "{end:?}");
        assert_eq!(requests, 1);
    }
    let frames = &[
        Frame::Headers(503, 8),
        Frame::Data("{\"a"),
        Frame::Reset(NO_ERROR),
    ];
    assert_eq!(failed(frames).await, (FailureKind::Interrupted, true));
}
