//! Values on the command line: spans of time, moments, a password from standard input.

use std::io::Read as _;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::kernel::{Secret, Timestamp};

use super::output::Failure;

/// More than the longest password there may be.
const LONGEST_INPUT: u64 = 8_192;

/// A span: `90s`, `10m`, `24h`, `14d`, or whole seconds.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a span such as 90s, 10m, 24h or 14d, found {text:?}");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 3_600,
        Some("d") => 86_400,
        _ => return Err(expected()),
    };
    let count: u32 = digits.parse().map_err(|_| expected())?;
    Ok(Duration::from_secs(u64::from(count) * factor))
}

/// A moment as RFC 3339 text, to the second.
pub(super) fn moment(at: Timestamp) -> String {
    let known = OffsetDateTime::from_unix_timestamp(at.seconds()).ok();
    known.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_else(|| at.seconds().to_string())
}

/// A moment that may not have come.
pub(super) fn moment_of(micros: Option<i64>) -> Option<String> {
    micros.map(|micros| moment(Timestamp::from_micros(micros)))
}

/// The password on standard input, without the line break at its end.
pub(super) fn password_from_stdin() -> Result<Secret, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = std::io::stdin().lock().take(LONGEST_INPUT).read_to_string(&mut text);
    read.map_err(|error| Failure::refused(format!("cannot read the password from standard input: {error}")))?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Failure::Refused("no password on standard input".to_owned()));
    }
    Ok(Secret::new(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units() {
        assert_eq!(span("90"), Ok(Duration::from_secs(90)));
        assert_eq!(span("24h"), Ok(Duration::from_secs(86_400)));
        for bad in ["", "h", "1w", "-1s", "1.5h", "99999999999d"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn moments_are_rfc_3339() {
        assert_eq!(moment(Timestamp::from_seconds(1_700_000_000)), "2023-11-14T22:13:20Z");
    }
}
