//! What a command says, and how it ends.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::{Map, Value, json};

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object
    Json,
}

/// Why a command ended without doing what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// Refused or failed: exit code 1.
    Refused(String),
    /// Asked for in a wrong way: exit code 2.
    Usage(String),
    /// Failed after the result was printed: exit code 1 and no more words.
    Told,
}

impl Failure {
    pub(super) fn refused(why: impl Display) -> Self {
        Self::Refused(why.to_string())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) | Self::Usage(why) => f.write_str(why),
            Self::Told => Ok(()),
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::refused(error)
    }
}

/// Prints results on standard output and failures on standard error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    format: Format,
}

impl Output {
    pub(super) const fn new(format: Format) -> Self {
        Self { format }
    }

    /// Prints one thing: as JSON, or as one line for each of its fields.
    pub(super) fn object(self, object: &Value) {
        match self.format {
            Format::Json => self.line(&object.to_string()),
            Format::Text => self.line(&fields(object)),
        }
    }

    /// Prints many things: as `{"<name>": […], "next": …}`, or as a table of some of their fields. `next` is
    /// the key to continue a list after.
    pub(super) fn list(self, name: &str, rows: &[Value], columns: &[&str], next: Option<&str>) {
        match self.format {
            Format::Json => {
                let mut whole = Map::new();
                whole.insert(name.to_owned(), json!(rows));
                whole.insert("next".to_owned(), json!(next));
                self.line(&Value::Object(whole).to_string());
            }
            Format::Text => {
                self.line(&table(rows, columns));
                if let Some(next) = next {
                    self.line(&format!("more: continue with --after {}", plain(next)));
                }
            }
        }
    }

    /// Prints one thing and the many it consists of: as one object, or as lines and a table below them.
    pub(super) fn report(self, object: &Value, name: &str, rows: &[Value], columns: &[&str]) {
        match self.format {
            Format::Json => {
                let mut whole = object.clone();
                if let Some(whole) = whole.as_object_mut() {
                    whole.insert(name.to_owned(), json!(rows));
                }
                self.line(&whole.to_string());
            }
            Format::Text => {
                self.line(&fields(object));
                self.line(&table(rows, columns));
            }
        }
    }

    /// Prints text in text format only.
    pub(super) fn text(self, text: &str) {
        if self.format == Format::Text {
            self.line(text);
        }
    }

    /// Prints text whatever the format: for what is a document itself.
    pub(super) fn document(self, text: &str) {
        self.line(text.trim_end());
    }

    fn line(self, text: &str) {
        // Whoever reads may have seen enough and closed the pipe; the work is done all the same.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// Says why a command failed, in one line, and gives its exit code.
    pub(super) fn failed(self, failure: &Failure) -> ExitCode {
        let (why, code) = match failure {
            Failure::Refused(why) => (why, 1),
            Failure::Usage(why) => (why, 2),
            Failure::Told => return ExitCode::from(1),
        };
        let _ = writeln!(std::io::stderr().lock(), "portico: {}", plain(why));
        ExitCode::from(code)
    }
}

/// `name   value` lines.
fn fields(object: &Value) -> String {
    let Value::Object(object) = object else { return word(object) };
    let width = object.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    let shown = object.iter().filter(|(_, value)| !is_nothing(value));
    let lines: Vec<String> = shown.map(|(name, value)| format!("{name:width$}  {}", word(value))).collect();
    lines.join("\n")
}

/// Columns under their names.
fn table(rows: &[Value], columns: &[&str]) -> String {
    let head = columns.iter().map(|name| name.to_uppercase()).collect();
    let body = rows
        .iter()
        .map(|row| columns.iter().map(|name| row.get(name).map(word).unwrap_or_default()).collect());
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
    let width =
        |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns.len()).map(|at| width(at).unwrap_or_default()).collect();
    let padded = lines.iter().map(|line| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    padded.collect::<Vec<_>>().join("\n")
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => plain(text),
        Value::Array(values) => values.iter().map(word).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A text that cannot move the cursor or turn the direction of a terminal.
fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_190_a_name_cannot_steer_the_terminal() {
        assert_eq!(fields(&json!({ "name": "a\u{1b}[2Jb\nc" })), "name  a [2Jb c");
    }

    #[test]
    fn tables_line_up() {
        let rows = [json!({ "id": "1", "name": "Ada" }), json!({ "id": "22", "name": null })];
        assert_eq!(table(&rows, &["id", "name"]), "ID  NAME\n1   Ada\n22  -");
    }
}
