//! A brake on guessing: failures of one client from one network, counted in memory.
//!
//! Only failures count, so an honest client is never slowed. The table is bounded; what is evicted is what
//! has failed least recently. A node counts for itself: the limit is per node.

use std::net::IpAddr;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::kernel::{TenantId, Timestamp};

/// Pairs of client and network remembered.
const REMEMBERED: usize = 65_536;
const WINDOW: Duration = Duration::from_secs(60);

/// The longest name remembered, in bytes; every client's identifier is shorter. What is longer names nobody and
/// counts as one name, or 65,536 invented ones of a form's size would fill gigabytes.
const LONGEST: usize = 255;

type Key = (TenantId, String, Option<IpAddr>);

fn key(tenant: TenantId, client: &str, ip: Option<IpAddr>) -> Key {
    let client = if client.len() > LONGEST { "" } else { client };
    (tenant, client.to_owned(), ip)
}

/// Counts failures of (tenant, client, address) in windows of a minute.
pub struct FailureLimiter {
    seen: Cache<Key, (Timestamp, u32)>,
    most: u32,
}

impl FailureLimiter {
    /// A limiter that lets `most` failures a minute pass; 0 for no limit.
    pub fn new(most: u32) -> Self {
        Self { seen: Cache::new(REMEMBERED), most }
    }

    /// How long this client must wait, if it failed too often from this address.
    pub fn wait(
        &self,
        tenant: TenantId,
        client: &str,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Option<Duration> {
        if self.most == 0 || self.seen.is_empty() {
            return None;
        }
        let (start, count) = self.seen.get(&key(tenant, client, ip))?;
        let age = now.since(start);
        (age < WINDOW && count >= self.most).then(|| WINDOW.saturating_sub(age))
    }

    /// How many pairs are remembered.
    pub fn remembered(&self) -> usize {
        self.seen.len()
    }

    /// Counts a failure.
    pub fn failed(&self, tenant: TenantId, client: &str, ip: Option<IpAddr>, now: Timestamp) {
        let key = key(tenant, client, ip);
        let (start, count) =
            self.seen.get(&key).filter(|(start, _)| now.since(*start) < WINDOW).unwrap_or((now, 0));
        self.seen.insert(key, (start, count.saturating_add(1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Rng;

    #[test]
    fn a_035_only_the_one_that_fails_is_slowed_and_only_for_a_minute() {
        let limiter = FailureLimiter::new(3);
        let now = Timestamp::from_seconds(1_000);
        let tenant = TenantId::new(now, &Rng::seeded(1));
        let here = Some(IpAddr::from([192, 0, 2, 1]));
        for _ in 0..3 {
            assert_eq!(limiter.wait(tenant, "a", here, now), None);
            limiter.failed(tenant, "a", here, now);
        }
        assert!(limiter.wait(tenant, "a", here, now).is_some());
        assert_eq!(limiter.wait(tenant, "b", here, now), None);
        assert_eq!(limiter.wait(tenant, "a", Some(IpAddr::from([192, 0, 2, 2])), now), None);
        assert_eq!(limiter.wait(tenant, "a", here, now.plus(WINDOW)), None);
    }

    #[test]
    fn a_035_invented_names_take_no_room() {
        let limiter = FailureLimiter::new(3);
        let now = Timestamp::from_seconds(1_000);
        let tenant = TenantId::new(now, &Rng::seeded(1));
        for letter in ["a", "b", "c"] {
            limiter.failed(tenant, &letter.repeat(60_000), None, now);
        }
        assert_eq!(limiter.seen.len(), 1);
        assert!(limiter.wait(tenant, &"d".repeat(256), None, now).is_some());
        assert_eq!(limiter.wait(tenant, &"d".repeat(255), None, now), None);
    }
}
