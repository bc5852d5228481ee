//! The playground's part of the samples.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::samples::{Maker, Pages};
use super::*;
use crate::kernel::Timestamp;

/// When the sample sign-in happened.
const NOW: Timestamp = Timestamp::from_seconds(1_763_782_380);

impl Maker<'_> {
    pub(super) fn playground(&self) -> Pages {
        let start = PlaygroundStartPage {
            page: self.page(),
            action: self.s("/playground"),
            csrf: self.s("csrf"),
            issuer: self.s("http://localhost:8080"),
            client_id: self.s("playground"),
            scope: self.s("openid profile email offline_access"),
            with_secret: false,
            secret_in_body: false,
            redirect_uri: self.s("http://localhost:8080/playground/callback"),
            problem: None,
        };
        let refused = PlaygroundStartPage {
            with_secret: true,
            secret_in_body: true,
            problem: Some(self.s("No provider answers there.")),
            ..start.clone()
        };
        let failed = PlaygroundFailedPage {
            page: self.page(),
            restart: self.s("/playground"),
            error: self.s("access_denied"),
            description: Some(self.s("the person did not allow it")),
            by_provider: true,
            at: Some(StepKind::Callback),
            steps: self.steps(),
        };
        let unfit = PlaygroundFailedPage { by_provider: false, steps: Vec::new(), ..failed.clone() };
        vec![
            ("playground", start.render()),
            ("playground-refused", refused.render()),
            ("playground-result", self.result().render()),
            ("playground-failed", failed.render()),
            ("playground-unfit", unfit.render()),
        ]
    }

    fn result(&self) -> PlaygroundResultPage {
        let decode = |role, raw: &str| TokenView::decode(&self.page, role, raw, NOW);
        PlaygroundResultPage {
            page: self.page(),
            action: self.s("/playground"),
            csrf: self.s("csrf"),
            restart: self.s("/playground"),
            subject: self.s("01991f2e-7c3a-7b90-a2f1-5f5d3a0c9e11"),
            problem: Some(self.s("The token was already revoked.")),
            tools: PlaygroundTool::ALL.to_vec(),
            tokens: vec![
                decode(TokenRole::Id, &self.jwt()),
                decode(TokenRole::Access, &self.jwt()),
                decode(TokenRole::Refresh, &self.s("ptr_kZ3n…")),
            ],
            steps: self.steps(),
        }
    }

    /// A token with every claim that has an explanation.
    fn jwt(&self) -> String {
        let claims = serde_json::json!({
            "iss": self.s("http://localhost:8080"), "sub": self.s("01991f2e"), "aud": ["playground"],
            "exp": NOW.seconds() + 300, "iat": NOW.seconds(), "nbf": NOW.seconds() - 1,
            "auth_time": NOW.seconds() - 7300, "updated_at": NOW.seconds() - 200_000,
            "jti": "n1", "nonce": self.s("n0nce"), "acr": "1", "amr": ["pwd"], "azp": "playground",
            "at_hash": "aGFzaA", "sid": "s1", "scope": self.s("openid email"), "name": self.s("Alice Nygård"),
            "email": self.s("alice@example.com"), "email_verified": true, "preferred_username": "alice",
            "department": self.s("Tides"),
        });
        let header = serde_json::json!({ "alg": "ES256", "kid": self.s("k1"), "typ": "at+jwt" });
        let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.{}", part(header), part(claims), "c2lnbmF0dXJl")
    }

    fn steps(&self) -> Vec<Step> {
        let step = |kind, method: &str, path: &str, status, answer: &str| Step {
            kind,
            method: self.s(method),
            url: self.s(&format!("http://localhost:8080{path}")),
            sent: vec![
                (self.s("client_id"), self.s("playground")),
                (self.s("code_challenge"), self.s("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")),
            ],
            status,
            answer: if answer.is_empty() { String::new() } else { self.s(answer) },
        };
        let check = Step {
            kind: StepKind::Verify,
            method: String::new(),
            url: String::new(),
            sent: vec![(self.s("alg"), self.s("ES256"))],
            status: None,
            answer: String::new(),
        };
        vec![
            step(
                StepKind::Discovery,
                "GET",
                "/.well-known/openid-configuration",
                Some(200),
                "{\n  \"issuer\": \"…\"\n}",
            ),
            step(StepKind::Authorize, "GET", "/authorize", None, ""),
            step(StepKind::Callback, "GET", "/playground/callback", None, "code=…\nstate=…\niss=…"),
            step(StepKind::Token, "POST", "/token", Some(200), "{\n  \"access_token\": \"…\"\n}"),
            check,
            step(StepKind::Userinfo, "GET", "/userinfo", Some(200), "{\n  \"sub\": \"01991f2e\"\n}"),
            step(StepKind::Refresh, "POST", "/token", Some(200), "{\n  \"access_token\": \"…\"\n}"),
            step(StepKind::Introspect, "POST", "/introspect", Some(200), "{\n  \"active\": true\n}"),
            step(StepKind::Revoke, "POST", "/revoke", Some(401), "{\n  \"error\": \"invalid_client\"\n}"),
        ]
    }
}
