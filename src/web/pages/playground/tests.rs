//! Whole runs against the provider in memory.

use super::demo::Playground;
use super::failure::Problem;
use super::fake_provider::{ISSUER, NOW, Provider, params};
use super::run::{ClientSpec, Run, Stage, Tokens};
use crate::config::PublicUrl;
use crate::kernel::{Rng, Secret, Timestamp};
use crate::web::render::{PlaygroundTool, StepKind};

const KEY: &str = "browser";

struct Try {
    provider: Provider,
    playground: Playground,
}

impl Try {
    fn new() -> Self {
        let provider = Provider::new();
        let url = PublicUrl::parse(ISSUER).unwrap();
        let playground = Playground::new(url, Some("demo".to_owned()), provider.fetch.clone());
        Self { provider, playground }
    }

    async fn start(&self, spec: ClientSpec) -> Result<crate::gateways::fetch::Url, Problem> {
        self.playground.start(KEY, spec, now(), &Rng::seeded(1)).await
    }

    /// A run up to the page that shows its end.
    async fn sign_in(&self, spec: ClientSpec) -> Run {
        let url = self.start(spec).await.unwrap();
        let answer = self.provider.visit(&url);
        self.playground.callback(KEY, &answer, now()).await;
        self.run()
    }

    fn run(&self) -> Run {
        self.playground.run(KEY, now()).unwrap()
    }

    async fn press(&self, tool: PlaygroundTool) -> Run {
        assert_eq!(self.playground.tool(KEY, tool, now()).await, None);
        self.run()
    }

    fn proposal(&self) -> ClientSpec {
        self.playground.proposal()
    }

    fn confidential(&self, in_body: bool) -> ClientSpec {
        ClientSpec { secret: Some(Secret::new("s p")), secret_in_body: in_body, ..self.proposal() }
    }
}

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

fn tokens(run: &Run) -> &Tokens {
    match &run.stage {
        Stage::SignedIn(tokens) => tokens,
        other => panic!("not signed in: {other:?}"),
    }
}

fn failure(run: &Run) -> (&str, StepKind, bool) {
    match &run.stage {
        Stage::Failed(failure) => (failure.error.as_str(), failure.at, failure.by_provider),
        other => panic!("not failed: {other:?}"),
    }
}

fn kinds(run: &Run) -> Vec<StepKind> {
    run.steps.iter().map(|step| step.kind).collect()
}

#[tokio::test]
async fn a_run_shows_every_step_to_the_tokens() {
    let run = Try::new();
    let done = run.sign_in(run.proposal()).await;
    let seen = tokens(&done);
    assert_eq!((seen.access.expose(), seen.subject.as_str()), ("a1", "alice"));
    use StepKind as K;
    let expected = [K::Discovery, K::Keys, K::Authorize, K::Callback, K::Token, K::Verify, K::Userinfo];
    assert_eq!(kinds(&done), expected);
    let sent = |name: &str| {
        let (_, value) = done.steps[2].sent.iter().find(|(key, _)| key == name).unwrap();
        value.clone()
    };
    assert_eq!(sent("redirect_uri"), "http://localhost:8080/playground/callback");
    assert_eq!(sent("scope"), "openid profile email offline_access");
    assert_eq!(done.problem, None);
}

#[tokio::test]
async fn the_callback_works_once_and_only_for_its_own_request() {
    let run = Try::new();
    let url = run.start(run.proposal()).await.unwrap();
    let answer = run.provider.visit(&url);
    run.playground.callback("another browser", &answer, now()).await;
    assert!(matches!(run.run().stage, Stage::Away(_)));
    run.playground.callback(KEY, &answer, now()).await;
    let asked = run.provider.fetch.asked().len();
    run.playground.callback(KEY, &answer, now()).await;
    assert_eq!(run.provider.fetch.asked().len(), asked, "the page was loaded again");
    assert_eq!(tokens(&run.run()).subject, "alice");
}

#[tokio::test]
async fn answers_that_do_not_fit_end_the_run_before_the_code_is_used() {
    for (pairs, expected) in [
        (&[("code", "c1"), ("state", "other"), ("iss", ISSUER)][..], ("state_mismatch", false)),
        (&[("code", "c1"), ("iss", ISSUER)], ("state_mismatch", false)),
        (&[("code", "c1"), ("state", "STATE"), ("iss", "http://localhost:8081")], ("issuer_mismatch", false)),
        (&[("code", "c1"), ("state", "STATE")], ("issuer_mismatch", false)),
        (&[("code", "c1"), ("code", "c2"), ("state", "STATE"), ("iss", ISSUER)], ("invalid_response", false)),
        (&[("state", "STATE"), ("iss", ISSUER)], ("invalid_response", false)),
        (&[("error", "access_denied"), ("state", "STATE"), ("iss", ISSUER)], ("access_denied", true)),
    ] {
        let run = Try::new();
        let url = run.start(run.proposal()).await.unwrap();
        let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
        let pairs: Vec<_> =
            pairs.iter().map(|(k, v)| (*k, if *v == "STATE" { state.as_ref() } else { *v })).collect();
        run.playground.callback(KEY, &params(&pairs), now()).await;
        let ended = run.run();
        let (error, at, by_provider) = failure(&ended);
        assert_eq!((error, by_provider), expected, "{pairs:?}");
        assert_eq!(at, StepKind::Callback);
        assert!(!run.provider.fetch.asked().iter().any(|line| line.contains("/token")));
    }
}

