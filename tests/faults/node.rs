//! A `portico serve` in a process of its own.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use portico::testkit::Browser;
use serde_json::Value;

/// How often something that will come is looked for.
const LOOK: Duration = Duration::from_millis(5);

/// A process that has not said yet whether it serves. Killed when dropped.
pub struct Starting(Running);

/// A process that serves. Killed when dropped.
pub struct Node {
    running: Running,
    /// Where it listens.
    pub address: SocketAddr,
}

struct Running {
    child: Child,
    log: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Starting {
    pub fn spawn(mut command: Command, log: PathBuf) -> Self {
        let file = File::create(&log).expect("a log file");
        let child = command.stdout(Stdio::null()).stderr(file).spawn().expect("a process");
        Self(Running { child, log })
    }

    /// Kills it wherever it is.
    pub fn kill(self) {}

    /// Waits until it serves.
    pub fn ready(mut self) -> Node {
        for _ in 0..12_000 {
            if let Some(address) = self.0.log().lines().find_map(address_in) {
                return Node { running: self.0, address };
            }
            if let Some(status) = self.0.child.try_wait().unwrap() {
                panic!("serve ended with {status}: {}", self.0.log());
            }
            thread::sleep(LOOK);
        }
        panic!("serve is not ready: {}", self.0.log());
    }
}

/// The address in the log line that says "ready".
pub fn address_in(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    (line["message"] == "ready").then(|| line["addresses"].as_str()?.parse().ok())?
}

impl Node {
    /// A fresh browser that visits it.
    pub fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.running.log()
    }

    /// Kills it with SIGKILL, in the middle of whatever it does.
    pub fn kill(mut self) {
        self.running.child.kill().unwrap();
        self.running.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        send_signal(self.running.child.id(), name);
    }

    pub fn is_alive(&mut self) -> bool {
        self.running.child.try_wait().unwrap().is_none()
    }

    /// How it ends, which must come within this time.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let waited = tokio::time::timeout(within, async {
            loop {
                if let Some(status) = self.running.child.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        let outcome = waited.await;
        outcome.unwrap_or_else(|_| panic!("still runs after {within:?}: {}", self.log()))
    }

    /// Waits until a log line has this text, and gives the log.
    pub async fn logs(&self, text: &str, within: Duration) -> String {
        let waited = tokio::time::timeout(within, async {
            while !self.log().contains(text) {
                tokio::time::sleep(LOOK).await;
            }
        });
        let outcome = waited.await;
        assert!(outcome.is_ok(), "no {text:?} within {within:?}: {}", self.log());
        self.log()
    }
}

/// Sends a signal to a child of ours.
pub fn send_signal(child: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -s {name} {child}")]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -s {name} {child}");
}

/// A port on which nobody listens now.
pub fn free_port() -> u16 {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    probe.local_addr().unwrap().port()
}
