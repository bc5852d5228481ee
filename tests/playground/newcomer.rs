//! A newcomer: starts `portico serve --dev` in an empty folder, with a single worker, and follows its links.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use portico::testkit::{Reply, encode};
use serde_json::Value;

/// The running binary; stopped and swept away when dropped.
pub struct Trial {
    child: Child,
    folder: PathBuf,
    /// Where browsers reach it.
    pub origin: String,
    /// What it told about its accounts.
    pub told: Value,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Trial {
    pub async fn start() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("portico-trial-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let origin = format!("http://localhost:{port}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        // A newcomer has no settings; the test's own would be refused as unknown.
        let ours = |name: &OsString| name.to_string_lossy().starts_with("PORTICO_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        let mut child = command
            .args(["--output", "json", "serve", "--dev"])
            .current_dir(&folder)
            .env("PORTICO_PUBLIC_URL", &origin)
            .env("PORTICO_SERVER__BIND", format!("127.0.0.1:{port}"))
            .env("PORTICO_SERVER__MANAGEMENT_BIND", "127.0.0.1:0")
            // The playground waits for the worker that serves it.
            .env("PORTICO_SERVER__WORKERS", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not what serve tells: {line}"));
        let trial = Self { child, folder, origin, told };
        trial.wait().await;
        trial
    }

    async fn wait(&self) {
        let mut newcomer = self.newcomer();
        for _ in 0..200 {
            if let Some(reply) = newcomer.send("/health/ready", None).await
                && reply.status == 200
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not become ready");
    }

    pub fn newcomer(&self) -> Newcomer {
        portico::app::tls::install_provider();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Newcomer {
            http: http.timeout(Duration::from_secs(20)).build().unwrap(),
            origin: self.origin.clone(),
            cookies: BTreeMap::new(),
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A browser that follows redirects and keeps cookies.
pub struct Newcomer {
    http: reqwest::Client,
    origin: String,
    cookies: BTreeMap<String, String>,
}

impl Newcomer {
    /// Opens a page, wherever redirects lead: its path and what it says.
    pub async fn open(&mut self, path: &str) -> (String, Reply) {
        self.follow(path.to_owned(), None).await
    }

    /// Sends the form of a page with these fields.
    pub async fn submit(&mut self, path: &str, page: &Reply, fields: &[(&str, &str)]) -> (String, Reply) {
        let hidden = page.hidden();
        let mut all: Vec<(&str, &str)> = hidden.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        all.extend(fields);
        self.follow(path.to_owned(), Some(encode(&all))).await
    }

    async fn follow(&mut self, mut path: String, mut body: Option<String>) -> (String, Reply) {
        for _ in 0..10 {
            let reply = self.send(&path, body.take()).await.expect("an answer");
            if reply.status != 303 {
                return (path, reply);
            }
            let next = reply.location();
            path = next.strip_prefix(self.origin.as_str()).unwrap_or(next).to_owned();
            assert!(path.starts_with('/'), "sent away to {path}");
        }
        panic!("redirected in circles, last to {path}");
    }

    async fn send(&mut self, path: &str, body: Option<String>) -> Option<Reply> {
        let url = format!("{}{path}", self.origin);
        let mut request = match body {
            None => self.http.get(url),
            Some(body) => {
                self.http.post(url).header("content-type", "application/x-www-form-urlencoded").body(body)
            }
        };
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let pairs = response.headers().iter();
        let headers: Vec<(String, String)> =
            pairs.map(|(k, v)| (k.to_string(), v.to_str().unwrap_or_default().to_owned())).collect();
        for (_, cookie) in headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap_or_default();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Some(Reply { status, headers, body: response.text().await.ok()? })
    }
}
