//! Making tokens: access tokens (RFC 9068 or sealed), ID tokens (OpenID Connect Core §2), subjects.
//!
//! Nothing here touches the database, so signing always happens after the commit.

mod access_token;
mod id_token;
mod subject;

use crate::crypto::SigningAlg;
use crate::domain::Services;

pub use access_token::{
    AccessClaims, Authentication, NewAccess, grant_of_jti, new_access_token, open_access_token,
};
pub use id_token::{IdClaims, NewId, new_id_token, open_id_token_hint};
pub use subject::{session_name, subject};

fn alg(chosen: Option<SigningAlg>, default: crate::config::SigningAlg) -> SigningAlg {
    chosen.or_else(|| SigningAlg::parse(default.as_str())).unwrap_or(SigningAlg::Es256)
}

fn id_alg(services: &Services, chosen: Option<SigningAlg>) -> SigningAlg {
    alg(chosen, services.settings.tokens.id_token_alg)
}

fn access_alg(services: &Services, chosen: Option<SigningAlg>) -> SigningAlg {
    alg(chosen, services.settings.tokens.access_token_alg)
}
