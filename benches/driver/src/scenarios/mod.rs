//! One file per kind of operation. Each writes its requests and judges its answers; none knows about sockets,
//! clocks or CPUs (`crate::load`).

mod client_credentials;
mod code;
mod documents;
mod login;
mod refresh;
mod tokens;

pub use code::CodeExchange;
pub use login::Login;

use crate::load::Scenario;
use crate::target::Target;

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name for `--only`.
    pub id: &'static str,
    /// Its name in the table.
    pub label: &'static str,
    /// CPU milliseconds to reach (docs/performance.md, "Goals"). The login's goal hangs on its hash.
    pub goal_ms: Option<f64>,
    /// Connections, when not the usual number.
    pub connections: Option<usize>,
    /// Whether `--peers` compares it.
    pub peers: bool,
}

/// One RSA-2048 signature on the reference core, in milliseconds: the RS256 goals contain it.
const RSA_MS: f64 = 0.68;

/// All operations in the order of the table.
pub const ALL: &[Entry] = &[
    row("discovery", "discovery", 0.018, true),
    row("jwks", "jwks", 0.018, true),
    row("cc-es256", "client_credentials, ES256", 0.055, true),
    row("cc-eddsa", "client_credentials, EdDSA", 0.055, true),
    row("cc-rs256", "client_credentials, RS256", 0.055 + RSA_MS, true),
    row("code-es256", "code, ES256 ID token", 0.18, true),
    row("code-eddsa", "code, EdDSA ID token", 0.18, true),
    row("code-rs256", "code, RS256 ID token", 0.18 + RSA_MS, true),
    Entry { connections: Some(128), ..row("code-128", "code, ES256, 128 connections", 0.18, false) },
    row("refresh", "refresh with rotation", 0.135, true),
    row("introspect-jwt", "introspection, JWT", 0.04, false),
    row("introspect-opaque", "introspection, opaque", 0.04, true),
    row("userinfo", "userinfo", 0.04, true),
    row("revoke", "revocation", 0.06, true),
    Entry { goal_ms: None, ..row("login", "password login", 0.0, false) },
];

const fn row(id: &'static str, label: &'static str, goal_ms: f64, peers: bool) -> Entry {
    Entry { id, label, goal_ms: Some(goal_ms), connections: None, peers }
}

/// The scenario `id` against `target`.
///
/// # Errors
/// The seed lacks what it needs.
pub fn build(id: &str, target: &Target) -> Result<Box<dyn Scenario>, String> {
    Ok(match id {
        "discovery" => Box::new(documents::Document::discovery(target)),
        "jwks" => Box::new(documents::Document::jwks(target)),
        "cc-es256" => Box::new(client_credentials::ClientCredentials::new(target, "ES256")?),
        "cc-eddsa" => Box::new(client_credentials::ClientCredentials::new(target, "EdDSA")?),
        "cc-rs256" => Box::new(client_credentials::ClientCredentials::new(target, "RS256")?),
        "code-es256" | "code-128" => Box::new(CodeExchange::new(target, "ES256")?),
        "code-eddsa" => Box::new(CodeExchange::new(target, "EdDSA")?),
        "code-rs256" => Box::new(CodeExchange::new(target, "RS256")?),
        "refresh" => Box::new(refresh::Refresh::new(target)),
        "introspect-jwt" => Box::new(tokens::TokenCall::introspect_jwt(target)),
        "introspect-opaque" => Box::new(tokens::TokenCall::introspect_opaque(target)),
        "userinfo" => Box::new(tokens::TokenCall::userinfo(target)),
        "revoke" => Box::new(tokens::TokenCall::revoke(target)),
        "login" => Box::new(Login::new(target)?),
        _ => return Err(format!("no scenario is called {id}")),
    })
}

/// Keeps `value` as what connection `slot` is busy with.
fn remember<T: Default + Clone>(slots: &mut Vec<T>, slot: usize, value: T) {
    if slots.len() <= slot {
        slots.resize(slot + 1, T::default());
    }
    if let Some(place) = slots.get_mut(slot) {
        *place = value;
    }
}
