//! Time as a value: the one place that reads the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A moment in UTC, in microseconds since 1970-01-01; the unit of every time column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment from microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// A moment from whole seconds since the epoch (a JWT NumericDate, RFC 7519 §2).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Whole milliseconds since the epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// This moment moved later; saturates at the end of time.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros_of(span)))
    }

    /// This moment moved earlier; saturates.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros_of(span)))
    }

    /// How long after `earlier` this is; zero when it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<i64> for Timestamp {
    fn from(micros: i64) -> Self {
        Self(micros)
    }
}

fn micros_of(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Where "now" comes from: the system in production, a hand-moved value in tests.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that moves only when told to; clones share it.
    Frozen(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at` until [`Clock::advance`] moves it.
    pub fn frozen(at: Timestamp) -> Self {
        Self::Frozen(Arc::new(AtomicI64::new(at.micros())))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
                let span = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(micros_of(span))
            }
            Self::Frozen(micros) => Timestamp(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a frozen clock forward; does nothing to the system's.
    pub fn advance(&self, span: Duration) {
        if let Self::Frozen(micros) = self {
            micros.fetch_add(micros_of(span), Ordering::SeqCst);
        }
    }

    /// Moves a frozen clock backward, as a wrongly set system clock does; does nothing to the system's.
    pub fn rewind(&self, span: Duration) {
        if let Self::Frozen(micros) = self {
            micros.fetch_sub(micros_of(span), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frozen_clock_moves_only_when_told() {
        let clock = Clock::frozen(Timestamp::from_seconds(100));
        let other = clock.clone();
        other.advance(Duration::from_millis(1500));
        assert_eq!(clock.now(), Timestamp::from_micros(101_500_000));
        assert_eq!(clock.now().seconds(), 101);
    }

    #[test]
    fn spans_never_go_negative() {
        let early = Timestamp::from_seconds(1);
        assert_eq!(early.since(early.plus(Duration::from_secs(5))), Duration::ZERO);
        assert_eq!(Timestamp::from_micros(-1).seconds(), -1);
    }
}
