//! The playground as the handlers use it: start, callback, buttons.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::PostLogoutRedirectUrl;

use super::failure::{Failure, Problem};
use super::party::{Party, discover, redirect_uri};
use super::recorder::Recorder;
use super::run::{ClientSpec, Expected, Run, Runs, Stage, Tokens};
use crate::config::PublicUrl;
use crate::gateways::fetch::{Fetch, HttpFetch, Origin, Policy, Url};
use crate::kernel::{Rng, Secret, Timestamp};
use crate::spec::oauth::Fields;
use crate::web::render::{PlaygroundTool, Step, StepKind};

/// What a newcomer asks for.
const SCOPE: &str = "openid profile email offline_access";

/// The demo relying party: its registration, its network and its memory. One for the process.
pub struct Playground {
    public_url: PublicUrl,
    demo_client_id: Option<String>,
    fetch: Arc<dyn Fetch>,
    runs: Runs,
}

impl Playground {
    /// A playground at `public_url`, which proposes `demo_client_id` and reaches the provider by `fetch`. The
    /// demo client is a public one with the redirect URI `{public_url}/playground/callback` and the
    /// post-logout redirect URI `{public_url}/playground`.
    pub fn new(public_url: PublicUrl, demo_client_id: Option<String>, fetch: Arc<dyn Fetch>) -> Self {
        Self { public_url, demo_client_id, fetch, runs: Runs::default() }
    }

    /// The client for [`Playground::new`]: it reaches the server's own address and nothing else.
    pub fn own_network(public_url: &PublicUrl) -> Arc<dyn Fetch> {
        let own = Origin::parse(public_url.as_str());
        Arc::new(HttpFetch::new(Policy::only(own.into_iter().collect())))
    }

    /// What the form proposes.
    pub(super) fn proposal(&self) -> ClientSpec {
        ClientSpec {
            issuer: self.public_url.to_string(),
            client_id: self.demo_client_id.clone().unwrap_or_default(),
            scope: SCOPE.to_owned(),
            ..ClientSpec::default()
        }
    }

    /// Where authorization responses arrive.
    pub(super) fn redirect_uri(&self) -> String {
        format!("{}/playground/callback", self.public_url)
    }

    pub(super) fn run(&self, key: &str, now: Timestamp) -> Option<Run> {
        self.runs.get(key, now)
    }

    /// The problem of a run, which is told once.
    pub(super) fn told(&self, key: &str, mut run: Run, now: Timestamp) {
        if run.problem.take().is_some() {
            self.runs.put(key, run, now);
        }
    }

    /// An issuer of this server: the default tenant's or another one's.
    fn is_ours(&self, issuer: &str) -> bool {
        let rest = issuer.strip_prefix(self.public_url.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("/t/"))
    }

    /// Reads the provider's metadata, begins a run, and says where the browser goes.
    pub(super) async fn start(
        &self,
        key: &str,
        spec: ClientSpec,
        now: Timestamp,
        rng: &Rng,
    ) -> Result<Url, Problem> {
        if !self.is_ours(&spec.issuer) {
            return Err(Problem::Issuer(self.public_url.to_string()));
        }
        if spec.client_id.is_empty() {
            return Err(Problem::Client);
        }
        let recorder = Recorder::new(&*self.fetch, StepKind::Discovery);
        let metadata = Arc::new(discover(&recorder, &spec.issuer).await?);
        let expected = Expected { state: random(rng), nonce: random(rng), verifier: random(rng) };
        let (url, step) = self.party(&spec, &metadata)?.authorize(&expected);
        let mut steps = recorder.into_steps();
        steps.push(step);
        let run = Run { spec, metadata, stage: Stage::Away(expected), steps, problem: None };
        self.runs.put(key, run, now);
        Ok(url)
    }

    /// Takes the authorization response to its end: tokens, or a failure. Without a run that waits for one
    /// there is nothing to do, as when the page is loaded again.
    pub(super) async fn callback(&self, key: &str, params: &Fields, now: Timestamp) {
        let Some(mut run) = self.runs.take(key, now) else { return };
        let Stage::Away(expected) = run.stage.clone() else {
            self.runs.put(key, run, now);
            return;
        };
        run.stage = match self.finish(&mut run, &expected, params, now).await {
            Ok(tokens) => Stage::SignedIn(Box::new(tokens)),
            Err(failure) => Stage::Failed(failure),
        };
        self.runs.put(key, run, now);
    }

    async fn finish(
        &self,
        run: &mut Run,
        expected: &Expected,
        params: &Fields,
        now: Timestamp,
    ) -> Result<Tokens, Failure> {
        run.record(vec![self.came_back(params)]);
        let code = read_answer(run, expected, params)?;
        let (spec, metadata) = (run.spec.clone(), run.metadata.clone());
        let party = self.party(&spec, &metadata)?;
        let recorder = Recorder::new(&*self.fetch, StepKind::Token);
        let answer = party.exchange(&recorder, expected, &code).await;
        run.record(recorder.into_steps());
        let (tokens, step) = party.check(&answer?, expected, now)?;
        run.record(step.into_iter().collect());
        if metadata.userinfo_endpoint().is_some() {
            let recorder = Recorder::new(&*self.fetch, StepKind::Userinfo);
            // The person is signed in all the same.
            run.problem = party.userinfo(&recorder, &tokens).await.err().map(Problem::Failed);
            run.record(recorder.into_steps());
        }
        Ok(tokens)
    }

