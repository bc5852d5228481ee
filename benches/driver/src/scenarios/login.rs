//! A whole sign-in with a password as a browser does it: GET /authorize without a session → the login page →
//! its form posted → redirects until the client gets its code.

use crate::flow::{self, Form, Jar};
use crate::http::{self, Answer, encode};
use crate::load::{Scenario, Step};
use crate::scenarios::remember;
use crate::target::{Target, User};

/// More than this many requests is a redirect loop.
const MOST_REQUESTS: u32 = 8;

/// Sign-ins of the seeded users in turn.
pub struct Login {
    target: Target,
    redirect_encoded: String,
    count: u64,
    under_way: Vec<Visit>,
    sessions: Vec<(String, String)>,
    keep: bool,
}

#[derive(Debug, Default, Clone)]
struct Visit {
    n: u64,
    jar: Jar,
    path: String,
    requests: u32,
    posted: bool,
}

impl Login {
    /// # Errors
    /// The seed has no user with a password.
    pub fn new(target: &Target) -> Result<Self, String> {
        if target.seed.users.is_empty() {
            return Err("the seed has no user with a password".to_owned());
        }
        let redirect_encoded = encode(&target.seed.redirect_uri);
        let (under_way, sessions) = (Vec::new(), Vec::new());
        Ok(Self { target: target.clone(), redirect_encoded, count: 0, under_way, sessions, keep: false })
    }

    /// The same, remembering name and value of each session cookie.
    pub fn keeping(mut self) -> Self {
        self.keep = true;
        self
    }

    /// What was remembered.
    pub fn take(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.sessions)
    }

    fn user(&self, n: u64) -> Option<&User> {
        self.target.seed.users.get((n % self.target.seed.users.len() as u64) as usize)
    }

    fn submit(&mut self, slot: usize, form: &Form, out: &mut Vec<u8>) -> Result<(), String> {
        let n = self.under_way.get(slot).map(|visit| visit.n).unwrap_or_default();
        let user = self.user(n).ok_or("no user")?;
        let mut body = format!("username={}&password={}", encode(&user.username), encode(&user.password));
        for (name, value) in &form.hidden {
            body.push_str(&format!("&{}={}", encode(name), encode(value)));
        }
        let Some(visit) = self.under_way.get_mut(slot) else { return Err("no visit".to_owned()) };
        if let Some(action) = form.action.as_deref().filter(|action| !action.is_empty()) {
            visit.path = local(&self.target.issuer, action)?;
        }
        visit.posted = true;
        let origin =
            ["Origin: ", &self.target.issuer, "\r\nSec-Fetch-Site: same-origin\r\n", &visit.jar.line()];
        http::post(out, &self.target.host, &visit.path, &origin, &[&body]);
        Ok(())
    }
}

impl Scenario for Login {
    fn begin(&mut self, slot: usize, out: &mut Vec<u8>) -> bool {
        let n = self.count;
        self.count += 1;
        let (_, challenge) = flow::pkce(n);
        let clients = &self.target.seed.clients;
        let client = clients.get((n % clients.len() as u64) as usize).map(|c| c.client_id.as_str());
        let client = client.unwrap_or_default();
        let path = flow::authorize_path(&self.target, client, &self.redirect_encoded, &challenge, n);
        http::get(out, &self.target.host, &path, &[]);
        remember(&mut self.under_way, slot, Visit { n, path, ..Visit::default() });
        true
    }

    fn answer(&mut self, slot: usize, answer: &Answer<'_>, out: &mut Vec<u8>) -> Result<Step, String> {
        let Some(visit) = self.under_way.get_mut(slot) else { return Err("no visit".to_owned()) };
        visit.jar.take(answer);
        visit.requests += 1;
        if visit.requests > MOST_REQUESTS {
            return Err(format!("{MOST_REQUESTS} requests and still no code: {}", answer.describe()));
        }
        let location = answer.header("location").filter(|_| matches!(answer.status, 302 | 303));
        if let Some(location) = location {
            if location.starts_with(&self.target.seed.redirect_uri) {
                flow::code_of(answer, &self.target.seed.redirect_uri, visit.n)?;
                if !visit.posted {
                    return Err("a code without signing in".to_owned());
                }
                if self.keep {
                    let found = visit.jar.find("session").ok_or("no session cookie after the login")?;
                    self.sessions.push((found.0.to_owned(), found.1.to_owned()));
                }
                return Ok(Step::Done);
            }
            visit.path = local(&self.target.issuer, location)?;
            http::get(out, &self.target.host, &visit.path, &[&visit.jar.line()]);
            return Ok(Step::Next);
        }
        let form =
            flow::form_with(answer.text(), "password").filter(|_| answer.status == 200 && !visit.posted);
        let Some(form) = form else {
            return Err(format!("expected the login form or a redirect, got {}", answer.describe()));
        };
        self.submit(slot, &form, out)?;
        Ok(Step::Next)
    }
}

/// The path of a URL of this server.
fn local(issuer: &str, url: &str) -> Result<String, String> {
    let path = url.strip_prefix(issuer).unwrap_or(url);
    let path = path.split('#').next().unwrap_or_default();
    if path.starts_with('/') { Ok(path.to_owned()) } else { Err(format!("a redirect to {url}")) }
}
