//! What a source says (`Raw`) and what a setting makes of it (`Setting`).

use std::path::PathBuf;

use crate::kernel::Secret;

/// A value as its source gave it. A file knows types; the environment knows words only.
#[derive(Debug, Clone)]
pub(crate) enum Raw {
    /// A TOML string.
    Text(String),
    /// A TOML integer.
    Integer(i64),
    /// A TOML boolean.
    Boolean(bool),
    /// A TOML array.
    List(Vec<Raw>),
    /// A TOML value no setting takes; the text names its kind.
    Other(&'static str),
    /// The value of an environment variable.
    Word(String),
}

impl Raw {
    /// The text, or which kind of value was found instead.
    pub fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) | Self::Word(text) if text.chars().any(char::is_control) => {
                Err("expected text without line breaks or other control characters".to_owned())
            }
            Self::Text(text) | Self::Word(text) => Ok(text),
            _ => Err(self.instead_of("text")),
        }
    }

    /// The whole number; a word of the environment is read as one.
    pub fn integer(&self) -> Result<i64, String> {
        match self {
            Self::Integer(number) => Ok(*number),
            Self::Word(word) => {
                word.parse().map_err(|_| format!("expected a whole number, found {}", excerpt(word)))
            }
            _ => Err(self.instead_of("a whole number")),
        }
    }

    /// The items. A single text is a list of one; a word of the environment is split at commas.
    pub fn items(&self) -> Result<Vec<Raw>, String> {
        match self {
            Self::List(items) => Ok(items.clone()),
            Self::Text(text) if text.is_empty() => Ok(Vec::new()),
            Self::Text(text) => Ok(vec![Self::Text(text.clone())]),
            Self::Word(word) => Ok(word
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Self::Word(item.to_owned()))
                .collect()),
            _ => Err(self.instead_of("a list")),
        }
    }

    /// `expected …, found …` by kind only: the value may be a secret.
    pub fn instead_of(&self, expected: &str) -> String {
        let found = match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "a whole number",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
            Self::Other(kind) => kind,
            Self::Word(_) => "a word",
        };
        format!("expected {expected}, found {found}")
    }
}

/// A type a setting may have.
pub(crate) trait Setting: Clone + 'static {
    /// Whether the value may carry a secret: it is never shown and may come from a `…_FILE`.
    const SECRET: bool = false;
    /// Whether there is no sensible default.
    const REQUIRED: bool = false;

    /// The type's name in the reference.
    fn kind() -> String;
    /// Reads a value; the error says what was expected.
    fn parse(raw: &Raw) -> Result<Self, String>;
    /// The value as TOML, without secrets.
    fn show(&self) -> String;
}

impl Setting for bool {
    fn kind() -> String {
        "true or false".to_owned()
    }

    fn parse(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Boolean(value) => Ok(*value),
            Raw::Word(word) => {
                word.parse().map_err(|_| format!("expected true or false, found {}", excerpt(word)))
            }
            _ => Err(raw.instead_of("true or false")),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Whole numbers of one width.
macro_rules! whole_number {
    ($($Type:ty),+) => {$(
        impl Setting for $Type {
            fn kind() -> String {
                "integer".to_owned()
            }

            fn parse(raw: &Raw) -> Result<Self, String> {
                let number = raw.integer()?;
                Self::try_from(number).map_err(|_| format!("{number} is out of range"))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

whole_number!(u32, usize);

impl Setting for String {
    fn kind() -> String {
        "text".to_owned()
    }

    fn parse(raw: &Raw) -> Result<Self, String> {
        raw.text().map(str::to_owned)
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl Setting for PathBuf {
    fn kind() -> String {
        "path".to_owned()
    }

    fn parse(raw: &Raw) -> Result<Self, String> {
        raw.text().map(Self::from)
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl Setting for Secret {
    const SECRET: bool = true;

    fn kind() -> String {
        "secret text".to_owned()
    }

    fn parse(raw: &Raw) -> Result<Self, String> {
        raw.text().map(Self::new)
    }

    fn show(&self) -> String {
        quoted(if self.expose().is_empty() { "" } else { "…" })
    }
}

/// A TOML basic string (TOML 1.0, "String").
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A short, single-line quotation of what somebody wrote, for messages. Never for secrets.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    let short: String = text.chars().take(LONGEST).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{}{more}", quoted(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_toml_again() {
        let nasty = "a\"b\\c\nd\u{7f}\u{1}é";
        let document = format!("x = {}", quoted(nasty));
        let table = toml::de::DeTable::parse(&document).unwrap();
        let (_, value) = table.get_ref().iter().next().unwrap();
        assert!(matches!(value.get_ref(), toml::de::DeValue::String(text) if text == nasty));
    }

    #[test]
    fn a_file_is_typed_and_the_environment_is_not() {
        assert!(u32::parse(&Raw::Text("20".to_owned())).is_err());
        assert_eq!(u32::parse(&Raw::Word("20".to_owned())), Ok(20));
        assert!(bool::parse(&Raw::Text("true".to_owned())).is_err());
        assert_eq!(bool::parse(&Raw::Word("true".to_owned())), Ok(true));
    }

    #[test]
    fn messages_about_secrets_do_not_repeat_them() {
        let message = Secret::parse(&Raw::Word("hunter2\n".to_owned())).unwrap_err();
        assert!(!message.contains("hunter2"), "{message}");
        assert_eq!(Secret::new("hunter2").show(), "\"…\"");
    }
}
