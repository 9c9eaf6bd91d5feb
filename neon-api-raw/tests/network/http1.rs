//! A server of HTTP/1.1 that writes what its script says, to the byte.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What comes after the bytes of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Keep,
    Close,
    /// Neither more bytes nor an end.
    Hang,
}

pub(crate) type Reply = (Vec<u8>, Then);
type Script = dyn Fn(&str) -> Reply + Send + Sync;

/// A server on threads of its own, so that no runtime of a test drives it.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    replies: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Replies as a function of the head of each request; requests have no bodies.
    pub(crate) fn start(script: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::on(listener, usize::MAX, script)
    }

    /// Accepts so many connections and no more.
    pub(crate) fn on(
        listener: TcpListener,
        accepted: usize,
        script: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let server = Self {
            address: listener.local_addr().unwrap(),
            heads: Arc::default(),
            replies: Arc::default(),
            connections: Arc::default(),
        };
        let (kept, script): (_, Arc<Script>) = (server.clone(), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().take(accepted) {
                let (server, script) = (kept.clone(), Arc::clone(&script));
                server.connections.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || server.serve(stream.unwrap(), &*script));
            }
            // The listener stays, and what comes to it waits.
            thread::park();
        });
        server
    }

    fn serve(&self, mut stream: TcpStream, script: &Script) {
        while let Some(head) = read_head(&mut stream) {
            self.heads.lock().unwrap().push(head.clone());
            let (bytes, then) = script(&head);
            let is_sent = stream.write_all(&bytes).is_ok();
            self.replies.fetch_add(1, Ordering::SeqCst);
            match then {
                Then::Keep if is_sent => {}
                Then::Hang => {
                    let _ = stream.read(&mut [0]);
                    break;
                }
                _ => {
                    let _ = stream.shutdown(Shutdown::Both);
                    break;
                }
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/api/v2/projects", self.address)
    }

    /// The heads of all requests, in order.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// How many replies were written.
    pub(crate) fn replies(&self) -> usize {
        self.replies.load(Ordering::SeqCst)
    }

    /// How many connections were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// A response with this `Content-Length`, of whose body this is the beginning.
pub(crate) fn response(status: u16, length: usize, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Made Up\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

pub(crate) fn whole(status: u16, body: &str) -> Reply {
    (response(status, body.len(), body), Then::Keep)
}
