//! One installation in a folder of its own, and the commands that work on it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, process, thread};

use portico::kernel::{Secret, TenantId, TenantSlug};
use portico::store::{Conn, Db, DbSettings, StoreError, tenants};
use portico::testkit::{CALLBACK, Place, TestClient};
use serde_json::Value;

use super::node::Starting;

/// A folder with a configuration; the processes over it write nowhere else. Removed when dropped.
pub struct Site {
    place: Place,
    database: Option<Place>,
    settings: BTreeMap<String, String>,
    logs: AtomicU32,
}

impl Site {
    /// On SQLite; `changes` are settings as a file writes them, by dotted path.
    pub fn sqlite(changes: &[(&str, &str)]) -> Self {
        Self::over(None, changes)
    }

    /// One on each kind of database there is.
    pub fn everywhere(changes: &[(&str, &str)]) -> Vec<Self> {
        let databases = std::iter::once(None).chain(Place::postgres().map(Some));
        databases.map(|database| Self::over(database, changes)).collect()
    }

    fn over(database: Option<Place>, changes: &[(&str, &str)]) -> Self {
        let mut site =
            Self { place: Place::folder(), database, settings: BTreeMap::new(), logs: AtomicU32::new(0) };
        let quoted = |path: PathBuf| format!("'{}'", path.display());
        let own = [
            ("data.dir", quoted(site.path("data"))),
            ("keys.dir", quoted(site.path("keys"))),
            ("keys.rsa_bits", "2048".to_owned()),
            ("limits.invalid_codes_per_minute", "1000000".to_owned()),
            ("passwords.iterations", "5".to_owned()),
            ("passwords.memory_kib", "7168".to_owned()),
            ("public_url", "'http://localhost:8080'".to_owned()),
            // The system chooses the port, and the log tells it: the edge goes by the Host header only.
            ("server.bind", "'127.0.0.1:0'".to_owned()),
            ("server.management_bind", "''".to_owned()),
        ];
        site.settings.extend(own.map(|(path, value)| (path.to_owned(), value)));
        if let Some(place) = &site.database {
            site.set("database.url", &format!("'{}'", place.url().expose()));
        }
        changes.iter().for_each(|(path, value)| site.set(path, value));
        site.write_config();
        site
    }

    /// Changes a setting; [`Site::write_config`] puts it into the file.
    pub fn set(&mut self, path: &str, value: &str) {
        self.settings.insert(path.to_owned(), value.to_owned());
    }

    pub fn write_config(&self) {
        let lines: Vec<String> =
            self.settings.iter().map(|(path, value)| format!("{path} = {value}\n")).collect();
        fs::write(self.path("portico.toml"), lines.concat()).unwrap();
    }

    /// A file or folder of the site.
    pub fn path(&self, name: &str) -> PathBuf {
        let Place::Folder(folder) = &self.place else { unreachable!("made as a folder") };
        folder.join(name)
    }

    pub fn is_postgres(&self) -> bool {
        self.database.is_some()
    }

    /// The binary with this site's configuration and nothing of the caller's.
    pub fn command(&self, args: &[&str]) -> Command {
        self.command_of(&binary(), args)
    }

