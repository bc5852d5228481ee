//! Portico under test: its configuration, its seeding, its starts.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::args::Args;
use crate::load;
use crate::process::{self, Server};
use crate::scenarios::Login;
use crate::slow_disk;
use crate::stats::median;
use crate::target::{Client, Seed, Target, User};

/// Where seeded clients are redirected; nobody goes there.
const REDIRECT: &str = "https://rp.example.com/callback";
/// Accounts with a known password, and clients when they must be made one by one.
const FEW: usize = 8;
/// Sessions when they must be made by signing in.
const FEW_SESSIONS: usize = 64;

/// An installation in a temporary directory.
#[derive(Debug)]
pub struct Ours {
    binary: PathBuf,
    core: usize,
    config: PathBuf,
    dir: PathBuf,
    port: u16,
    preload: Option<PathBuf>,
}

/// A seeded, running installation and what its starts took.
#[derive(Debug)]
pub struct Running {
    /// The process.
    pub server: Server,
    /// What to load.
    pub target: Target,
    /// Seconds from the first start ever, keys and all, to the first answer.
    pub first_start_s: f64,
    /// Seconds from a start on the seeded database to the first answer: the median.
    pub start_s: f64,
}

impl Ours {
    /// Writes the configuration below `dir`.
    ///
    /// # Errors
    /// The binary is missing or the directory cannot be written.
    pub fn new(args: &Args, dir: &Path) -> Result<Self, String> {
        let binary = args.portico.canonicalize();
        let binary = binary
            .map_err(|e| format!("{}: {e}; build it with cargo build --release", args.portico.display()))?;
        let (port, management) = process::free_ports()?;
        let config = dir.join("portico.toml");
        let mut text = configuration(dir, port, management);
        if let Some(file) = &args.append {
            text += &fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        }
        fs::write(&config, text).map_err(|e| format!("{}: {e}", config.display()))?;
        let preload = args.flush_ms.map(|delay| slow_disk::library(dir, delay)).transpose()?;
        Ok(Self { preload, binary, core: args.server_core, config, dir: dir.to_owned(), port })
    }

    /// First start, seeding, and starts on what was seeded; the last stays up.
    ///
    /// # Errors
    /// A start or a command that failed, with its log.
    pub fn set_up(&self, rows: usize, starts: usize) -> Result<Running, String> {
        let (server, first) = self.start()?;
        drop(server);
        let mut seed = self.seed(rows)?;
        let mut times = Vec::new();
        for _ in 1..starts.max(1) {
            times.push(self.start()?.1.as_secs_f64());
        }
        let (server, last) = self.start()?;
        times.push(last.as_secs_f64());
        let mut target = Target::discover("portico", self.port, server.pid(), seed.clone())?;
        if seed.sessions.is_empty() {
            sign_in(&target, &mut seed).map_err(|e| format!("{e}\n{}", server.log_tail()))?;
            target.seed = seed;
        }
        Ok(Running { server, target, first_start_s: first.as_secs_f64(), start_s: median(times) })
    }

    fn start(&self) -> Result<(Server, Duration), String> {
        let mut command = process::pinned(self.core, &self.binary);
        command.arg("serve").arg("--config").arg(&self.config).current_dir(&self.dir);
        if let Some(library) = &self.preload {
            command.env("LD_PRELOAD", library);
        }
        Server::start(command, self.port, &self.dir.join("server.log"))
    }

    /// Runs a command of the binary and gives its standard output.
    fn command(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut command = Command::new(&self.binary);
        command.arg("--config").arg(&self.config).args(arguments).current_dir(&self.dir);
        let failed = |e: String| format!("portico {}: {e}", arguments.join(" "));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|e| failed(e.to_string()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that reads nothing may have ended already.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        String::from_utf8(output.stdout).map_err(|e| failed(e.to_string()))
    }

    /// Seeds in bulk; one by one through the public commands when the binary has no bulk command.
    fn seed(&self, rows: usize) -> Result<Seed, String> {
        let (file, count) = (self.dir.join("seed.json"), rows.to_string());
        let to = file.to_string_lossy();
        let bulk = [
            "bench-seed",
            "--users",
            &count,
            "--sessions",
            &count,
            "--clients",
            &count,
            "--output",
            "json",
            "--to",
            &to,
        ];
        let mut seed = match self.command(&bulk, "") {
            Ok(_) => Seed::read(&file)?,
            Err(why) => {
                eprintln!("note: seeding {FEW} clients and {FEW_SESSIONS} sessions only, no bulk: {why}");
                let clients = (0..FEW).map(|n| self.create_client(n)).collect::<Result<_, _>>()?;
                Seed { clients, redirect_uri: REDIRECT.to_owned(), ..Seed::default() }
            }
        };
        if seed.users.is_empty() {
            seed.users = (0..FEW).map(|n| self.create_user(n)).collect::<Result<_, _>>()?;
        }
        Ok(seed)
    }

    fn create_client(&self, n: usize) -> Result<Client, String> {
        let name = format!("Bench {n}");
        let mut arguments = vec!["client", "create", "--name", &name, "--type", "web", "--first-party"];
        arguments.extend(["--redirect-uri", REDIRECT, "--output", "json"]);
        for grant in ["authorization_code", "refresh_token", "client_credentials"] {
            arguments.extend(["--grant", grant]);
        }
        for scope in ["openid", "profile", "email", "offline_access"] {
            arguments.extend(["--scope", scope]);
        }
        let made = self.command(&arguments, "")?;
        serde_json::from_str(&made).map_err(|e| format!("portico client create printed {made:?}: {e}"))
    }

    fn create_user(&self, n: usize) -> Result<User, String> {
        let username = format!("bench-login-{n}@example.com");
        let password = format!("Pelican-{n}-harbour-lantern-{}", 7919 * (n + 11));
        let arguments =
            ["user", "create", "--email", &username, "--verified", "--password-stdin", "--output", "json"];
        let made = self.command(&arguments, &password)?;
        let parsed: Value =
            serde_json::from_str(&made).map_err(|e| format!("portico user create printed {made:?}: {e}"))?;
        if parsed.get("id").is_none() {
            return Err(format!("portico user create printed no id: {made}"));
        }
        Ok(User { username, password })
    }
}

fn sign_in(target: &Target, seed: &mut Seed) -> Result<(), String> {
    let mut login = Login::new(target)?.keeping();
    load::fill(target, &mut login, 4, |done| done < FEW_SESSIONS)?;
    for (name, value) in login.take() {
        seed.session_cookie = name;
        seed.sessions.push(value);
    }
    Ok(())
}

/// One node on SQLite as an operator would run it: durability, logging and checks stay at their defaults. Only
/// the rates per client are lifted, since a bench is what they are there to stop (they are still counted), and
/// RSA keys have the size every figure in docs/performance.md is given for.
fn configuration(dir: &Path, port: u16, management: u16) -> String {
    let dir = dir.display();
    format!(
        "public_url = \"http://localhost:{port}\"\n\n\
         [server]\nbind = \"127.0.0.1:{port}\"\nmanagement_bind = \"127.0.0.1:{management}\"\n\n\
         [data]\ndir = \"{dir}/data\"\n\n\
         [keys]\ndir = \"{dir}/keys\"\nrsa_bits = 2048\n\n\
         [mail]\ntransport = \"mailbox\"\n"
    )
}
