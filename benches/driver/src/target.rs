//! A server under load: where it listens, which process it is, what was seeded into it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::connection;
use crate::http::{self, encode};

/// What the seeding left behind. Portico's `bench-seed` and every peer's server write this as JSON.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Seed {
    /// Confidential clients with the code, refresh and client-credentials grants, without consent.
    pub clients: Vec<Client>,
    /// Cookie values of live sessions, each of some user.
    #[serde(default)]
    pub sessions: Vec<String>,
    /// The name of that cookie.
    #[serde(default)]
    pub session_cookie: String,
    /// The redirect URI every client has.
    pub redirect_uri: String,
    /// Accounts whose password is known, for the login form.
    #[serde(default)]
    pub users: Vec<User>,
    /// Form parameters that make client_credentials answer with a JWT of an algorithm, by algorithm.
    #[serde(default)]
    pub client_credentials_params: BTreeMap<String, BTreeMap<String, String>>,
    /// A stored Argon2id hash (PHC string) from which the cost of the bare hash is known.
    #[serde(default)]
    pub password_hash: Option<String>,
}

/// A registered client.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Client {
    /// Its `client_id`.
    pub client_id: String,
    /// Its `client_secret`.
    pub client_secret: String,
    /// The algorithm of its ID tokens; unknown when absent.
    #[serde(default, alias = "id_token_signed_response_alg")]
    pub id_token_alg: Option<String>,
    /// The algorithm of its access tokens; unknown when absent.
    #[serde(default, alias = "access_token_signed_response_alg")]
    pub access_token_alg: Option<String>,
}

impl Client {
    /// The client_secret_basic header line (RFC 6749 §2.3.1: both halves are form-encoded first).
    pub fn basic(&self) -> String {
        let pair = format!("{}:{}", encode(&self.client_id), encode(&self.client_secret));
        format!("Authorization: Basic {}\r\n", STANDARD.encode(pair))
    }

    /// Whether its access tokens are known to cost an RSA signature.
    pub fn has_rsa_access_tokens(&self) -> bool {
        self.access_token_alg.as_deref() == Some("RS256")
    }
}

/// An account with a known password.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct User {
    /// What goes into the field `username`.
    pub username: String,
    /// What goes into the field `password`.
    pub password: String,
}

/// Paths of the endpoints, from the discovery document.
#[derive(Debug, Default, Clone)]
pub struct Endpoints {
    /// `jwks_uri`
    pub jwks: String,
    /// `authorization_endpoint`
    pub authorize: String,
    /// `token_endpoint`
    pub token: String,
    /// `userinfo_endpoint`
    pub userinfo: String,
    /// `introspection_endpoint`
    pub introspect: String,
    /// `revocation_endpoint`
    pub revoke: String,
}

/// The discovery document's path (OpenID Connect Discovery 1.0 §4).
pub const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A running server.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name in the tables.
    pub name: &'static str,
    /// Its issuer, `http://localhost:PORT`.
    pub issuer: String,
    /// The `Host` header.
    pub host: String,
    /// Where to connect.
    pub addr: SocketAddr,
    /// The process at the root of its tree.
    pub pid: u32,
    /// Where its endpoints are.
    pub at: Endpoints,
    /// What it was seeded with.
    pub seed: Seed,
}

impl Target {
    /// Describes the server on `port` after asking it for its endpoints.
    ///
    /// # Errors
    /// A discovery document that cannot be had or lacks an endpoint.
    pub fn discover(name: &'static str, port: u16, pid: u32, seed: Seed) -> Result<Self, String> {
        let host = format!("localhost:{port}");
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let issuer = format!("http://{host}");
        let mut target = Self { name, issuer, host, addr, pid, at: Endpoints::default(), seed };
        let document = target.discovery()?;
        let path = |member: &str| {
            let url = document.get(member).and_then(|url| url.as_str()).unwrap_or_default();
            let path = url.strip_prefix(&target.issuer).filter(|path| path.starts_with('/'));
            path.map(str::to_owned)
                .ok_or_else(|| format!("{name}: {member} is {url:?}, not below {}", target.issuer))
        };
        target.at = Endpoints {
            jwks: path("jwks_uri")?,
            authorize: path("authorization_endpoint")?,
            token: path("token_endpoint")?,
            userinfo: path("userinfo_endpoint")?,
            introspect: path("introspection_endpoint")?,
            revoke: path("revocation_endpoint")?,
        };
        Ok(target)
    }

    fn discovery(&self) -> Result<serde_json::Value, String> {
        let mut request = Vec::new();
        http::get(&mut request, &self.host, DISCOVERY, &[]);
        connection::exchange(self.addr, &request, |answer| {
            if answer.status != 200 {
                return Err(format!("{}: discovery answered {}", self.name, answer.describe()));
            }
            serde_json::from_slice(&answer.body)
                .map_err(|e| format!("{}: discovery document: {e}", self.name))
        })
    }
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    /// A file that is missing, is not this JSON, or names no client.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let seed: Self = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        if seed.clients.is_empty() {
            return Err(format!("{} names no client", path.display()));
        }
        Ok(seed)
    }

    /// The clients whose `alg_of` is `wanted`; every client when the seed does not tell for any.
    ///
    /// # Errors
    /// The seed tells, and none has it.
    pub fn clients_with(
        &self,
        wanted: &str,
        alg_of: impl Fn(&Client) -> Option<&str>,
    ) -> Result<Vec<Client>, String> {
        if self.clients.iter().all(|client| alg_of(client).is_none()) {
            return Ok(self.clients.clone());
        }
        let found: Vec<_> =
            self.clients.iter().filter(|client| alg_of(client) == Some(wanted)).cloned().collect();
        if found.is_empty() {
            Err(format!("the seed has no client whose tokens are signed with {wanted}"))
        } else {
            Ok(found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_basic_are_encoded_first() {
        let client = Client { client_id: "a:b".into(), client_secret: "c d".into(), ..Client::default() };
        assert_eq!(client.basic(), format!("Authorization: Basic {}\r\n", STANDARD.encode("a%3Ab:c%20d")));
    }

    #[test]
    fn an_algorithm_nobody_has_is_said() {
        let client = |alg: Option<&str>| Client { id_token_alg: alg.map(str::to_owned), ..Client::default() };
        let seed = Seed { clients: vec![client(Some("ES256")), client(None)], ..Seed::default() };
        assert_eq!(seed.clients_with("ES256", |c| c.id_token_alg.as_deref()).unwrap().len(), 1);
        assert!(seed.clients_with("RS256", |c| c.id_token_alg.as_deref()).is_err());
        assert_eq!(seed.clients_with("RS256", |c| c.access_token_alg.as_deref()).unwrap().len(), 2);
    }
}
