//! Spans of time: `"90s"`, `"10m"`, `"12h"`, `"14d"`, `"250ms"`, or whole seconds.

use std::time::Duration;

use super::value::{Raw, Setting, excerpt, quoted};

/// Units from the largest to the smallest, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// `n` milliseconds.
pub(crate) const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// `n` seconds.
pub(crate) const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// `n` minutes.
pub(crate) const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// `n` hours.
pub(crate) const fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 3_600)
}

/// `n` days of 24 hours.
pub(crate) const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 86_400)
}

impl Setting for Duration {
    fn kind() -> String {
        "duration".to_owned()
    }

    fn parse(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Integer(number) => {
                u64::try_from(*number).map(secs).map_err(|_| format!("{number} is out of range"))
            }
            Raw::Text(text) | Raw::Word(text) => from_text(text).ok_or_else(|| {
                format!(
                    "expected a duration such as \"90s\", \"10m\", \"12h\" or \"14d\", found {}",
                    excerpt(text)
                )
            }),
            _ => Err(raw.instead_of("a duration such as \"10m\", or whole seconds")),
        }
    }

    fn show(&self) -> String {
        let total = u64::try_from(self.as_millis()).unwrap_or(u64::MAX);
        let (unit, size) =
            UNITS.into_iter().find(|(_, size)| total % size == 0 && total >= *size).unwrap_or(("s", 1_000));
        quoted(&format!("{}{unit}", total / size))
    }
}

/// Digits and a unit; digits alone are seconds.
fn from_text(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end)?;
    let number: u64 = digits.parse().ok()?;
    let unit = if unit.is_empty() { "s" } else { unit };
    let (_, size) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(size).map(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown_alike() {
        for (text, value) in [
            ("0s", secs(0)),
            ("250ms", millis(250)),
            ("90s", secs(90)),
            ("10m", minutes(10)),
            ("12h", hours(12)),
            ("14d", days(14)),
        ] {
            assert_eq!(from_text(text), Some(value));
            assert_eq!(value.show(), quoted(text));
        }
        assert_eq!(minutes(60).show(), "\"1h\"");
        assert_eq!(from_text("45"), Some(secs(45)));
    }

    #[test]
    fn what_is_not_a_duration_is_refused() {
        for text in ["", "s", "-1s", "1.5h", "1 h", "10x", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(from_text(text), None, "{text}");
        }
        assert!(Duration::parse(&Raw::Integer(-1)).is_err());
    }
}
