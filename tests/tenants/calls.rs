//! Every function of the store, called as tenant B with the ids that tenant A's rows have.
//!
//! `there` says whether B has rows of these ids too. A function that reads must find them exactly then, and
//! one that changes must change them exactly then; what happens to A's rows is compared by the caller.

use portico::kernel::{Timestamp, UserState};
use portico::store::throttle::{self, AccountFailures, NetworkFailures};
use portico::store::users::{self, StateChange};
use portico::store::{
    StoreError, Tx, clients, consents, flows, grants, links, list_audit, revoked_tokens, roles, sessions,
    signing_keys, tenants,
};

use super::rows::{LATE, NOW, World};

/// One second after everything was made.
const NEXT: Timestamp = Timestamp::from_seconds(1_800_000_001);

type Done = Result<(), StoreError>;

/// All of them.
pub fn all(tx: &mut Tx<'_>, w: &World, there: bool) -> Done {
    reading(tx, w, there)?;
    changing_clients(tx, w, there)?;
    changing_keys(tx, w, there)?;
    changing_sign_ins(tx, w, there)?;
    changing_grants(tx, w, there)?;
    counting(tx, w, there)?;
    changing_people(tx, w, there)?;
    assert_eq!(tenants::set_state(tx, w.b, "disabled", NEXT)?, there);
    Ok(())
}

fn reading(tx: &mut Tx<'_>, w: &World, there: bool) -> Done {
    let rows = usize::from(there);
    let found = tenants::find(tx, w.b)?.map(|row| row.slug);
    assert_eq!(found, there.then(|| w.slug(w.b)));
    assert_eq!(users::find(tx, w.b, w.user)?.map(|row| row.tenant), there.then_some(w.b));
    assert_eq!(users::find_by_key(tx, w.b, "alice")?.map(|row| row.tenant), there.then_some(w.b));
    assert_eq!(users::find_by_key(tx, w.b, "alice@example.com")?.map(|row| row.tenant), there.then_some(w.b));
    assert_eq!(users::list(tx, w.b, None, 10)?.len(), rows);
    assert_eq!(roles::lock_active_holders(tx, w.b, "admin")?.len(), rows);
    assert_eq!(clients::find(tx, w.b, &w.client)?.map(|row| row.tenant), there.then_some(w.b));
    assert_eq!(clients::list(tx, w.b, None, 10)?.len(), rows);
    assert_eq!(clients::secrets(tx, w.b, &w.client)?.len(), rows);
    assert_eq!(consents::find(tx, w.b, w.user, &w.client)?.map(|row| row.tenant), there.then_some(w.b));
    assert_eq!(consents::not_before(tx, w.b, w.user, &w.client)?.is_some(), there);
    assert_eq!(consents::list_of_user(tx, w.b, w.user)?.len(), rows);
    assert_eq!(
        flows::find(tx, w.b, w.flow, "browser hash", NOW)?.map(|row| row.tenant),
        there.then_some(w.b)
    );
    let standing = grants::standing(tx, w.b, w.grant)?;
    assert_eq!(standing.map(|found| (found.grant.tenant, found.user.tenant)), there.then_some((w.b, w.b)));
    assert_eq!(
        links::find(tx, w.b, "link hash", "recover", NOW)?.map(|row| row.tenant),
        there.then_some(w.b)
    );
    assert_eq!(revoked_tokens::contains(tx, w.b, "jti")?, there);
    let by_token = sessions::find_by_token(tx, w.b, "session hash")?;
    assert_eq!(by_token.map(|(row, user)| (row.tenant, user.tenant)), there.then_some((w.b, w.b)));
    assert_eq!(sessions::find(tx, w.b, w.session)?.map(|row| row.tenant), there.then_some(w.b));
    assert_eq!(sessions::list_of_user(tx, w.b, w.user)?.len(), rows);
    assert_eq!(sessions::count_live(tx, w.b, NOW)?, i64::from(there));
    assert_eq!(signing_keys::list(tx, w.b)?.len(), rows);
    assert_eq!(list_audit(tx, w.b, None, 10)?.len(), rows);
    Ok(())
}

fn changing_clients(tx: &mut Tx<'_>, w: &World, there: bool) -> Done {
    assert_eq!(clients::update(tx, w.b, &w.client, "Other", "{\"a\":1}", NEXT)?, there);
    assert_eq!(clients::set_state(tx, w.b, &w.client, "disabled", NEXT)?, there);
    assert_eq!(clients::expire_secret(tx, w.b, &w.client, "1", NEXT)?, there);
    assert_eq!(clients::delete_secret(tx, w.b, &w.client, "1")?, there);
    // Removing a client takes along what people allowed it, so that is withdrawn before.
    assert_eq!(consents::revoke(tx, w.b, w.user, &w.client, NEXT)?, there);
    assert_eq!(clients::delete(tx, w.b, &w.client)?, there);
    Ok(())
}

