//! The first five minutes: from `serve --dev` to decoded tokens and back out.

use super::newcomer::{Newcomer, Trial};
use portico::testkit::Reply;

/// Signs in from the playground's form to the page behind it.
async fn sign_in(trial: &Trial, newcomer: &mut Newcomer) -> (String, Reply) {
    let (path, form) = newcomer.open("/playground").await;
    let fields = [
        ("issuer", trial.origin.as_str()),
        ("client_id", trial.told["client_id"].as_str().unwrap()),
        ("scope", "openid profile email offline_access"),
    ];
    let (path, login) = newcomer.submit(&path, &form, &fields).await;
    assert!(path.starts_with("/login?"), "{path}: {}", login.body);
    let person = [("username", &trial.told["user"]), ("password", &trial.told["user_password"])];
    let person = person.map(|(name, value)| (name, value.as_str().unwrap()));
    let (path, consent) = newcomer.submit("/login", &login, &person).await;
    if !path.starts_with("/consent") {
        return (path, consent);
    }
    newcomer.submit("/consent", &consent, &[("decision", "allow")]).await
}

#[tokio::test]
async fn one_worker_serves_the_playground_and_the_provider_it_calls() {
    let trial = Trial::start().await;
    let mut newcomer = trial.newcomer();
    let (path, mut page) = sign_in(&trial, &mut newcomer).await;
    assert_eq!(path, "/playground/result");
    for shown in
        ["The sign-in worked", "ID token check", "Userinfo request", "code_challenge", "demo@example.com"]
    {
        assert!(page.body.contains(shown), "{shown} is not on {}", page.body);
    }
    for (tool, path, said) in [
        ("userinfo", "/playground/result#latest", "Userinfo request"),
        ("introspect", "/playground/result", "Introspection is for clients with a secret"),
        ("refresh", "/playground/result#latest", "The refresh token becomes new tokens"),
        ("revoke", "/playground/result#latest", "Revocation"),
        ("userinfo", "/playground/result", "invalid_token: "),
        ("refresh", "/playground/result", "invalid_grant: "),
    ] {
        let (at, after) = newcomer.submit("/playground/result", &page, &[("do", tool)]).await;
        assert_eq!((at.as_str(), after.status), (path, 200), "{tool}");
        assert!(after.body.contains(said), "{tool}: {}", after.body);
        page = after;
    }
    let (path, _) = newcomer.submit("/playground/result", &page, &[("do", "logout")]).await;
    assert_eq!(path, "/playground");
    // Signed out for good: the way back leads through the password again.
    let (path, _) = sign_in(&trial, &mut newcomer).await;
    assert_eq!(path, "/playground/result");
}

#[tokio::test]
async fn a_refusal_is_told_with_the_providers_words_and_a_way_back() {
    let trial = Trial::start().await;
    let mut newcomer = trial.newcomer();
    let (path, form) = newcomer.open("/playground").await;
    let client = trial.told["client_id"].as_str().unwrap();
    let fields = [("issuer", trial.origin.as_str()), ("client_id", client), ("scope", "openid address")];
    let (path, page) = newcomer.submit(&path, &form, &fields).await;
    assert_eq!(path, "/playground/result");
    for shown in
        ["The sign-in did not work", "invalid_scope", "Authorization response", "href=\"/playground\""]
    {
        assert!(page.body.contains(shown), "{shown} is not on {}", page.body);
    }
}
