//! Starting a server on its own core, waiting for its first answer, and ending it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::connection;
use crate::http;
use crate::target::DISCOVERY;

const START_PATIENCE: Duration = Duration::from_secs(60);
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// A server that ends with this value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: PathBuf,
}

/// A command whose process runs on `core` only. taskset replaces itself, so the process id is the server's.
pub fn pinned(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    // Settings of the developer's shell must not reach the server under test.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PORTICO_")) {
        command.env_remove(name);
    }
    command
}

/// Pins the driver itself, before it has any other thread.
pub fn pin_self(core: usize) {
    let pid = std::process::id().to_string();
    let done =
        Command::new("taskset").args(["-c", "-p", &core.to_string(), &pid]).stdout(Stdio::null()).status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("note: the driver could not be pinned to core {core}; figures will be noisier");
    }
}

/// Two loopback ports nobody listens on now.
///
/// # Errors
/// The system has none.
pub fn free_ports() -> Result<(u16, u16), String> {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|e| format!("no free port: {e}"));
    let (one, two) = (bind()?, bind()?);
    let port = |socket: &TcpListener| socket.local_addr().map(|addr| addr.port()).map_err(|e| e.to_string());
    Ok((port(&one)?, port(&two)?))
}

impl Server {
    /// Starts `command`, its output going to `log`, and waits until discovery answers 200. Gives the time
    /// that took.
    ///
    /// # Errors
    /// It does not start, ends, or does not answer within a minute; with the end of its log.
    pub fn start(mut command: Command, port: u16, log: &Path) -> Result<(Self, Duration), String> {
        let file = File::create(log).map_err(|e| format!("{}: {e}", log.display()))?;
        let copy = file.try_clone().map_err(|e| e.to_string())?;
        let begun = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(file).stderr(copy).spawn();
        let child = child.map_err(|e| format!("{command:?}: {e}"))?;
        let mut server = Self { child, log: log.to_owned() };
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut request = Vec::new();
        http::get(&mut request, &format!("localhost:{port}"), DISCOVERY, &["Connection: close\r\n"]);
        loop {
            let ready = connection::exchange(addr, &request, |answer| Ok(answer.status == 200));
            if ready == Ok(true) {
                return Ok((server, begun.elapsed()));
            }
            if let Ok(Some(status)) = server.child.try_wait() {
                return Err(format!("{command:?} ended with {status}:\n{}", server.log_tail()));
            }
            if begun.elapsed() > START_PATIENCE {
                return Err(format!("{command:?} did not answer ({ready:?}):\n{}", server.log_tail()));
            }
            sleep(Duration::from_millis(1));
        }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The last lines the server wrote.
    pub fn log_tail(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Server {
    /// Asks it to end, and insists after ten seconds.
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).stderr(Stdio::null()).status();
        let begun = Instant::now();
        while begun.elapsed() < STOP_PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
