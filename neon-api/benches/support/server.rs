//! A server of prepared answers, in a process of its own: what it costs counts for nobody.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;

use super::Fallible;

/// The server's process; it ends with this value, or with the process that holds it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    base_url: String,
}

impl Server {
    /// Starts the running program once more, as a server.
    pub(crate) fn start() -> Fallible<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut port = String::new();
        BufReader::new(output).read_line(&mut port)?;
        let base_url = format!("http://127.0.0.1:{}/api/v2", port.trim());
        Ok(Self { child, base_url })
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves GET requests until the standard input ends. An answer is made of the request's target and
/// is sent as it is.
#[allow(
    clippy::print_stdout,
    reason = "the process that started this one reads it"
)]
pub(crate) fn serve<A>(answer: impl Fn(&str) -> A + Send + Sync + 'static) -> Fallible
where
    A: AsRef<[u8]>,
{
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || connection(&stream, &*answer));
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn connection<A: AsRef<[u8]>>(stream: &TcpStream, answer: &impl Fn(&str) -> A) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream);
    let (mut writer, mut first, mut line) = (stream, String::new(), String::new());
    loop {
        first.clear();
        if requests.read_line(&mut first)? == 0 {
            return Ok(());
        }
        while line != "\r\n" {
            line.clear();
            requests.read_line(&mut line)?;
        }
        line.clear();
        let target = first.split(' ').nth(1).unwrap_or_default();
        writer.write_all(answer(target).as_ref())?;
    }
}

/// A successful answer with the headers that the API sends.
pub(crate) fn success(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         date: Wed, 10 Sep 2025 12:15:23 GMT\r\nvary: Origin\r\n\
         x-neon-ret-request-id: 6a2b0c4e2f664a529b0e3a4f4f6f3a11\r\n\r\n{body}"
    )
    .into_bytes()
}
