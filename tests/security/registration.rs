//! What cannot be registered. The rules are the domain's; every way to register a client (today the command
//! line, with their issues the API, the console and dynamic registration) asks them.

use portico::domain::Fault;
use portico::domain::clients::{ClientKind, NewClient, register, store_client};
use portico::store::StoreError;
use portico::testkit::{NewPerson, TestApp};

fn with(kind: ClientKind, uris: &[&str]) -> NewClient {
    let redirect_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
    NewClient { redirect_uris, ..NewClient::new("An application", kind) }
}

async fn refuses(kinds: &[ClientKind], uris: &[&str]) {
    let app = TestApp::start().await;
    let (cx, keys) = (app.kit.cx(), &app.kit.tenant.keys);
    for kind in kinds {
        let good = "https://c.example/cb";
        assert!(register(&cx, keys, &with(*kind, &[good])).is_ok(), "{kind:?}");
        for uri in uris {
            for list in [&[*uri][..], &[good, uri]] {
                let refused = register(&cx, keys, &with(*kind, list)).unwrap_err();
                assert_eq!(refused.code(), "invalid_redirect_uri", "{kind:?} {uri}: {refused}");
            }
            let post_logout_redirect_uris = vec![(*uri).to_owned()];
            let after = NewClient { post_logout_redirect_uris, ..with(*kind, &[good]) };
            assert!(register(&cx, keys, &after).is_err(), "{kind:?} after a logout: {uri}");
        }
    }
}

#[tokio::test]
async fn a_006_schemes_that_script_and_wildcards_cannot_be_registered() {
    let everywhere = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript://c.example/%0aalert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:text/html;base64,PHNjcmlwdD4=",
        "vbscript:msgbox",
        "file:///etc/passwd",
        "about:blank",
        "blob:https://c.example/1",
        "myapp:/cb",
        "*",
        "https://*",
        "https://*.c.example/cb",
        "https://c.example/*",
        "http://c.example/cb",
        "http://127.0.0.1.evil.tld/cb",
        "http://localhostevil.tld/cb",
        "http://localhost@evil.tld/cb",
        "//c.example/cb",
        "/cb",
        "",
    ];
    refuses(&[ClientKind::Web, ClientKind::Spa, ClientKind::Native], &everywhere).await;
    refuses(&[ClientKind::Web, ClientKind::Spa], &["com.example.app:/cb", "com.example.app://cb"]).await;
}

#[tokio::test]
async fn a_008_an_address_with_the_answer_s_own_names_cannot_be_registered() {
    let reserved = [
        "https://c.example/cb?code=x&state=y&iss=z",
        "https://c.example/cb?code=x",
        "https://c.example/cb?state=y",
        "https://c.example/cb?iss=z",
        "https://c.example/cb?error=access_denied",
        "https://c.example/cb?a=1&c%6Fde=x",
        "https://c.example/cb?access_token=x",
        "https://c.example/cb?id_token=x",
        "https://c.example/cb?response=x",
        "https://c.example/cb#code=x",
    ];
    refuses(&[ClientKind::Web, ClientKind::Spa, ClientKind::Native], &reserved).await;
}

#[tokio::test]
async fn a_038_a_client_cannot_take_a_person_s_sub() {
    for app in TestApp::everywhere().await {
        let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
        let store = |id: String| {
            let new = NewClient { client_id: Some(id), ..with(ClientKind::Web, &["https://c.example/cb"]) };
            let cx = app.kit.cx();
            let made = register(&cx, &app.kit.tenant.keys, &new).unwrap();
            app.kit.services.db.write::<_, Fault, _>(move |tx| store_client(tx, &cx, &made))
        };
        let taken = store(alice.id.to_string()).await;
        assert!(matches!(taken, Err(Fault::Store(StoreError::Conflict(_)))), "{taken:?}");
        store(portico::kernel::UserId::new(alice.created_at, &app.kit.services.rng).to_string())
            .await
            .unwrap();
        store("alice".to_owned()).await.unwrap();
    }
}
