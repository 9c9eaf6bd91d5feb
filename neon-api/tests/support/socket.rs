//! A server on a real socket that answers by script, and cuts off answers and connections.

use std::fmt;
use std::io;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use neon_api::raw::transport::{BoxFuture, Exchange, Response};
use neon_api::{HttpTransport, Transport, TransportError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// Answers with a status and a body of JSON.
    Response(u16, String),
    /// Resets the connection when the request has been read.
    Reset,
    /// Closes the connection in the middle of the body of a response with this status.
    Truncate(u16, String),
}

/// A request as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wire {
    /// Method and path, without the query.
    pub(crate) line: String,
    pub(crate) request_id: String,
    /// Empty where there is none.
    pub(crate) user_agent: String,
    /// `None` where there is none.
    pub(crate) content_length: Option<usize>,
}

type Script = Arc<dyn Fn(&str, usize) -> Deed + Send + Sync>;

/// The server; it ends with this value.
pub(crate) struct SocketServer {
    base_url: String,
    seen: Arc<Mutex<Vec<Wire>>>,
    listening: AbortHandle,
}

impl SocketServer {
    /// A server that answers as a function of method and path and of how many requests of the same
    /// came before it.
    pub(crate) async fn start(
        script: impl Fn(&str, usize) -> Deed + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/api/v2", listener.local_addr().unwrap());
        let (script, seen): (Script, _) = (Arc::new(script), Arc::default());
        let listening = tokio::spawn(listen(listener, script, Arc::clone(&seen)));
        Self {
            base_url,
            seen,
            listening: listening.abort_handle(),
        }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn seen(&self) -> Vec<Wire> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for SocketServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, script: Script, seen: Arc<Mutex<Vec<Wire>>>) {
    // Dropped with this future, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(serve(stream, Arc::clone(&script), Arc::clone(&seen)));
    }
}

/// Serves one connection until it ends, by whichever side.
async fn serve(stream: TcpStream, script: Script, seen: Arc<Mutex<Vec<Wire>>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        let deed = {
            let mut seen = seen.lock().unwrap();
            let before = seen.iter().filter(|s| s.line == request.line).count();
            let deed = script(&request.line, before);
            seen.push(request);
            deed
        };
        match deed {
            Deed::Response(status, body) => {
                stream.write_all(answer(status, &body).as_bytes()).await?;
            }
            Deed::Reset => {
                stream.get_ref().set_zero_linger()?;
                return Ok(());
            }
            Deed::Truncate(status, body) => {
                let whole = answer(status, &body);
                let kept = whole.len() - body.len().div_ceil(2);
                stream.write_all(&whole.as_bytes()[..kept]).await?;
                return stream.shutdown().await;
            }
        }
    }
    Ok(())
}

fn answer(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Made Up\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

/// Reads a request with its body; `None` where the connection ends before one.
async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Wire>> {
    let mut first = String::new();
    if stream.read_line(&mut first).await? == 0 {
        return Ok(None);
    }
    let (mut content_length, mut request_id) = (None, String::new());
    let mut user_agent = String::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => content_length = Some(value.parse().unwrap()),
            "user-agent" => value.clone_into(&mut user_agent),
            "x-request-id" => value.clone_into(&mut request_id),
            _ => {}
        }
    }
    let length = content_length.unwrap_or_default();
    stream.read_exact(&mut vec![0; length]).await?;
    let mut words = first.split([' ', '?']);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        // The transport asks whether this is a server of TLS.
        return Ok(None);
    };
    let path = path.strip_prefix("/api/v2").unwrap();
    let line = format!("{method} {path}");
    Ok(Some(Wire {
        line,
        request_id,
        user_agent,
        content_length,
    }))
}

/// The network's transport in paused time: the clock stands still while a request is on its way, and
/// moves on as ever while nothing happens. Tokio moves no clock beside a blocking task.
pub(crate) struct OutsideOfTime(pub(crate) HttpTransport);

impl fmt::Debug for OutsideOfTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutsideOfTime")
    }
}

impl Transport for OutsideOfTime {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async {
            let (done, is_done) = mpsc::channel::<()>();
            // Ends when the sender is dropped, with the answer or with this future.
            let blocking = tokio::task::spawn_blocking(move || is_done.recv());
            let outcome = self.0.send(call).await;
            drop(done);
            let _ = blocking.await;
            outcome
        })
    }
}
