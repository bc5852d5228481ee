//! What must be true of a ledger's entry after the server that answered it was killed and started again.

use portico::kernel::{GrantId, TenantId, TokenKind};
use portico::store::{Conn, StoreError, grants, list_audit, schema};
use portico::testkit::member;

use super::customer::{Customer, Entry, Step, granted, refused};
use super::site::Site;

/// Asks the restarted server about an entry. Every grant has ended after this. With `replay` it is ended by
/// sending the code again, else by an older refresh token.
pub async fn check(by: &mut Customer, entry: &Entry, replay: bool) {
    for token in &entry.withdrawn {
        assert!(!active(by, token).await, "an access token was revoked and works again: {entry:?}");
    }
    match entry.open {
        Some(Step::Redeem) => redeem_open(by, entry).await,
        Some(Step::Revoke) => revoke_open(by, entry).await,
        Some(Step::Refresh) | None if entry.revoked => over(by, entry, &entry.head()).await,
        Some(Step::Refresh) | None => standing(by, entry, replay).await,
    }
    // I2: whatever happened, the code is used up.
    refused(&by.redeem(&entry.code).await.unwrap());
}

/// The answer to a redemption was lost: either it never happened, or the code is used up and gave nothing.
async fn redeem_open(by: &mut Customer, entry: &Entry) {
    let again = by.redeem(&entry.code).await.unwrap();
    if again.status != 200 {
        refused(&again);
    }
}

/// The answer to a revocation was lost: it happened wholly or not at all.
async fn revoke_open(by: &mut Customer, entry: &Entry) {
    let lives = active(by, &entry.access[0]).await;
    for token in &entry.access {
        assert_eq!(active(by, token).await, lives, "half a revocation: {entry:?}");
    }
    let next = by.refresh(&entry.head()).await.unwrap();
    if lives { drop(granted(next)) } else { refused(&next) }
}

/// An answered grant lives: its tokens work, its head (or the successor whose answer was lost) goes on, and
/// nothing older does.
async fn standing(by: &mut Customer, entry: &Entry, replay: bool) {
    for token in &entry.access {
        assert!(active(by, token).await, "an answered access token is gone: {entry:?}");
    }
    let next = granted(by.refresh(&entry.head()).await.unwrap());
    let next = member(&next, "refresh_token");
    let last = granted(by.refresh(&next).await.unwrap());
    let last = member(&last, "refresh_token");
    if replay {
        refused(&by.redeem(&entry.code).await.unwrap());
    } else {
        refused(&by.refresh(&entry.head()).await.unwrap());
    }
    over(by, entry, &last).await;
}

/// Nothing of the grant works.
async fn over(by: &mut Customer, entry: &Entry, head: &str) {
    for token in &entry.access {
        assert!(!active(by, token).await, "a token outlives its family: {entry:?}");
    }
    refused(&by.refresh(head).await.unwrap());
}

async fn active(by: &mut Customer, token: &str) -> bool {
    by.is_active(token).await.unwrap()
}

/// The whole ledger against the tables, from outside of the server.
#[derive(Default)]
pub struct Books {
    /// Grants that were answered, and whether they have ended since.
    grants: Vec<(Entry, bool)>,
    /// Redemptions that may or may not have happened.
    maybe: usize,
}

impl Books {
    /// Writes down an entry; `ended` when [`check`] has ended it.
    pub fn enter(&mut self, entry: Entry, ended: bool) {
        if entry.refresh.is_empty() {
            self.maybe += 1;
        } else {
            let ended = ended || entry.revoked;
            self.grants.push((entry, ended));
        }
    }

    pub fn len(&self) -> usize {
        self.grants.len()
    }

    /// Compares. A grant's row is the mark of its used code, so there is no token without one.
    pub fn compare(&self, site: &Site) {
        site.look(|conn, tenant| {
            for (entry, ended) in &self.grants {
                compare_one(conn, tenant, entry, *ended)?;
            }
            let rows = count(conn)?;
            let answered = self.grants.len();
            assert!((answered..=answered + self.maybe).contains(&rows), "{rows} grants, {answered} answered");
            // I6: each answered revocation has its record.
            let told = list_audit(conn, tenant, None, i64::MAX)?;
            let told = told.iter().filter(|event| event.kind == "grant.revoked").count();
            let revoked = self.grants.iter().filter(|(entry, _)| entry.revoked).count();
            assert!(told >= revoked, "{told} records of {revoked} revocations");
            Ok(())
        });
    }
}

fn compare_one(conn: &mut Conn, tenant: TenantId, entry: &Entry, ended: bool) -> Result<(), StoreError> {
    let found = grants::standing(conn, tenant, grant_of(&entry.refresh[0]))?;
    let row = found.unwrap_or_else(|| panic!("an answered grant is gone: {entry:?}")).grant;
    assert!(
        row.generation + 1 >= i64::try_from(entry.refresh.len()).unwrap(),
        "a rotation is gone: {entry:?}"
    );
    assert!(row.revoked_at.is_some() || !ended, "a grant that ended lives again: {entry:?}");
    Ok(())
}

fn count(conn: &mut Conn) -> Result<usize, StoreError> {
    use diesel::prelude::*;
    let rows: i64 = schema::grants::table.count().get_result(conn)?;
    Ok(usize::try_from(rows).unwrap())
}

/// The grant a refresh token names: the first half of its body (docs/decisions/0003).
fn grant_of(refresh: &str) -> GrantId {
    let body = TokenKind::Refresh.decode(refresh).expect("a refresh token");
    GrantId::from_bytes(*body.first_chunk().expect("a whole one"))
}
