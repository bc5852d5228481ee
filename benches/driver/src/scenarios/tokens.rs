//! Calls that take a token: introspection (RFC 7662), userinfo (OpenID Connect Core §5.3), revocation (RFC 7009).
//! A pool of distinct tokens is made before the round; revocation uses each once, the others in turn.

use std::time::Instant;

use crate::http::{self, Answer, encode};
use crate::load::{self, Plan, Scenario, Step};
use crate::scenarios::client_credentials::ClientCredentials;
use crate::scenarios::code::CodeExchange;
use crate::target::Target;

/// Distinct tokens for the calls that may use one again.
const POOL: usize = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// Introspects JWT access tokens of the client credentials grant, each asked for by its own client.
    IntrospectJwt,
    /// Introspects refresh tokens: opaque at every provider, so there is a row to find.
    IntrospectOpaque,
    /// Userinfo with the access token of a code exchange.
    Userinfo,
    /// Revokes refresh tokens, which RFC 7009 §2 requires of every provider.
    Revoke,
}

/// One of the calls.
pub struct TokenCall {
    call: Call,
    host: String,
    path: String,
    /// Authorization line and token, form-encoded where it goes into a body.
    pool: Vec<(String, String)>,
    next: usize,
}

impl TokenCall {
    /// Introspection of JWT access tokens.
    pub fn introspect_jwt(target: &Target) -> Self {
        Self::new(Call::IntrospectJwt, target, &target.at.introspect)
    }

    /// Introspection of opaque tokens.
    pub fn introspect_opaque(target: &Target) -> Self {
        Self::new(Call::IntrospectOpaque, target, &target.at.introspect)
    }

    /// Userinfo.
    pub fn userinfo(target: &Target) -> Self {
        Self::new(Call::Userinfo, target, &target.at.userinfo)
    }

    /// Revocation.
    pub fn revoke(target: &Target) -> Self {
        Self::new(Call::Revoke, target, &target.at.revoke)
    }

    fn new(call: Call, target: &Target, path: &str) -> Self {
        Self { call, host: target.host.clone(), path: path.to_owned(), pool: Vec::new(), next: 0 }
    }

    fn make_pool(&self, target: &Target, plan: &Plan) -> Result<Vec<(String, String)>, String> {
        if self.call == Call::IntrospectJwt {
            let mut grant = ClientCredentials::new(target, "ES256")?.keeping();
            load::fill(target, &mut grant, plan.connections, |done| done < POOL)?;
            return Ok(grant.take());
        }
        let mut exchange = CodeExchange::new(target, "ES256")?.keeping();
        let (once, begun) = (self.once_only(), Instant::now());
        // Each revocation eats a token, so their number is bounded by the time spent making them.
        let enough = |done: usize| if once { begun.elapsed() < plan.measure } else { done < POOL };
        load::fill(target, &mut exchange, plan.connections, enough)?;
        let pair = |tokens: crate::scenarios::code::Tokens| match self.call {
            Call::Userinfo => (format!("Authorization: Bearer {}\r\n", tokens.access), String::new()),
            _ => (tokens.basic.to_string(), encode(&tokens.refresh)),
        };
        Ok(exchange.take().into_iter().map(pair).collect())
    }
}

impl Scenario for TokenCall {
    fn once_only(&self) -> bool {
        self.call == Call::Revoke
    }

    fn prepare(&mut self, target: &Target, plan: &Plan) -> Result<(), String> {
        if self.pool.is_empty() || self.once_only() {
            self.pool = self.make_pool(target, plan)?;
            self.next = 0;
        }
        Ok(())
    }

    fn begin(&mut self, _slot: usize, out: &mut Vec<u8>) -> bool {
        if self.next >= self.pool.len() && !self.once_only() {
            self.next = 0;
        }
        let Some((authorization, token)) = self.pool.get(self.next) else { return false };
        self.next += 1;
        let hint = match self.call {
            Call::Userinfo => {
                http::get(out, &self.host, &self.path, &[authorization]);
                return true;
            }
            Call::IntrospectJwt => "&token_type_hint=access_token",
            Call::IntrospectOpaque | Call::Revoke => "&token_type_hint=refresh_token",
        };
        http::post(out, &self.host, &self.path, &[authorization], &["token=", token, hint]);
        true
    }

    fn answer(&mut self, _slot: usize, answer: &Answer<'_>, _out: &mut Vec<u8>) -> Result<Step, String> {
        let good = answer.status == 200
            && match self.call {
                Call::IntrospectJwt | Call::IntrospectOpaque => is_active(answer.text()),
                Call::Userinfo => answer.member("sub").is_some(),
                Call::Revoke => true,
            };
        if good { Ok(Step::Done) } else { Err(format!("{:?} was answered {}", self.call, answer.describe())) }
    }
}

/// Whether the JSON says `"active": true`.
fn is_active(body: &str) -> bool {
    let after = body.split_once("\"active\"").map(|(_, after)| after.trim_start());
    after
        .and_then(|after| after.strip_prefix(':'))
        .is_some_and(|value| value.trim_start().starts_with("true"))
}

#[cfg(test)]
mod tests {
    use super::is_active;

    #[test]
    fn only_a_true_is_active() {
        assert!(is_active(r#"{"sub":"x","active" : true}"#));
        assert!(!is_active(r#"{"active":false}"#));
        assert!(!is_active(r#"{"error":"x"}"#));
    }
}
