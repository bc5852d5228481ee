//! One whole authorization code exchange in a live session: GET /authorize → redirect with a code → POST /token
//! with the PKCE verifier and client_secret_basic. Every answer brings an ID token, an access token and a
//! refresh token.

use std::rc::Rc;

use crate::flow::{self, AlgCheck};
use crate::http::{self, Answer, encode};
use crate::load::{Scenario, Step};
use crate::scenarios::remember;
use crate::stats::spread;
use crate::target::Target;

/// How many different clients one session talks to: people use a few applications, not all of them.
const CLIENTS_OF_A_SESSION: u64 = 3;

/// The tokens of one exchange.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The Authorization line of the client they belong to.
    pub basic: Rc<str>,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

/// Exchanges for varying sessions and clients.
pub struct CodeExchange {
    target: Target,
    clients: Vec<(String, Rc<str>)>,
    redirect_encoded: String,
    check: AlgCheck,
    count: u64,
    under_way: Vec<Attempt>,
    kept: Option<Vec<Tokens>>,
}

#[derive(Debug, Default, Clone)]
struct Attempt {
    n: u64,
    client: usize,
    verifier: String,
    at_token: bool,
}

impl CodeExchange {
    /// Exchanges whose ID tokens are signed with `alg`.
    ///
    /// # Errors
    /// The seed has no session, or no client for it.
    pub fn new(target: &Target, alg: &'static str) -> Result<Self, String> {
        if target.seed.sessions.is_empty() {
            return Err("the seed has no session".to_owned());
        }
        let mut clients = target.seed.clients_with(alg, |client| client.id_token_alg.as_deref())?;
        // A second RSA signature, in the access token, would be a different operation.
        if clients.iter().any(|client| !client.has_rsa_access_tokens()) {
            clients.retain(|client| !client.has_rsa_access_tokens());
        }
        let clients =
            clients.iter().map(|client| (client.client_id.clone(), client.basic().into())).collect();
        Ok(Self {
            clients,
            redirect_encoded: encode(&target.seed.redirect_uri),
            check: AlgCheck::new(alg),
            count: 0,
            under_way: Vec::new(),
            kept: None,
            target: target.clone(),
        })
    }

    /// The same, remembering every exchange's tokens.
    pub fn keeping(mut self) -> Self {
        self.kept = Some(Vec::new());
        self
    }

    /// What was remembered.
    pub fn take(&mut self) -> Vec<Tokens> {
        self.kept.take().unwrap_or_default()
    }

    fn redeem(&mut self, slot: usize, answer: &Answer<'_>, out: &mut Vec<u8>) -> Result<Step, String> {
        let Some(attempt) = self.under_way.get_mut(slot) else { return Err("no attempt".to_owned()) };
        let code = flow::code_of(answer, &self.target.seed.redirect_uri, attempt.n)?;
        attempt.at_token = true;
        let basic = self.clients.get(attempt.client).map(|(_, basic)| &**basic).unwrap_or_default();
        let body = [
            "grant_type=authorization_code&code=",
            code,
            "&redirect_uri=",
            &self.redirect_encoded,
            "&code_verifier=",
            &attempt.verifier,
        ];
        http::post(out, &self.target.host, &self.target.at.token, &[basic], &body);
        Ok(Step::Next)
    }

    fn keep(&mut self, slot: usize, answer: &Answer<'_>) -> Result<Step, String> {
        let members = ["id_token", "access_token", "refresh_token"].map(|name| answer.member(name));
        let (200, [Some(id), Some(access), Some(refresh)]) = (answer.status, members) else {
            return Err(format!("expected ID, access and refresh token, got {}", answer.describe()));
        };
        self.check.check(id)?;
        if let Some(kept) = &mut self.kept {
            let client = self.under_way.get(slot).and_then(|attempt| self.clients.get(attempt.client));
            let basic = client.map(|(_, basic)| Rc::clone(basic)).unwrap_or_default();
            kept.push(Tokens { basic, access: access.to_owned(), refresh: refresh.to_owned() });
        }
        Ok(Step::Done)
    }
}

impl Scenario for CodeExchange {
    fn begin(&mut self, slot: usize, out: &mut Vec<u8>) -> bool {
        let (n, sessions) = (self.count, self.target.seed.sessions.len() as u64);
        self.count += 1;
        // The first pass touches every session once; later ones pick at random.
        let session = if n < sessions { n } else { spread(n) % sessions };
        let client = session * CLIENTS_OF_A_SESSION + spread(n ^ 0x5EED) % CLIENTS_OF_A_SESSION;
        let client = (client % self.clients.len() as u64) as usize;
        let cookie = self.target.seed.sessions.get(session as usize).map(String::as_str).unwrap_or_default();
        let client_id = self.clients.get(client).map(|(id, _)| id.as_str()).unwrap_or_default();
        let (verifier, challenge) = flow::pkce(n);
        let path = flow::authorize_path(&self.target, client_id, &self.redirect_encoded, &challenge, n);
        let name = &self.target.seed.session_cookie;
        http::get(out, &self.target.host, &path, &["Cookie: ", name, "=", cookie, "\r\n"]);
        remember(&mut self.under_way, slot, Attempt { n, client, verifier, at_token: false });
        true
    }

    fn answer(&mut self, slot: usize, answer: &Answer<'_>, out: &mut Vec<u8>) -> Result<Step, String> {
        match self.under_way.get(slot) {
            Some(attempt) if attempt.at_token => self.keep(slot, answer),
            _ => self.redeem(slot, answer, out),
        }
    }
}
