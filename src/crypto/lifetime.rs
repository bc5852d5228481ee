//! The time claims of a JWT, judged by the caller's clock (RFC 7519 §4.1.4-6).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::kernel::Timestamp;

/// `exp`, `nbf` and `iat`, in whole seconds as Portico writes them. Meant to be flattened into a claim set
/// or read beside one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// The first second in which the token is no longer good.
    pub exp: i64,
    /// The first second in which it is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
}

/// Why a token does not count now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifetimeError {
    /// `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is still to come.
    #[error("the token is not valid yet")]
    NotYet,
}

impl Lifetime {
    /// Judges the token at `now`, forgiving clocks that differ by up to `leeway`.
    ///
    /// # Errors
    /// [`LifetimeError`] when it has expired or is not valid yet.
    pub fn check(&self, now: Timestamp, leeway: Duration) -> Result<(), LifetimeError> {
        if now.minus(leeway) >= Timestamp::from_seconds(self.exp) {
            return Err(LifetimeError::Expired);
        }
        let starts = self.nbf.into_iter().chain(self.iat).max();
        if starts.is_some_and(|start| Timestamp::from_seconds(start) > now.plus(leeway)) {
            return Err(LifetimeError::NotYet);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_from_its_start_to_just_before_its_end() {
        let life = Lifetime { exp: 200, nbf: Some(100), iat: Some(90) };
        let at = |seconds| life.check(Timestamp::from_seconds(seconds), Duration::ZERO);
        assert_eq!(at(99), Err(LifetimeError::NotYet));
        assert_eq!(at(100), Ok(()));
        assert_eq!(at(199), Ok(()));
        assert_eq!(at(200), Err(LifetimeError::Expired));
        let leeway = Duration::from_secs(10);
        assert_eq!(life.check(Timestamp::from_seconds(209), leeway), Ok(()));
        assert_eq!(life.check(Timestamp::from_seconds(210), leeway), Err(LifetimeError::Expired));
        assert_eq!(life.check(Timestamp::from_seconds(90), leeway), Ok(()));
    }

    #[test]
    fn a_054_times_of_another_form_are_refused() {
        for bad in [r#"{"exp":"200"}"#, r#"{"exp":1e400}"#, r#"{"exp":1.5}"#, r#"{"exp":[1]}"#, "{}"] {
            assert!(super::super::parse_object::<Lifetime>(bad.as_bytes()).is_err(), "{bad}");
        }
        let extreme = Lifetime { exp: i64::MAX, nbf: Some(i64::MIN), iat: None };
        assert_eq!(extreme.check(Timestamp::from_seconds(1), Duration::ZERO), Ok(()));
    }
}