    fn came_back(&self, params: &Fields) -> Step {
        let lines: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Step {
            kind: StepKind::Callback,
            method: "GET".to_owned(),
            url: self.redirect_uri(),
            sent: Vec::new(),
            status: None,
            answer: lines.join("\n"),
        }
    }

    /// Does what a button says. Logging out ends the run and says where the browser goes.
    pub(super) async fn tool(&self, key: &str, tool: PlaygroundTool, now: Timestamp) -> Option<Url> {
        let mut run = self.runs.get(key, now)?;
        let Stage::SignedIn(tokens) = run.stage.clone() else { return None };
        if tool == PlaygroundTool::Logout
            && let Some(url) = self.logout(&run, &tokens)
        {
            self.runs.take(key, now);
            return Some(url);
        }
        run.problem = self.ask(&mut run, *tokens, tool, now).await.err();
        self.runs.put(key, run, now);
        None
    }

    fn logout(&self, run: &Run, tokens: &Tokens) -> Option<Url> {
        let back = PostLogoutRedirectUrl::new(format!("{}/playground", self.public_url)).ok()?;
        self.party(&run.spec, &run.metadata).ok()?.logout(tokens, back)
    }

    async fn ask(
        &self,
        run: &mut Run,
        tokens: Tokens,
        tool: PlaygroundTool,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let (spec, metadata) = (run.spec.clone(), run.metadata.clone());
        let (party, more) = (self.party(&spec, &metadata)?, metadata.additional_metadata());
        let recorder = |kind| Recorder::new(&*self.fetch, kind);
        let (recorder, answer) = match (tool, &more.introspection_endpoint, &more.revocation_endpoint) {
            (PlaygroundTool::Userinfo, ..) => {
                let recorder = recorder(StepKind::Userinfo);
                let answer = party.userinfo(&recorder, &tokens).await;
                (recorder, answer)
            }
            (PlaygroundTool::Introspect, ..) if spec.secret.is_none() => return Err(Problem::Public),
            (PlaygroundTool::Introspect, Some(url), _) => {
                let recorder = recorder(StepKind::Introspect);
                let answer = party.introspect(&recorder, url, &tokens).await;
                (recorder, answer)
            }
            (PlaygroundTool::Revoke, _, Some(url)) => {
                let recorder = recorder(StepKind::Revoke);
                let answer = party.revoke(&recorder, url, &tokens).await;
                (recorder, answer)
            }
            (PlaygroundTool::Refresh, ..) => return self.refresh(run, &party, &tokens, now).await,
            _ => return Err(Problem::Tool),
        };
        run.record(recorder.into_steps());
        Ok(answer?)
    }

    async fn refresh(
        &self,
        run: &mut Run,
        party: &Party<'_>,
        tokens: &Tokens,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let refresh = tokens.refresh.as_ref().ok_or(Problem::Tool)?;
        let recorder = Recorder::new(&*self.fetch, StepKind::Refresh);
        let answer = party.refresh(&recorder, refresh).await;
        run.record(recorder.into_steps());
        let (fresh, step) = party.check_refreshed(&answer?, tokens, now)?;
        run.record(step.into_iter().collect());
        run.stage = Stage::SignedIn(Box::new(fresh));
        Ok(())
    }

    fn party<'a>(
        &self,
        spec: &'a ClientSpec,
        metadata: &'a super::party::Metadata,
    ) -> Result<Party<'a>, Failure> {
        Ok(Party::new(spec, metadata, redirect_uri(&self.redirect_uri())?))
    }
}

/// The code of an authorization response, once state (RFC 6749 §10.12) and issuer (RFC 9207 §2.4) fit.
fn read_answer(run: &Run, expected: &Expected, params: &Fields) -> Result<String, Failure> {
    let at = StepKind::Callback;
    let get = |name: &str| {
        let read = params.get(name).map_err(|error| Failure::own(at, "invalid_response", error.to_string()));
        read.map(|value| value.map(str::to_owned))
    };
    if get("state")?.as_deref() != Some(expected.state.expose()) {
        return Err(Failure::own(at, "state_mismatch", "the state is not the one that was sent"));
    }
    let promised = run.metadata.additional_metadata().authorization_response_iss_parameter_supported;
    match get("iss")? {
        Some(issuer) if issuer != run.spec.issuer => {
            return Err(Failure::own(at, "issuer_mismatch", format!("the answer is from {issuer}")));
        }
        None if promised => {
            return Err(Failure::own(at, "issuer_mismatch", "the answer does not say who it is from"));
        }
        _ => {}
    }
    if let Some(error) = get("error")? {
        return Err(Failure { error, description: get("error_description")?, at, by_provider: true });
    }
    get("code")?.ok_or_else(|| Failure::own(at, "invalid_response", "there is neither a code nor an error"))
}

fn random(rng: &Rng) -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(rng.bytes::<32>()))
}
