//! What the playground remembers: one run for each browser, for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openidconnect::core::CoreIdToken;

use super::failure::{Failure, Problem};
use super::party::Metadata;
use crate::kernel::{Secret, Timestamp};
use crate::web::render::Step;

/// How many runs are kept; the one that rested longest goes first.
const MOST_RUNS: usize = 200;

/// How long a run is kept after it was last touched.
const KEPT: Duration = Duration::from_secs(15 * 60);

/// How many steps of a run are kept.
const MOST_STEPS: usize = 24;

/// What was typed into the form.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientSpec {
    /// The issuer.
    pub issuer: String,
    /// The client.
    pub client_id: String,
    /// Its secret; a public client has none.
    pub secret: Option<Secret>,
    /// Whether the secret travels in the body instead of the header.
    pub secret_in_body: bool,
    /// What is asked for.
    pub scope: String,
}

/// What the answer to an authorization request is measured by.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// Echoed by the callback.
    pub state: Secret,
    /// Echoed by the ID token.
    pub nonce: Secret,
    /// The other half of the PKCE challenge.
    pub verifier: Secret,
}

/// What the sign-in brought.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    /// Checked; none when `openid` was not asked for.
    pub id: Option<CoreIdToken>,
    /// The access token.
    pub access: Secret,
    /// The newest refresh token.
    pub refresh: Option<Secret>,
    /// Who signed in.
    pub subject: String,
}

/// How far a run is.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// The browser is away, signing in.
    Away(Expected),
    /// There are tokens.
    SignedIn(Box<Tokens>),
    /// It ended.
    Failed(Failure),
}

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// With which client.
    pub spec: ClientSpec,
    /// What discovery found.
    pub metadata: Arc<Metadata>,
    /// How far it is.
    pub stage: Stage,
    /// What was said so far.
    pub steps: Vec<Step>,
    /// Why the last button did nothing; told once.
    pub problem: Option<Problem>,
}

impl Run {
    /// Adds steps; when there are too many the oldest go.
    pub(super) fn record(&mut self, steps: Vec<Step>) {
        self.steps.extend(steps);
        let over = self.steps.len().saturating_sub(MOST_STEPS);
        self.steps.drain(..over);
    }
}

/// The runs of all browsers.
#[derive(Default)]
pub(super) struct Runs(Mutex<HashMap<String, (Timestamp, Run)>>);

impl Runs {
    /// Keeps a run under its browser's key, in place of the one before.
    pub(super) fn put(&self, key: &str, run: Run, now: Timestamp) {
        self.with(now, |runs| {
            if runs.len() >= MOST_RUNS && !runs.contains_key(key) {
                let oldest = runs.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone());
                oldest.and_then(|key| runs.remove(&key));
            }
            runs.insert(key.to_owned(), (now, run));
        });
    }

    /// A copy of a browser's run.
    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<Run> {
        self.with(now, |runs| {
            runs.get_mut(key).map(|(at, run)| {
                *at = now;
                run.clone()
            })
        })
    }

    /// A browser's run, which is gone then: of two callbacks with one answer, one finds it.
    pub(super) fn take(&self, key: &str, now: Timestamp) -> Option<Run> {
        self.with(now, |runs| runs.remove(key)).map(|(_, run)| run)
    }

    fn with<T>(&self, now: Timestamp, look: impl FnOnce(&mut HashMap<String, (Timestamp, Run)>) -> T) -> T {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|_, (at, _)| now.since(*at) < KEPT);
        look(&mut runs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake_provider;
    use super::*;
    use crate::web::render::StepKind;

    fn run(client_id: &str) -> Run {
        Run {
            spec: ClientSpec { client_id: client_id.to_owned(), ..ClientSpec::default() },
            metadata: Arc::new(fake_provider::metadata()),
            stage: Stage::Failed(Failure::own(StepKind::Callback, "x", "y")),
            steps: Vec::new(),
            problem: None,
        }
    }

    #[test]
    fn the_run_that_rested_longest_makes_room() {
        let runs = Runs::default();
        let at = |seconds| Timestamp::from_seconds(seconds);
        for number in 0..200 {
            runs.put(&number.to_string(), run("a"), at(number));
        }
        assert!(runs.get("0", at(200)).is_some(), "touched, so younger than 1");
        runs.put("new", run("b"), at(201));
        assert!(runs.get("1", at(202)).is_none());
        assert!(runs.get("0", at(202)).is_some() && runs.get("2", at(202)).is_some());
        runs.put("new", run("c"), at(203));
        assert_eq!(runs.get("new", at(203)).unwrap().spec.client_id, "c");
        assert!(runs.get("2", at(203)).is_some(), "replacing one's own run costs nobody else's");
    }

    #[test]
    fn a_run_is_forgotten_after_a_quarter_of_an_hour_and_taken_once() {
        let runs = Runs::default();
        let at = Timestamp::from_seconds;
        runs.put("a", run("a"), at(0));
        assert!(runs.get("a", at(899)).is_some());
        assert!(runs.get("a", at(899 + 900)).is_none());
        runs.put("b", run("b"), at(2000));
        assert!(runs.take("b", at(2000)).is_some());
        assert!(runs.take("b", at(2000)).is_none());
    }

    #[test]
    fn steps_do_not_pile_up() {
        let mut run = run("a");
        for number in 0..30 {
            let url = number.to_string();
            run.record(vec![Step {
                kind: StepKind::Userinfo,
                method: String::new(),
                url,
                sent: Vec::new(),
                status: None,
                answer: String::new(),
            }]);
        }
        assert_eq!((run.steps.len(), run.steps[0].url.as_str()), (24, "6"));
    }
}
