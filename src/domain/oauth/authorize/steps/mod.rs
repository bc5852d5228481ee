//! The checks of an authorization request: one small function each, and one table that says in which order
//! they run and at which endpoint.

mod hints;
mod pkce;
mod prompting;
mod response;
mod scope;

use super::stages::{Around, ClientKnown};
use crate::spec::oauth::OAuthError;

/// The endpoints that take authorization requests. PAR (RFC 9126), the device endpoint (RFC 8628) and CIBA
/// join here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/authorize`.
    Authorize,
}

type Check = fn(&mut ClientKnown<'_>, &Around<'_>) -> Result<(), OAuthError>;

/// One row of the table.
pub struct Step {
    /// Its name, in logs.
    pub name: &'static str,
    /// Where it runs.
    pub at: &'static [Endpoint],
    /// What it does: looks at parameters, fills the draft, or refuses.
    pub check: Check,
}

const EVERYWHERE: &[Endpoint] = &[Endpoint::Authorize];
const FRONT_CHANNEL: &[Endpoint] = &[Endpoint::Authorize];

/// `state` comes first, so that every later refusal can carry it; then how to answer, then what is asked.
pub static STEPS: &[Step] = &[
    Step { name: "state", at: FRONT_CHANNEL, check: response::state },
    Step { name: "response_mode", at: FRONT_CHANNEL, check: response::response_mode },
    Step { name: "once", at: EVERYWHERE, check: response::once },
    Step { name: "response_type", at: FRONT_CHANNEL, check: response::response_type },
    Step { name: "unsupported", at: EVERYWHERE, check: response::unsupported },
    Step { name: "scope", at: EVERYWHERE, check: scope::scope },
    Step { name: "pkce", at: FRONT_CHANNEL, check: pkce::pkce },
    Step { name: "nonce", at: EVERYWHERE, check: response::nonce },
    Step { name: "prompt", at: FRONT_CHANNEL, check: prompting::prompt },
    Step { name: "max_age", at: EVERYWHERE, check: prompting::max_age },
    Step { name: "id_token_hint", at: EVERYWHERE, check: hints::id_token_hint },
    Step { name: "login_hint", at: EVERYWHERE, check: hints::login_hint },
    Step { name: "ui_locales", at: EVERYWHERE, check: hints::ui_locales },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_read_before_anything_can_refuse() {
        assert_eq!(STEPS.first().map(|step| step.name), Some("state"));
    }

    #[test]
    fn no_step_stands_twice() {
        let names: std::collections::HashSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
    }
}
