//! A PostgreSQL server of a test's own, which it may stop and start as it likes.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

/// A running server; stopped and removed when dropped.
pub struct PgServer {
    tools: PathBuf,
    folder: PathBuf,
    port: u16,
    owner: Option<(u32, u32)>,
}

impl PgServer {
    /// Starts a server with the programs in the folder that `PORTICO_TEST_PG_BIN` names; none without it.
    pub fn start() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(tools) = env::var_os("PORTICO_TEST_PG_BIN").filter(|tools| !tools.is_empty()) else {
            eprintln!("PORTICO_TEST_PG_BIN is not set: not tested with a PostgreSQL server that stops");
            return None;
        };
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("portico-pg-{}-{n}", process::id()));
        fs::create_dir_all(folder.join("data")).unwrap();
        let server = Self { tools: tools.into(), owner: owner(), port: free_port(), folder };
        for folder in [&server.folder, &server.data()] {
            if let Some((user, group)) = server.owner {
                chown(folder, Some(user), Some(group)).unwrap();
            }
        }
        let options = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        assert!(server.tool("initdb").args(options).status().unwrap().success(), "initdb");
        server.run();
        Some(server)
    }

    /// The URL of the database in which others are made.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it again after [`Self::stop`].
    pub fn run(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=100",
            self.port,
            self.folder.display()
        );
        let log = self.folder.join("server.log");
        let mut start = self.tool("pg_ctl");
        start.arg("-l").arg(log).args(["-w", "-t", "60", "-o", &options, "start"]);
        assert!(start.status().unwrap().success(), "pg_ctl start");
    }

    /// Stops it as a crash does: no goodbye to its clients.
    pub fn stop(&self) {
        assert!(self.stopped(), "pg_ctl stop");
    }

    fn stopped(&self) -> bool {
        self.tool("pg_ctl").args(["-m", "immediate", "stop"]).status().is_ok_and(|done| done.success())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.tools.join(name));
        command.arg("-D").arg(self.data()).current_dir(Path::new("/"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for PgServer {
    fn drop(&mut self) {
        self.stopped();
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// PostgreSQL refuses to run as root, so root hands it to the account of Debian's package, or to nobody.
fn owner() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
