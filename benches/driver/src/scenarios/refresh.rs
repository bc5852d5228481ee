//! The refresh grant with rotation (RFC 6749 §6, RFC 9700 §4.14): every answer brings a new refresh token, which
//! the next turn of its chain uses. Thousands of chains take turns.

use std::collections::VecDeque;

use crate::http::{self, Answer};
use crate::load::{self, Plan, Scenario, Step};
use crate::scenarios::code::{CodeExchange, Tokens};
use crate::scenarios::remember;
use crate::target::Target;

/// Chains that take turns.
const CHAINS: usize = 2_000;

/// One turn of one chain.
pub struct Refresh {
    target: Target,
    chains: VecDeque<Tokens>,
    under_way: Vec<Option<Tokens>>,
}

impl Refresh {
    /// Chains are started in [`Scenario::prepare`].
    pub fn new(target: &Target) -> Self {
        Self { target: target.clone(), chains: VecDeque::new(), under_way: Vec::new() }
    }
}

impl Scenario for Refresh {
    fn prepare(&mut self, target: &Target, plan: &Plan) -> Result<(), String> {
        if self.chains.is_empty() {
            let mut exchange = CodeExchange::new(target, "ES256")?.keeping();
            load::fill(target, &mut exchange, plan.connections, |done| done < CHAINS)?;
            self.chains = exchange.take().into();
        }
        Ok(())
    }

    fn begin(&mut self, slot: usize, out: &mut Vec<u8>) -> bool {
        let Some(tokens) = self.chains.pop_front() else { return false };
        let body = ["grant_type=refresh_token&refresh_token=", &tokens.refresh];
        http::post(out, &self.target.host, &self.target.at.token, &[&tokens.basic], &body);
        remember(&mut self.under_way, slot, Some(tokens));
        true
    }

    fn answer(&mut self, slot: usize, answer: &Answer<'_>, _out: &mut Vec<u8>) -> Result<Step, String> {
        let members = ["access_token", "refresh_token"].map(|name| answer.member(name));
        let (200, [Some(access), Some(refresh)]) = (answer.status, members) else {
            return Err(format!("expected new tokens, got {}", answer.describe()));
        };
        let Some(mut tokens) = self.under_way.get_mut(slot).and_then(Option::take) else {
            return Err("no chain under way".to_owned());
        };
        if refresh == tokens.refresh {
            return Err("the refresh token was not rotated".to_owned());
        }
        (tokens.access, tokens.refresh) = (access.to_owned(), refresh.to_owned());
        self.chains.push_back(tokens);
        Ok(Step::Done)
    }
}
