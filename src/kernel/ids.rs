//! Typed identifiers: UUIDv7 (RFC 9562 §5.7), so that rows made together lie together; text in the database.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Rng, Timestamp};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: the time in milliseconds, then 74 random bits.
            pub fn new(now: Timestamp, rng: &Rng) -> Self {
                let millis = u64::try_from(now.millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &rng.bytes()).into_uuid())
            }

            /// Reads the hyphenated lower-case form and nothing else; `None` otherwise.
            pub fn parse(text: &str) -> Option<Self> {
                let id = Uuid::try_parse(text).ok()?;
                (text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase())).then_some(Self(id))
            }

            /// The 16 bytes, for binding into sealed values.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the 16 bytes of [`Self::as_bytes`].
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.as_hyphenated(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.as_hyphenated())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or("not an id")
            }
        }
    };
}

id!(
    /// A tenant: the first argument of every storage function.
    TenantId
);
id!(
    /// A person or service account; the public `sub` (OpenID Connect Core §2).
    UserId
);
id!(
    /// A browser's signed-in session; its `sid` in tokens.
    SessionId
);
id!(
    /// One authorization: what one code turned into, and every token that descends from it.
    GrantId
);
id!(
    /// A signing key's row; the published `kid` is its thumbprint.
    KeyId
);
id!(
    /// An authorization request that waits for a person.
    FlowId
);
id!(
    /// One request: on the error page, in the log line and in the audit row.
    RequestId
);

/// A client identifier (RFC 6749 §2.2): text, because imported clients keep theirs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(String);

impl ClientId {
    /// Wraps an identifier already known to be well formed (printable ASCII, RFC 6749 appendix A.1).
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A new random identifier.
    pub fn new(now: Timestamp, rng: &Rng) -> Self {
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        Self(
            uuid::Builder::from_unix_timestamp_millis(millis, &rng.bytes())
                .into_uuid()
                .as_hyphenated()
                .to_string(),
        )
    }

    /// The identifier as sent on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ClientId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_round_trip() {
        let rng = Rng::seeded(1);
        let a = UserId::new(Timestamp::from_seconds(1_000), &rng);
        let b = UserId::new(Timestamp::from_seconds(1_001), &rng);
        assert!(a < b);
        assert_eq!(UserId::parse(&a.to_string()), Some(a));
        assert_eq!(UserId::from_bytes(*a.as_bytes()), a);
    }

    #[test]
    fn only_one_spelling_is_an_id() {
        let id = UserId::new(Timestamp::from_seconds(1), &Rng::seeded(2)).to_string();
        assert_eq!(UserId::parse(&id.to_uppercase()), None);
        assert_eq!(UserId::parse(&id.replace('-', "")), None);
        assert_eq!(UserId::parse(&format!("{{{id}}}")), None);
    }
}
