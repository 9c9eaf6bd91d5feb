//! Certificates and a TLS server by the `openssl` command, which was not written here.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn openssl() -> Command {
    Command::new("openssl")
}

const MISSING: &str = "these tests need the openssl command (package openssl)";

/// A certificate that nobody vouches for, and its key.
#[derive(Debug)]
pub(crate) struct Certificate {
    folder: PathBuf,
}

impl Certificate {
    /// A certificate of a server for this host name.
    pub(crate) fn for_host(test: &str, host: &str) -> Self {
        Self::new(test, host, false)
    }

    /// What `openssl req -x509` makes if nothing else is asked for: the certificate of a CA.
    pub(crate) fn of_a_ca(test: &str, host: &str) -> Self {
        Self::new(test, host, true)
    }

    fn new(test: &str, host: &str, is_ca: bool) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        std::fs::create_dir_all(&folder).unwrap();
        let certificate = Self { folder };
        let output = openssl()
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args(["-subj", "/CN=A test of the transport"])
            .args(["-addext", &format!("subjectAltName=DNS:{host}")])
            .args((!is_ca).then_some("-addext"))
            .args((!is_ca).then_some("basicConstraints=critical,CA:FALSE"))
            .arg("-keyout")
            .arg(certificate.key())
            .arg("-out")
            .arg(certificate.file())
            .output()
            .expect(MISSING);
        assert!(output.status.success(), "{output:?}");
        certificate
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }
}

/// `openssl s_server -www`; it ends with this value.
#[derive(Debug)]
pub(crate) struct TlsServer {
    child: Child,
    pub(crate) port: u16,
}

impl TlsServer {
    pub(crate) fn start(certificate: &Certificate) -> Self {
        let mut child = openssl()
            .args(["s_server", "-accept", "127.0.0.1:0", "-www"])
            .arg("-cert")
            .arg(certificate.file())
            .arg("-key")
            .arg(certificate.key())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect(MISSING);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let accepts = lines.find_map(|line| {
            let line = line.unwrap();
            Some(
                line.strip_prefix("ACCEPT ")?
                    .rsplit_once(':')?
                    .1
                    .parse()
                    .unwrap(),
            )
        });
        let port = accepts.expect("the server names its port");
        // Its output is read on, so that it does not stop for a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
