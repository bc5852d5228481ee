//! JSON objects as a security decision needs them: one value per name, and no bottomless nesting.
//!
//! RFC 8259 §4 lets readers disagree about a repeated name; two readers of one token must not (RFC 7515
//! §4, A-054). serde_json keeps the last one silently, so the text is walked once before it is read.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// No claim set or header nests deeper.
const MAX_DEPTH: u8 = 16;

/// Why a text is not an acceptable JSON object of the wanted form. The detail names positions and our own
/// member names, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an acceptable JSON object: {0}")]
pub struct StrictJsonError(String);

/// Reads a JSON object into `T`.
///
/// # Errors
/// When the text is not one JSON object, repeats a member name at any level, nests deeper than 16, has a
/// number beyond a double's range, or does not fit `T`.
pub fn parse_object<T: DeserializeOwned>(json: &[u8]) -> Result<T, StrictJsonError> {
    let mut walker = serde_json::Deserializer::from_slice(json);
    walker.deserialize_map(Walk { depth: 1 }).and_then(|()| walker.end()).map_err(|error| told(&error))?;
    serde_json::from_slice(json).map_err(|error| told(&error))
}

fn told(error: &serde_json::Error) -> StrictJsonError {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "unsuitable content",
        serde_json::error::Category::Eof => "cut short",
        _ => "not JSON",
    };
    StrictJsonError(format!("{kind} at column {}", error.column()))
}

#[derive(Clone, Copy)]
struct Walk {
    depth: u8,
}

impl Walk {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Walk {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = Vec::new();
        while let Some(name) = members.next_key_seed(Name)? {
            names.push(name);
            members.next_value_seed(inner)?;
        }
        // Sorting keeps a hostile object with thousands of names cheap.
        names.sort_unstable();
        let repeated = names.iter().zip(names.iter().skip(1)).any(|(one, next)| one == next);
        if repeated { Err(A::Error::custom("a member name is repeated")) } else { Ok(()) }
    }
}

/// A member name, borrowed from the text unless it has escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    fn read(json: &str) -> Result<Map<String, Value>, StrictJsonError> {
        parse_object(json.as_bytes())
    }

    #[test]
    fn a_054_repeated_names_are_refused_at_every_level() {
        assert!(read(r#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#).is_ok());
        for bad in [
            r#"{"alg":"ES256","alg":"none"}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":{"b":1,"b":1}}"#,
            r#"{"a":[{"b":1,"c":2,"b":1}]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_053_deep_nesting_and_odd_texts_are_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(read(&deep).is_err());
        let fits = format!("{{\"a\":{}{}}}", "[".repeat(14), "]".repeat(14));
        assert!(read(&fits).is_ok());
        for bad in
            ["", "[]", "null", "\"a\"", "{\"a\":1}x", "{\"a\":1e400}", "{\"a\":NaN}", "{'a':1}", "{\"a\":1"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_error_does_not_repeat_the_text() {
        let text = parse_object::<u8>(br#"{"secret":"hunter2"}"#).unwrap_err().to_string();
        assert!(!text.contains("hunter2"), "{text}");
    }
}
