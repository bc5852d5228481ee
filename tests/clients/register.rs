use portico::domain::clients::{ClientKind, ClientRefused, NewClient};
use portico::kernel::TokenKind;
use portico::spec::oauth::{AuthMethod, GrantType};

use super::{REDIRECT, kits, registered, stored, wanted};

#[tokio::test]
async fn each_kind_has_its_defaults() {
    for kit in kits().await {
        let code = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
        for (kind, method, grants) in [
            (ClientKind::Web, AuthMethod::ClientSecretBasic, code.clone()),
            (ClientKind::Spa, AuthMethod::None, code.clone()),
            (ClientKind::Native, AuthMethod::None, code),
            (ClientKind::Service, AuthMethod::ClientSecretBasic, vec![GrantType::ClientCredentials]),
            (ClientKind::Device, AuthMethod::None, vec![GrantType::RefreshToken]),
        ] {
            let (client, secret) = stored(&kit, &wanted(kind)).await;
            assert_eq!(client.metadata.token_endpoint_auth_method, method, "{kind:?}");
            assert_eq!(client.metadata.grant_types, grants, "{kind:?}");
            assert!(client.metadata.require_pkce && !client.metadata.first_party, "{kind:?}");
            assert_eq!(client.metadata.scope.contains("openid"), kind != ClientKind::Service, "{kind:?}");
            assert_eq!(secret.is_some(), method != AuthMethod::None, "{kind:?}");
            if let Some(secret) = secret {
                assert!(TokenKind::ClientSecret.decode(&secret).is_ok());
                let kept = &client.secrets[0].hash;
                assert!(kit.tenant.keys.client_secret_matches(&secret, kept) && !kept.contains(&secret));
            }
        }
    }
}

/// A change to a web client, and the words its refusal must have.
type Case = (fn(&mut NewClient), &'static str);

#[tokio::test]
async fn each_rule_refuses_by_name() {
    for kit in kits().await {
        let cases: &[Case] = &[
            (|c| c.name = "\u{7}".to_owned(), "client_name"),
            (|c| c.redirect_uris.clear(), "at least one redirect URI"),
            (|c| c.redirect_uris = vec!["http://rp.example.com/cb".to_owned()], "plain http"),
            (|c| c.redirect_uris = vec!["https://rp.example.com/*".to_owned()], "wildcards"),
            (|c| c.redirect_uris = vec!["com.example.app:/cb".to_owned()], "private-use"),
            (|c| c.redirect_uris = (0..101).map(|n| format!("{REDIRECT}/{n}")).collect(), "more than 100"),
            (|c| c.post_logout_redirect_uris = vec!["https://a/#b".to_owned()], "fragment"),
            (|c| c.grant_types = vec!["implicit".to_owned()], "unknown grant"),
            (|c| c.grant_types = vec!["refresh_token".to_owned()], "without authorization_code"),
            (|c| c.auth_method = Some("none".to_owned()), "keeps a secret"),
            (|c| c.auth_method = Some("private_key_jwt".to_owned()), "unknown authentication method"),
            (|c| c.scope = vec!["openid \"".to_owned()], "RFC 6749"),
            (|c| c.has_jwks = true, "not supported yet"),
            (|c| c.id_token_alg = Some("none".to_owned()), "unknown ID token algorithm"),
            (|c| c.access_token_alg = Some("HS256".to_owned()), "unknown access token algorithm"),
            (|c| c.access_token_format = Some("saml".to_owned()), "unknown access token format"),
            (|c| c.subject_type = Some("hidden".to_owned()), "unknown subject type"),
            (|c| c.access_token_audience = vec!["a b".to_owned()], "access_token_audience"),
            (|c| c.allowed_roles = vec!["A B".to_owned()], "allowed_roles"),
            (|c| c.allowed_origins = vec!["https://a.example/path".to_owned()], "allowed_origins"),
            (|c| c.client_id = Some("with space".to_owned()), "client_id"),
            (
                |c| {
                    c.subject_type = Some("pairwise".to_owned());
                    c.redirect_uris.push("https://other.example.com/cb".to_owned());
                },
                "sector identifier",
            ),
        ];
        for (change, words) in cases {
            let mut new = wanted(ClientKind::Web);
            change(&mut new);
            let refused = registered(&kit, &new).err().map(|why| why.to_string()).unwrap_or_default();
            assert!(refused.contains(words), "expected {words:?}, got {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_kind_keeps_to_its_grants_and_methods() {
    for kit in kits().await {
        for (kind, grant) in [
            (ClientKind::Service, "authorization_code"),
            (ClientKind::Service, "refresh_token"),
            (ClientKind::Device, "authorization_code"),
            (ClientKind::Spa, "client_credentials"),
            (ClientKind::Native, "client_credentials"),
        ] {
            let mut new = wanted(kind);
            new.grant_types = vec![grant.to_owned()];
            assert!(matches!(registered(&kit, &new), Err(ClientRefused::Grant { .. })), "{kind:?} {grant}");
        }
        for kind in [ClientKind::Spa, ClientKind::Native] {
            let mut new = wanted(kind);
            new.auth_method = Some("client_secret_post".to_owned());
            assert!(matches!(registered(&kit, &new), Err(ClientRefused::AuthMethod { .. })), "{kind:?}");
            let mut new = wanted(kind);
            new.require_pkce = false;
            assert_eq!(registered(&kit, &new).err(), Some(ClientRefused::Pkce), "{kind:?}");
        }
        let mut service = wanted(ClientKind::Service);
        service.redirect_uris = vec![REDIRECT.to_owned()];
        assert_eq!(registered(&kit, &service).err(), Some(ClientRefused::NeedlessRedirectUri));
        let mut exempted = wanted(ClientKind::Web);
        exempted.require_pkce = false;
        assert!(registered(&kit, &exempted).is_ok(), "a confidential client may be exempted");
        let mut native = wanted(ClientKind::Native);
        native.redirect_uris = vec!["com.example.app:/cb".to_owned(), "http://127.0.0.1/cb".to_owned()];
        assert!(registered(&kit, &native).is_ok());
    }
}

#[tokio::test]
async fn the_information_has_the_standards_names() {
    for kit in kits().await {
        let made = registered(&kit, &wanted(ClientKind::Web)).unwrap();
        let told = made.client().unwrap().information(made.secret.as_ref());
        assert_eq!(told["client_id"], made.id().as_str());
        assert_eq!(told["redirect_uris"][0], REDIRECT);
        assert_eq!(told["scope"], "openid profile email offline_access");
        assert_eq!(told["client_secret_expires_at"], 1_800_000_000_i64 + 365 * 86_400);
        let later = made.client().unwrap().information(None);
        assert!(later.get("client_secret").is_none(), "told once");
    }
}
