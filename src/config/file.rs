//! Reads a TOML file into raw values that still know their line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::error::{Origin, Problem};
use super::section::join;
use super::value::{Raw, excerpt};

/// A raw value and where it was written.
#[derive(Debug)]
pub(crate) struct Entry {
    pub raw: Raw,
    pub origin: Origin,
    /// The key as the operator wrote it: a dotted path or a variable.
    pub written: String,
}

/// What one source sets, by dotted path.
pub(crate) type Layer = BTreeMap<String, Entry>;

/// The names a file may use.
pub(crate) struct Names<'a> {
    /// Dotted paths of the sections.
    pub sections: &'a BTreeSet<String>,
    /// Whether a dotted path is a setting.
    pub is_key: &'a dyn Fn(&str) -> bool,
}

/// Reads the file. Only sections are descended into; anything else is one entry.
pub(crate) fn read(path: &Path, names: &Names<'_>) -> Result<Layer, Problem> {
    let shown = path.display().to_string();
    let failed = |line, key: String, message: String| Problem {
        origin: Origin::File(shown.clone(), line),
        key,
        message,
    };
    let bytes =
        std::fs::read(path).map_err(|e| failed(None, String::new(), format!("cannot be read: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..good).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
        failed(Some(line), String::new(), "is not UTF-8".to_owned())
    })?;
    let table = DeTable::parse(&text).map_err(|error| {
        let at = error.span().map(|span| span.start);
        let key = at.and_then(|at| key_at(&text, at, names)).unwrap_or_default();
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        failed(at.map(|at| line_of(&text, at)), key, message)
    })?;
    let mut layer = Layer::new();
    collect(table.get_ref(), "", &text, &shown, names, &mut layer);
    Ok(layer)
}

/// Files the values of a table, and of the sections inside it.
fn collect(table: &DeTable<'_>, at: &str, text: &str, file: &str, names: &Names<'_>, layer: &mut Layer) {
    for (key, value) in table.iter() {
        let path = join(at, &plain(key.get_ref()));
        match value.get_ref() {
            DeValue::Table(inner) if names.sections.contains(&path) => {
                collect(inner, &path, text, file, names, layer);
            }
            other => {
                let origin = Origin::File(file.to_owned(), Some(line_of(text, key.span().start)));
                layer.insert(path.clone(), Entry { raw: raw(other), origin, written: path });
            }
        }
    }
}

/// A key as it may stand in a path: `"server.bind"` in quotes is not `server.bind`.
fn plain(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare && key.len() <= 80 { key.to_owned() } else { excerpt(key) }
}

/// Keeps what a setting can be made of.
fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Raw::Other("a number that is too large"), Raw::Integer),
        DeValue::Float(_) => Raw::Other("a fraction"),
        DeValue::Boolean(value) => Raw::Boolean(*value),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Array(items) => Raw::List(items.iter().map(|item| raw(item.get_ref())).collect()),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}

/// The line of a byte offset, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
}

/// The known key or section written on the line of a syntax error. Only names of ours are repeated: the
/// line may be a secret in the wrong place.
fn key_at(text: &str, offset: usize, names: &Names<'_>) -> Option<String> {
    let mut section = "";
    let mut found = None;
    for line in text.lines().take(line_of(text, offset)) {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            section = header.split(']').next().unwrap_or_default().trim();
            found = Some(section.to_owned());
        } else {
            found = line.split_once('=').map(|(name, _)| join(section, name.trim()));
        }
    }
    found.filter(|path| names.sections.contains(path) || (names.is_key)(path))
}