#[tokio::test]
async fn forged_id_tokens_are_refused() {
    type Break = fn(&mut super::fake_provider::State);
    let breaks: [(&str, Break); 4] = [
        ("another audience", |state| state.audience = Some("other".to_owned())),
        ("a foreign key", |state| state.foreign_key = true),
        ("another access token", |state| state.hashed = Some("a9".to_owned())),
        ("another nonce", |state| state.nonce = "n".to_owned()),
    ];
    for (what, break_it) in breaks {
        let run = Try::new();
        let url = run.start(run.proposal()).await.unwrap();
        let answer = run.provider.visit(&url);
        break_it(&mut run.provider.state.lock().unwrap());
        run.playground.callback(KEY, &answer, now()).await;
        assert_eq!(failure(&run.run()), ("invalid_id_token", StepKind::Verify, false), "{what}");
    }
    let late = Try::new();
    let url = late.start(late.proposal()).await.unwrap();
    let answer = late.provider.visit(&url);
    let after = Timestamp::from_seconds(NOW + 301);
    late.playground.callback(KEY, &answer, after).await;
    let ended = late.playground.run(KEY, after).unwrap();
    assert_eq!(failure(&ended).0, "invalid_id_token", "an expired one");
}

#[tokio::test]
async fn the_providers_own_words_are_told() {
    let run = Try::new();
    let url = run.start(run.proposal()).await.unwrap();
    let answer = run.provider.visit(&url);
    run.provider.state.lock().unwrap().error = Some("invalid_grant");
    run.playground.callback(KEY, &answer, now()).await;
    assert_eq!(failure(&run.run()), ("invalid_grant", StepKind::Token, true));
}

#[tokio::test]
async fn the_buttons_do_what_they_say() {
    let run = Try::new();
    run.sign_in(run.confidential(false)).await;
    assert_eq!(run.press(PlaygroundTool::Userinfo).await.problem, None);
    assert_eq!(run.press(PlaygroundTool::Introspect).await.problem, None);
    let refreshed = run.press(PlaygroundTool::Refresh).await;
    let fresh = tokens(&refreshed);
    assert_eq!((fresh.access.expose(), fresh.refresh.as_ref().unwrap().expose()), ("a2", "r2"));
    let revoked = run.press(PlaygroundTool::Revoke).await;
    assert_eq!((revoked.problem.clone(), kinds(&revoked).pop()), (None, Some(StepKind::Revoke)));
    assert!(run.provider.state.lock().unwrap().form.contains(&("token".to_owned(), "r2".to_owned())));
    let away = run.playground.tool(KEY, PlaygroundTool::Logout, now()).await.unwrap();
    let query = away.query().unwrap();
    assert!(away.as_str().starts_with("http://localhost:8080/logout?id_token_hint=ey"), "{away}");
    assert!(query.contains("post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fplayground"), "{query}");
    assert!(run.playground.run(KEY, now()).is_none());
}

#[tokio::test]
async fn a_refresh_about_another_person_is_refused() {
    let run = Try::new();
    run.sign_in(run.proposal()).await;
    run.provider.state.lock().unwrap().refreshed_subject = Some("mallory".to_owned());
    let after = run.press(PlaygroundTool::Refresh).await;
    assert!(matches!(after.problem, Some(Problem::Failed(_))));
    assert_eq!(tokens(&after).access.expose(), "a1");
}

#[tokio::test]
async fn a_public_client_is_told_that_introspection_is_not_for_it() {
    let run = Try::new();
    run.sign_in(run.proposal()).await;
    let asked = run.provider.fetch.asked().len();
    assert_eq!(run.press(PlaygroundTool::Introspect).await.problem, Some(Problem::Public));
    assert_eq!(run.provider.fetch.asked().len(), asked);
}

#[tokio::test]
async fn the_secret_goes_where_the_client_was_registered_for_and_is_shown_nowhere() {
    for in_body in [false, true] {
        let run = Try::new();
        run.sign_in(run.confidential(in_body)).await;
        for tool in [PlaygroundTool::Introspect, PlaygroundTool::Revoke] {
            run.press(tool).await;
            let state = run.provider.state.lock().unwrap().clone();
            let in_form = state.form.contains(&("client_secret".to_owned(), "s p".to_owned()));
            assert_eq!((in_form, state.authorization.is_some()), (in_body, !in_body));
        }
        let shown = format!("{:?}", run.run().steps);
        assert!(!shown.contains("s p") && shown.contains("••••"));
    }
}

#[tokio::test]
async fn only_issuers_of_this_server_are_asked() {
    let run = Try::new();
    for issuer in [
        "https://example.com",
        "http://localhost:8081",
        "http://localhost:8080.evil.example",
        "http://localhost:8080@evil.example",
        "http://localhost:8080/playground",
        "",
    ] {
        let spec = ClientSpec { issuer: issuer.to_owned(), ..run.proposal() };
        assert_eq!(run.start(spec).await.unwrap_err(), Problem::Issuer(ISSUER.to_owned()), "{issuer}");
    }
    let nobody = ClientSpec { client_id: String::new(), ..run.proposal() };
    assert_eq!(run.start(nobody).await.unwrap_err(), Problem::Client);
    assert!(run.provider.fetch.asked().is_empty());
}