    pub fn command_of(&self, binary: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(binary);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PORTICO_")) {
            command.env_remove(name);
        }
        command.arg("--config").arg(self.path("portico.toml")).args(args);
        command.current_dir(self.path("")).stdin(Stdio::null());
        command
    }

    /// A command that must do what it is asked, and the one JSON object it tells.
    pub fn tell(&self, args: &[&str]) -> Value {
        self.tell_with(args, "")
    }

    /// The same with a text on standard input.
    pub fn tell_with(&self, args: &[&str], input: &str) -> Value {
        let mut command = self.command(args);
        command.args(["--output", "json"]).stdin(Stdio::piped());
        let done = ended(command, input);
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).expect("one JSON object")
    }

    /// A command that must be refused with exit code 1 and one line why; that line.
    pub fn refuse(&self, args: &[&str]) -> String {
        refused(self.command(args))
    }

    /// `portico serve`, which is starting.
    pub fn launch(&self) -> Starting {
        let log = format!("serve-{}.log", self.logs.fetch_add(1, Ordering::Relaxed));
        Starting::spawn(self.command(&["serve"]), self.path(&log))
    }

    /// `portico serve`, ready.
    pub fn serve(&self) -> super::node::Node {
        self.launch().ready()
    }

    /// Cookies of live sessions, each of an account of its own.
    pub fn sessions(&self, count: usize) -> Vec<String> {
        let (count, file) = (count.to_string(), self.path("seed.json"));
        let to = file.display().to_string();
        self.tell(&["bench-seed", "--users", &count, "--sessions", &count, "--clients", "0", "--to", &to]);
        let seed: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert_eq!(seed["session_cookie"], "portico_session");
        let sessions = seed["sessions"].as_array().expect("sessions").iter();
        sessions.map(|value| value.as_str().expect("a cookie").to_owned()).collect()
    }

    /// A confidential client that is trusted with everything these tests do; `more` are further arguments.
    pub fn client(&self, more: &[&str]) -> TestClient {
        let mut args = vec!["client", "create", "--name", "Test", "--type", "web", "--first-party"];
        args.extend(["--redirect-uri", CALLBACK]);
        for grant in ["authorization_code", "refresh_token", "client_credentials"] {
            args.extend(["--grant", grant]);
        }
        args.extend(more);
        let told = self.tell(&args);
        let text = |name: &str| told[name].as_str().unwrap_or_else(|| panic!("{name} in {told}")).to_owned();
        TestClient { id: text("client_id"), secret: text("client_secret") }
    }

    /// Looks into the database beside whoever serves.
    pub fn look<T>(&self, look: impl FnOnce(&mut Conn, TenantId) -> Result<T, StoreError>) -> T {
        let own = || Secret::new(format!("sqlite://{}", self.path("data/portico.db").display()));
        let url = self.database.as_ref().map_or_else(own, Place::url);
        let db =
            Db::open(&DbSettings { url, pool_size: 1, wait: Duration::from_secs(30) }).expect("a database");
        let found = db.with_own_connection(|conn| {
            let tenant = tenants::find_by_slug(conn, &TenantSlug::default_tenant())?;
            look(conn, tenant.expect("the default tenant").id)
        });
        found.expect("an answer of the database")
    }
}

/// Runs a command to its end, which must come soon.
pub fn ended(mut command: Command, input: &str) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).unwrap();
    }
    for _ in 0..6_000 {
        if child.try_wait().unwrap().is_some() {
            return child.wait_with_output().unwrap();
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    panic!("{command:?} does not end: {:?}", child.wait_with_output());
}

/// Runs a command that must be refused with exit code 1 and one line why; that line.
pub fn refused(command: Command) -> String {
    let shown = format!("{command:?}");
    let done = ended(command, "");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{shown}: {said}");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "", "{shown}");
    assert_eq!(said.lines().count(), 1, "one line why: {said}");
    said.strip_prefix("portico: ").unwrap_or_else(|| panic!("said by portico: {said}")).trim_end().to_owned()
}

/// The binary under test. It is held open from the first use on, so that a build that replaces the file
/// does not exchange it between two starts of one test.
pub fn binary() -> PathBuf {
    static HELD: OnceLock<Option<fs::File>> = OnceLock::new();
    let path = PathBuf::from(env!("CARGO_BIN_EXE_portico"));
    let held = HELD.get_or_init(|| fs::File::open(&path).ok());
    let by_number =
        held.as_ref().map(|file| PathBuf::from(format!("/proc/{}/fd/{}", process::id(), file.as_raw_fd())));
    by_number.filter(|path| path.exists()).unwrap_or(path)
}
