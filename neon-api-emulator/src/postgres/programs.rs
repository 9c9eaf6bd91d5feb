//! Starting programs so that they end when the emulator does.

use std::io::{self, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use super::binaries::Binaries;
use super::error::{PostgresError, Result};
use super::servers::Servers;
use super::user::User;

type Order = (Command, oneshot::Sender<io::Result<Child>>);

/// Starts programs in a thread of its own: the kernel ends children with the thread that started
/// them, and a runtime's threads come and go.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    pub(super) binaries: Binaries,
    pub(super) user: User,
    /// Whether `setpriv` can bind a child to its parent's life.
    binds: bool,
    orders: mpsc::Sender<Order>,
    servers: Servers,
}

impl Programs {
    pub(super) fn new(binaries: Binaries, user: User) -> io::Result<Self> {
        let (orders, received) = mpsc::channel::<Order>();
        let starter = thread::Builder::new().name("emulator-postgres".to_owned());
        starter.spawn(move || {
            for (mut command, reply) in received {
                // Whoever asked may be gone: then nobody would end the program.
                if let Err(Ok(mut child)) = reply.send(command.spawn()) {
                    child.kill().ok();
                    child.wait().ok();
                }
            }
        })?;
        let mut probe = Command::new("setpriv");
        probe.args(["--pdeathsig", "QUIT", "true"]);
        probe.stdout(Stdio::null()).stderr(Stdio::null());
        let binds = probe.status().is_ok_and(|status| status.success());
        Ok(Self {
            binaries,
            user,
            binds,
            orders,
            servers: Servers::default(),
        })
    }

    /// Every server that was started, and is still in use.
    pub(super) fn servers(&self) -> &Servers {
        &self.servers
    }

    /// One of PostgreSQL's programs, to run as its user, with nothing of this program's
    /// environment but the search path.
    pub(super) fn command(&self, name: &str) -> Command {
        let program = self.binaries.program(name);
        let mut command = if self.binds {
            // An immediate shutdown, in which a server cleans up its shared memory.
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "QUIT", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.env_clear().env("LC_ALL", "C");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        // Signals of a terminal are for the emulator, which then ends its servers in order.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        self.user.run(&mut command);
        command.current_dir("/");
        command
    }

    pub(super) async fn spawn(&self, command: Command) -> Result<Child> {
        let (reply, started) = oneshot::channel();
        let gone = || PostgresError::Failed("the emulator is shutting down".to_owned());
        self.orders.send((command, reply)).map_err(|_| gone())?;
        Ok(started.await.map_err(|_| gone())??)
    }

    /// Runs a program with this input to its end, and returns what it printed.
    pub(super) async fn run(&self, mut command: Command, input: &str) -> Result<Output> {
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let name = command.get_program().to_string_lossy().into_owned();
        let name = command
            .get_args()
            .find(|arg| arg.as_encoded_bytes().starts_with(b"/"))
            .map_or(name, |arg| arg.to_string_lossy().into_owned());
        let mut child = self.spawn(command).await?;
        let input = input.to_owned();
        let ended = tokio::task::spawn_blocking(move || {
            if let Some(mut stdin) = child.stdin.take() {
                // One that does not read its input says why in its output.
                stdin.write_all(input.as_bytes()).ok();
            }
            child.wait_with_output()
        });
        let output = ended.await??;
        if output.status.success() {
            return Ok(output);
        }
        let printed = String::from_utf8_lossy(&output.stderr);
        let last = printed.lines().rev().take(3).collect::<Vec<_>>();
        let last: Vec<&str> = last.into_iter().rev().collect();
        let why = format!("{name} failed ({}): {}", output.status, last.join(" "));
        Err(PostgresError::Failed(why))
    }
}
