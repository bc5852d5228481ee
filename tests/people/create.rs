use portico::domain::people::{NewPerson, PersonError, PersonRefused, WeakPassword};
use portico::kernel::{Secret, UserState};

use super::{create, found, kits, made, person, with_password};

// S1-13.
#[tokio::test]
async fn the_state_follows_from_what_is_known() {
    for kit in kits().await {
        assert_eq!(made(&kit, person("a@example.com")).await.state, UserState::Created);
        assert_eq!(made(&kit, with_password(person("b@example.com"))).await.state, UserState::Unverified);
        let active = made(&kit, NewPerson { verified: true, ..with_password(person("c@example.com")) }).await;
        assert_eq!(active.state, UserState::Active);
        assert!(active.email_verified_at.is_some());
        assert!(active.password_hash.expect("a hash").starts_with("$argon2id$"));
        assert_eq!(found(&kit, "C@EXAMPLE.COM").await.id, active.id);
        assert_eq!(found(&kit, &active.id.to_string()).await.username, "c@example.com");
    }
}

// S1-5: addresses, too.
#[tokio::test]
async fn a_075_every_spelling_of_a_taken_name_is_taken() {
    for kit in kits().await {
        let ada = NewPerson { username: Some("admin".to_owned()), ..person("ada@example.com") };
        made(&kit, ada).await;
        for username in ["Admin", "admin ", "ａｄｍｉｎ"] {
            let eve = NewPerson { username: Some(username.to_owned()), ..person("eve@example.com") };
            let refused = create(&kit, eve).await;
            let taken = matches!(refused, Err(PersonError::Refused(PersonRefused::Taken("user name"))));
            assert!(taken, "{username:?}: {refused:?}");
        }
        for (username, email) in [
            (None, "ADA@example.com"),
            (Some("ada@example.com"), "eve@example.com"),
            (Some("ad\u{200b}min"), "eve@example.com"),
            (Some("аdmin"), "eve@example.com"),
            (Some("a\r\nb"), "eve@example.com"),
        ] {
            let new = NewPerson { username: username.map(str::to_owned), ..person(email) };
            assert!(matches!(create(&kit, new).await, Err(PersonError::Refused(_))), "{username:?} {email}");
        }
    }
}

#[tokio::test]
async fn what_is_refused_is_not_stored() {
    for kit in kits().await {
        let weak =
            NewPerson { password: Some(Secret::new("a@example.com is me")), ..person("a@example.com") };
        let refused = create(&kit, weak).await;
        let name = PersonRefused::Password(WeakPassword::Name);
        assert!(matches!(refused, Err(PersonError::Refused(why)) if why == name));
        for new in [
            person("a@b\r\nBcc: c@d"),
            NewPerson { name: Some("A\u{202e}B".to_owned()), ..person("a@example.com") },
            NewPerson { roles: vec!["Admin".to_owned()], ..person("a@example.com") },
            NewPerson { roles: (0..65).map(|n| format!("r{n}")).collect(), ..person("a@example.com") },
        ] {
            assert!(matches!(create(&kit, new).await, Err(PersonError::Refused(_))));
        }
        let tenant = kit.tenant.id;
        assert!(kit.read(move |conn| portico::store::users::list(conn, tenant, None, 10)).await.is_empty());
    }
}

#[tokio::test]
async fn of_two_at_once_one_gets_the_name() {
    for kit in kits().await {
        let (one, two) =
            tokio::join!(create(&kit, person("a@example.com")), create(&kit, person("A@example.com")));
        assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1, "{one:?} {two:?}");
    }
}

// S1-2, S1-5.
#[tokio::test]
async fn another_tenant_has_names_of_its_own() {
    for kit in kits().await {
        made(&kit, person("a@example.com")).await;
        let acme = kit.add_tenant("acme").await;
        let cx = acme.context(&kit.services, portico::kernel::Actor::Operator);
        let there = portico::domain::people::create(&kit.services, &cx, person("a@example.com")).await;
        assert_eq!(there.expect("an account").tenant, acme.id);
    }
}
