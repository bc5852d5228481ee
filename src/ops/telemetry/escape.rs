//! How a value stands in a log line: escaped, whatever is in it (A-190).

use std::fmt::Write as _;

use time::OffsetDateTime;

use crate::kernel::Timestamp;

pub(super) fn push_quoted(line: &mut String, value: &str) {
    line.push('"');
    push_escaped(line, value);
    line.push('"');
}

/// Escapes as JSON does (RFC 8259 §7), and beyond it whatever a terminal or a browser could act on: DEL, the
/// C1 controls, the line separators, and `<`.
pub(super) fn push_escaped(line: &mut String, value: &str) {
    if value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'<')) {
        return line.push_str(value);
    }
    for character in value.chars() {
        match character {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            '\0'..='\x1f'
            | '<'
            | '\x7f'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                let _written = write!(line, "\\u{:04x}", u32::from(character));
            }
            other => line.push(other),
        }
    }
}

/// RFC 3339 in UTC with microseconds.
pub(super) fn push_time(line: &mut String, now: Timestamp) {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp(now.seconds()) else { return };
    let _written = write!(
        line,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        moment.year(),
        u8::from(moment.month()),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second(),
        now.micros().rem_euclid(1_000_000),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        let mut line = String::new();
        push_time(&mut line, Timestamp::from_micros(1_700_000_000_000_042));
        assert_eq!(line, "2023-11-14T22:13:20.000042Z");
    }
}
