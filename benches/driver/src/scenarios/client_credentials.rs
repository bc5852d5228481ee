//! The client credentials grant (RFC 6749 §4.4) with client_secret_basic and a signed access token.

use crate::flow::AlgCheck;
use crate::http::{self, Answer, encode};
use crate::load::{Scenario, Step};
use crate::scenarios::remember;
use crate::stats::spread;
use crate::target::Target;

/// One token for one of many clients.
pub struct ClientCredentials {
    host: String,
    path: String,
    basics: Vec<String>,
    body: String,
    check: AlgCheck,
    count: u64,
    /// Which client each connection's operation is for.
    asking: Vec<usize>,
    kept: Option<Vec<(usize, String)>>,
}

impl ClientCredentials {
    /// Asks for tokens signed with `alg`.
    ///
    /// # Errors
    /// The seed has no client for it.
    pub fn new(target: &Target, alg: &'static str) -> Result<Self, String> {
        let mut body = "grant_type=client_credentials".to_owned();
        let clients = if let Some(params) = target.seed.client_credentials_params.get(alg) {
            for (name, value) in params {
                body.push_str(&format!("&{}={}", encode(name), encode(value)));
            }
            target.seed.clients.clone()
        } else {
            target.seed.clients_with(alg, |client| client.access_token_alg.as_deref())?
        };
        let basics = clients.iter().map(crate::target::Client::basic).collect();
        let (host, path) = (target.host.clone(), target.at.token.clone());
        Ok(Self {
            host,
            path,
            basics,
            body,
            check: AlgCheck::new(alg),
            count: 0,
            asking: Vec::new(),
            kept: None,
        })
    }

    /// The same, remembering every token with the index of its client.
    pub fn keeping(mut self) -> Self {
        self.kept = Some(Vec::new());
        self
    }

    /// What was remembered, each with its client's Authorization line.
    pub fn take(&mut self) -> Vec<(String, String)> {
        let kept = self.kept.take().unwrap_or_default();
        kept.into_iter().map(|(index, token)| (self.basic(index).to_owned(), token)).collect()
    }

    fn basic(&self, index: usize) -> &str {
        self.basics.get(index).map(String::as_str).unwrap_or_default()
    }
}

impl Scenario for ClientCredentials {
    fn begin(&mut self, slot: usize, out: &mut Vec<u8>) -> bool {
        let client = (spread(self.count) % self.basics.len() as u64) as usize;
        http::post(out, &self.host, &self.path, &[self.basic(client)], &[&self.body]);
        remember(&mut self.asking, slot, client);
        self.count += 1;
        true
    }

    fn answer(&mut self, slot: usize, answer: &Answer<'_>, _out: &mut Vec<u8>) -> Result<Step, String> {
        let token = answer.member("access_token").filter(|_| answer.status == 200);
        let Some(token) = token.filter(|_| answer.member("token_type").is_some()) else {
            return Err(format!("expected an access token, got {}", answer.describe()));
        };
        self.check.check(token)?;
        if let Some(kept) = &mut self.kept {
            kept.push((self.asking.get(slot).copied().unwrap_or(0), token.to_owned()));
        }
        Ok(Step::Done)
    }
}