fn changing_keys(tx: &mut Tx<'_>, w: &World, there: bool) -> Done {
    assert_eq!(signing_keys::activate(tx, w.b, w.key, NEXT)?, there);
    assert_eq!(signing_keys::retire(tx, w.b, w.key, NEXT, LATE)?, there);
    assert_eq!(signing_keys::drop_at(tx, w.b, w.key, NEXT)?, there);
    assert_eq!(signing_keys::drop_expired(tx, w.b, LATE)?, usize::from(there));
    Ok(())
}

fn changing_sign_ins(tx: &mut Tx<'_>, w: &World, there: bool) -> Done {
    let mut renewed = w.session_row();
    renewed.auth_time = NEXT;
    assert_eq!(sessions::renew(tx, w.b, &renewed)?, there);
    sessions::touch(tx, w.b, w.session, NEXT)?;
    let seen = sessions::find(tx, w.b, w.session)?.map(|row| row.last_seen_at);
    assert_eq!(seen, there.then_some(NEXT));
    assert_eq!(sessions::end(tx, w.b, w.session, "test", NEXT)?, there);
    // The one there was has ended by now.
    assert_eq!(sessions::end_of_user(tx, w.b, w.user, "test", NEXT)?, 0);
    assert_eq!(flows::set_step(tx, w.b, w.flow, "browser hash", "{\"a\":1}")?, there);
    assert_eq!(flows::take(tx, w.b, w.flow, "browser hash", NOW)?, there);
    assert_eq!(links::consume(tx, w.b, "link hash", "recover", NEXT)?, there);
    Ok(())
}

fn changing_grants(tx: &mut Tx<'_>, w: &World, there: bool) -> Done {
    assert_eq!(grants::rotate(tx, w.b, w.grant, 0, NEXT, LATE)?, there);
    assert_eq!(grants::revoke(tx, w.b, w.grant, "test", NEXT)?, there);
    let after_all = LATE.plus(std::time::Duration::from_secs(1));
    assert_eq!(grants::delete_expired(tx, w.b, after_all, 10)?, usize::from(there));
    Ok(())
}

fn counting(tx: &mut Tx<'_>, w: &World, there: bool) -> Done {
    let network = throttle::peek_network(tx, w.b, "192.0.2.0/24")?;
    assert_eq!(network.map(|known| known.failures), there.then_some(6));
    assert_eq!(throttle::account(tx, w.b, "alice")?.failures, if there { 5 } else { 0 });
    assert_eq!(throttle::network(tx, w.b, "192.0.2.0/24")?.failures, if there { 6 } else { 0 });
    let account = AccountFailures { failures: 7, last_failure_at: NEXT, blocked_until: NEXT };
    throttle::set_account(tx, w.b, "alice", &account)?;
    let network = NetworkFailures { failures: 8, window_start: NEXT, blocked_until: NEXT };
    throttle::set_network(tx, w.b, "192.0.2.0/24", &network)?;
    assert_eq!(throttle::account(tx, w.b, "alice")?, account);
    assert_eq!(throttle::network(tx, w.b, "192.0.2.0/24")?, network);
    throttle::clear_account(tx, w.b, "alice")
}

fn changing_people(tx: &mut Tx<'_>, w: &World, there: bool) -> Done {
    assert_eq!(users::set_password(tx, w.b, w.user, "new hash", NEXT)?, there);
    users::rehash(tx, w.b, w.user, "new hash", "newer hash")?;
    // As if the same password were A's.
    users::rehash(tx, w.b, w.user, "old hash", "newer hash")?;
    users::set_last_login(tx, w.b, w.user, NEXT)?;
    users::void_earlier(tx, w.b, w.user, NEXT)?;
    let change = StateChange {
        from: UserState::Active,
        to: UserState::Suspended,
        reason: Some("test"),
        by: "operator",
        at: NEXT,
        void_earlier: true,
    };
    assert_eq!(users::change_state(tx, w.b, w.user, &change)?, there);
    assert_eq!(users::hold(tx, w.b, w.user)?, there.then_some((UserState::Suspended, NEXT)));
    let found = users::find(tx, w.b, w.user)?;
    let found = found.map(|row| (row.password_hash, row.last_login_at, row.not_before, row.state));
    let changed = (Some("newer hash".to_owned()), Some(NEXT.micros()), NEXT, UserState::Suspended);
    assert_eq!(found, there.then_some(changed));
    Ok(())
}
