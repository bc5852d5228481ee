//! `application/x-www-form-urlencoded` text as an ordered list that still shows doubled names.

use std::fmt;

use zeroize::Zeroize;

/// The most fields one form or query may carry.
const MOST_FIELDS: usize = 200;

/// A name that was sent more than once, where once was allowed (RFC 6749 §3.1 and §3.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {0} was sent more than once")]
pub struct Doubled(pub String);

/// Why a text is not a list of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldsError {
    /// A `%` that is not followed by two hexadecimal digits, or bytes that are not UTF-8.
    #[error("a parameter is not correctly percent-encoded UTF-8")]
    Encoding,
    /// A NUL, which PostgreSQL's text cannot hold and no parameter needs.
    #[error("a parameter contains a NUL character")]
    Nul,
    /// More than 200 fields.
    #[error("more than 200 parameters")]
    TooMany,
}

/// Decoded fields in the order they were sent. Wiped when dropped: a password may be among them.
#[derive(Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads the text of a body or of a query.
    ///
    /// # Errors
    /// See [`FieldsError`]; nothing is repaired or skipped.
    pub fn parse(text: &[u8]) -> Result<Self, FieldsError> {
        let mut fields = Self::default();
        for part in text.split(|byte| *byte == b'&').filter(|part| !part.is_empty()) {
            if fields.0.len() == MOST_FIELDS {
                return Err(FieldsError::TooMany);
            }
            let at = part.iter().position(|byte| *byte == b'=');
            let (name, value) = match at.and_then(|at| part.split_at_checked(at)) {
                Some((name, rest)) => (name, rest.get(1..).unwrap_or_default()),
                None => (part, &[][..]),
            };
            fields.0.push((decode(name)?, decode(value)?));
        }
        Ok(fields)
    }

    /// Query and body as one list, so that a name sent in both counts as doubled.
    #[must_use]
    pub fn joined(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        self
    }

    /// The fields printed again.
    pub fn to_query(&self) -> String {
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        pairs.join("&")
    }

    /// The one value of `name`. A parameter sent without a value counts as not sent (RFC 6749 §3.1).
    ///
    /// # Errors
    /// [`Doubled`] when the name was sent more than once, even with the same or an empty value.
    pub fn get(&self, name: &str) -> Result<Option<&str>, Doubled> {
        let mut found = self.all(name);
        let first = found.next();
        if found.next().is_some() {
            return Err(Doubled(name.to_owned()));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// Every value of a name that may be repeated (`resource`, RFC 8707 §2), empty ones included.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many fields were sent.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}

/// Names only: values may be passwords, codes and tokens.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Decodes one name or value: `+` is a space, `%XX` a byte; the result must be UTF-8 without NUL.
pub fn decode(text: &[u8]) -> Result<String, FieldsError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                (Some(high), Some(low)) => high * 16 + low,
                _ => return Err(FieldsError::Encoding),
            },
            other => *other,
        });
    }
    if bytes.contains(&0) {
        return Err(FieldsError::Nul);
    }
    String::from_utf8(bytes).map_err(|_| FieldsError::Encoding)
}

/// Encodes a value for a query or a form body (`application/x-www-form-urlencoded`).
pub fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                out.push(HEX.get(usize::from(half)).copied().map_or('0', char::from));
            }
        }
    }
    out
}

fn hex(digit: &u8) -> Option<u8> {
    char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_names_are_seen_and_empty_means_absent() {
        let fields = Fields::parse(b"a=1&b=&c&a=1&d=x%20y+z").unwrap();
        assert_eq!(fields.get("a"), Err(Doubled("a".into())));
        assert_eq!(fields.get("b"), Ok(None));
        assert_eq!(fields.get("c"), Ok(None));
        assert_eq!(fields.get("d"), Ok(Some("x y z")));
        assert_eq!(fields.all("a").count(), 2);
        assert_eq!(Fields::parse(b"a=&a=2").unwrap().get("a"), Err(Doubled("a".into())));
    }

    #[test]
    fn encoded_names_count_as_the_same_name() {
        let fields = Fields::parse(b"client_id=1&client%5Fid=2").unwrap();
        assert!(fields.get("client_id").is_err());
    }

    #[test]
    fn nothing_is_repaired() {
        for bad in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%ff", b"%ff=a"] {
            assert_eq!(Fields::parse(bad), Err(FieldsError::Encoding));
        }
        assert_eq!(Fields::parse(b"a=%00"), Err(FieldsError::Nul));
        assert_eq!(Fields::parse("a=1&".repeat(201).as_bytes()), Err(FieldsError::TooMany));
        assert!(Fields::parse("a=1&".repeat(200).as_bytes()).is_ok());
    }

    #[test]
    fn debug_shows_names_only() {
        let shown = format!("{:?}", Fields::parse(b"password=hunter2").unwrap());
        assert!(shown.contains("password") && !shown.contains("hunter2"));
    }
}
