//! What failed sign-ins lead to: delays for the account, blocks for the address and its network.
//!
//! An account's counter is moved *before* the password is hashed, in one transaction with the look at it, as
//! if the try had failed; a success takes it back. So however many tries arrive together, no more than the
//! limit are ever checked. A name without an account has a counter like any other. Addresses
//! and networks are counted over failures only (S4-34), because many honest people may share one.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::config::Login;
use crate::crypto::TenantKeys;
use crate::kernel::{TenantId, Timestamp, UserId};
use crate::store::throttle::{self, AccountFailures, NetworkFailures};
use crate::store::{Conn, StoreError, Tx};

/// Whether a password may be checked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// It may, and the try counts as failed until it has succeeded.
    Go(Ticket),
    /// Not before this has passed.
    Wait(Duration),
}

/// A try that was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    subject: String,
    before: AccountFailures,
    after: AccountFailures,
}

/// Whom a counter is about: the account, under whatever name it was called, or a name without one.
/// `folded` is the result of `people::fold_name`.
pub fn subject(keys: &TenantKeys, user: Option<UserId>, folded: &str) -> String {
    user.map_or_else(|| format!("name:{}", keys.name_key(folded)), |id| id.to_string())
}

/// Allows one more try, or says how long to wait. Every way to give a password asks here.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn reserve(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    rules: &Login,
    subject: &str,
    now: Timestamp,
) -> Result<Reservation, StoreError> {
    let mut before = throttle::account(tx, tenant, subject)?;
    let longest = now.plus(rules.max_delay);
    if before.blocked_until > longest {
        // Written under a clock that ran ahead: nobody waits longer than the longest delay for that.
        before.blocked_until = longest;
        throttle::set_account(tx, tenant, subject, &before)?;
    }
    let after = match one_more(rules, before, now) {
        Ok(after) => after,
        Err(wait) => return Ok(Reservation::Wait(wait)),
    };
    throttle::set_account(tx, tenant, subject, &after)?;
    Ok(Reservation::Go(Ticket { subject: subject.to_owned(), before, after }))
}

/// Forgets every failure of the account a try was for.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn succeeded(tx: &mut Tx<'_>, tenant: TenantId, ticket: &Ticket) -> Result<(), StoreError> {
    throttle::clear_account(tx, tenant, &ticket.subject)
}

/// Takes back a try that was allowed but came to no answer, because the hasher was too busy. Nothing is
/// taken back once another try was counted after it.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn give_back(tx: &mut Tx<'_>, tenant: TenantId, ticket: &Ticket) -> Result<(), StoreError> {
    if throttle::account(tx, tenant, &ticket.subject)? == ticket.after {
        throttle::set_account(tx, tenant, &ticket.subject, &ticket.before)?;
    }
    Ok(())
}

/// An account's counter after one more try, or how long it must wait.
fn one_more(rules: &Login, mut known: AccountFailures, now: Timestamp) -> Result<AccountFailures, Duration> {
    if known.blocked_until > now {
        return Err(known.blocked_until.since(now));
    }
    if now.since(known.last_failure_at) >= rules.forget_after {
        known.failures = 0;
    }
    let failures = known.failures.saturating_add(1);
    let blocked_until = delay(rules, failures).map_or(known.blocked_until, |delay| now.plus(delay));
    Ok(AccountFailures { failures, last_failure_at: now, blocked_until })
}

/// The delay after that many failures.
fn delay(rules: &Login, failures: i64) -> Option<Duration> {
    let doublings = u32::try_from(failures - i64::from(rules.free_failures)).ok()?;
    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    Some(rules.first_delay.saturating_mul(factor).min(rules.max_delay))
}

/// The two counters an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks {
    address: String,
    network: String,
}

impl Networks {
    /// The address itself, and its /24 (IPv4) or /64 (IPv6). An IPv4 address in IPv6 clothes is the IPv4
    /// address.
    pub fn of(ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        let network = match ip {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(v6) => format!("{}/64", Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        };
        Self { address: ip.to_string(), network }
    }
}

/// How long an address must wait because it, or its network, is blocked. A look without a lock, before any
/// work is done.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn blocked(
    conn: &mut Conn,
    tenant: TenantId,
    networks: &Networks,
    now: Timestamp,
) -> Result<Option<Duration>, StoreError> {
    let mut longest = None;
    for key in [&networks.address, &networks.network] {
        let until = throttle::peek_network(conn, tenant, key)?.map(|known| known.blocked_until);
        longest = longest.max(until.filter(|until| *until > now));
    }
    Ok(longest.map(|until| until.since(now)))
}

/// Counts a failure against an address and its network.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn count_failure(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    rules: &Login,
    networks: &Networks,
    now: Timestamp,
) -> Result<(), StoreError> {
    let counters = [
        (&networks.address, rules.ip_failures, rules.ip_window),
        (&networks.network, rules.network_failures, rules.network_window),
    ];
    for (key, most, window) in counters {
        let known = throttle::network(tx, tenant, key)?;
        let after = one_failure(known, most, window, rules.ip_block, now);
        throttle::set_network(tx, tenant, key, &after)?;
    }
    Ok(())
}

fn one_failure(
    mut known: NetworkFailures,
    most: u32,
    window: Duration,
    block: Duration,
    now: Timestamp,
) -> NetworkFailures {
    if now.since(known.window_start) >= window {
        known.failures = 0;
        known.window_start = now;
    }
    known.failures = known.failures.saturating_add(1);
    if known.failures > i64::from(most) {
        known.blocked_until = now.plus(block);
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    #[test]
    fn five_tries_are_free_then_the_delay_doubles_to_its_limit() {
        let rules = Login::default();
        let (mut known, mut now) = (AccountFailures::default(), NOW);
        for _ in 0..5 {
            known = one_more(&rules, known, now).unwrap();
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = one_more(&rules, known, now).unwrap_err();
            waits.push(wait.as_secs());
            now = now.plus(wait);
            known = one_more(&rules, known, now).unwrap();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        let later = now.plus(rules.forget_after);
        assert_eq!(one_more(&rules, known, later).unwrap().failures, 1, "forgotten");
        let many = AccountFailures { failures: i64::MAX, ..known };
        assert!(one_more(&rules, many, now.plus(rules.max_delay)).is_ok());
    }

    #[test]
    fn a_073_more_than_the_limit_in_the_window_blocks() {
        let span = Duration::from_secs;
        let mut known = NetworkFailures::default();
        for _ in 0..5 {
            known = one_failure(known, 5, span(300), span(1800), NOW);
        }
        assert_eq!((known.failures, known.blocked_until), (5, Timestamp::from_micros(0)));
        let sixth = one_failure(known, 5, span(300), span(1800), NOW.plus(span(299)));
        assert_eq!(sixth.blocked_until, NOW.plus(span(299 + 1800)));
        let later = one_failure(known, 5, span(300), span(1800), NOW.plus(span(300)));
        assert_eq!((later.failures, later.blocked_until), (1, Timestamp::from_micros(0)));
    }

    #[test]
    fn a_073_an_address_has_one_spelling() {
        let of = |text: &str| Networks::of(text.parse().unwrap());
        assert_eq!(of("::ffff:192.0.2.77"), of("192.0.2.77"));
        assert_eq!(of("192.0.2.77").network, "192.0.2.0/24");
        assert_eq!(of("2001:db8:1:2:3:4:5:6").network, "2001:db8:1:2::/64");
        assert_eq!(of("2001:DB8:1:2::9").network, of("2001:db8:1:2:3:4:5:6").network);
    }
}
