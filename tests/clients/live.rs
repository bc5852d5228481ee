//! The binary as it runs in production: `https` on the outside, behind a proxy that ends TLS and calls it
//! over plain HTTP. The proxy is [`Live::inside`] and the headers of whoever calls.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use portico::testkit::Place;
use serde_json::Value;

/// What browsers and applications call it.
pub const HOST: &str = "login.example.com";
/// Its public URL.
pub const ORIGIN: &str = "https://login.example.com";

/// A running server with its data; stopped and swept away when dropped.
pub struct Live {
    child: Child,
    folder: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
    _places: (Place, Place),
}

impl Live {
    /// Starts one on a database and waits until it is ready.
    pub fn start(database: Place) -> Self {
        let files = Place::folder();
        let Place::Folder(folder) = &files else { panic!("made as a folder") };
        let folder = folder.clone();
        let (url, home) = (database.url(), folder.display());
        let text = format!(
            "public_url = \"{ORIGIN}\"\n[server]\nbind = \"127.0.0.1:0\"\nmanagement_bind = \"\"\n\
             trusted_proxies = [\"127.0.0.1\"]\n[database]\nurl = \"{}\"\n[data]\ndir = \"{home}/data\"\n\
             [keys]\ndir = \"{home}/keys\"\nrsa_bits = 2048\n[passwords]\nmemory_kib = 7168\niterations = 5\n",
            url.expose(),
        );
        fs::write(folder.join("portico.toml"), text).unwrap();
        let mut command = portico(&folder, &["serve"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the binary");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let address = ready(&mut log);
        std::thread::spawn(move || log.for_each(drop));
        Self { child, folder, address, _places: (database, files) }
    }

    /// The address behind the proxy of a public one.
    pub fn inside(&self, url: &str) -> String {
        let path = url.strip_prefix(ORIGIN).unwrap_or_else(|| panic!("{url} is not of {ORIGIN}"));
        format!("http://{}{path}", self.address)
    }

    /// Runs a command beside the server and gives the object it prints.
    pub fn cli(&self, tenant: Option<&str>, line: &[&str], input: &str) -> Value {
        let scope: Vec<&str> = tenant.iter().flat_map(|slug| ["--tenant", slug]).collect();
        let line: Vec<&str> = ["--output", "json"].iter().chain(&scope).chain(line).copied().collect();
        let mut command = portico(&self.folder, &line);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary");
        // A command that reads nothing may have ended already.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("an end");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line:?}: {told}");
        serde_json::from_slice(&output.stdout).expect("one object")
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The binary in that folder, without settings from around.
fn portico(folder: &PathBuf, line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    let ours = |name: &OsString| name.to_string_lossy().starts_with("PORTICO_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.args(line).current_dir(folder).stderr(Stdio::piped());
    command
}

/// Reads the log up to the line that names the address.
fn ready(log: &mut impl Iterator<Item = std::io::Result<String>>) -> SocketAddr {
    let mut seen = String::new();
    for line in log.map(|line| line.expect("UTF-8")) {
        let told: Value = serde_json::from_str(&line).unwrap_or_default();
        if told["message"] == "ready" {
            return told["addresses"].as_str().and_then(|all| all.parse().ok()).expect("one address");
        }
        seen.push_str(&line);
        seen.push('\n');
    }
    panic!("the server ended before it was ready:\n{seen}");
}
