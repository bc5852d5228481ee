//! What can be told from the declarations alone: the list of keys, the manual, the redacted print-out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::environment::PREFIX;
use super::section::{Section, Spec, Visitor};
use super::settings::Config;
use super::value::Setting;

/// One setting, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Dotted path: `server.tls.certificate`.
    pub path: String,
    /// Environment variable: `PORTICO_SERVER__TLS__CERTIFICATE`.
    pub env: String,
    /// Type and bounds, in words.
    pub kind: String,
    /// The default as TOML; of no meaning if the setting is required.
    pub default: String,
    /// Whether the setting has no default.
    pub required: bool,
    /// Whether the value may carry a secret: never printed, and may come from a file.
    pub secret: bool,
    /// What the setting does, in one paragraph.
    pub meaning: String,
}

impl Key {
    /// The variable of a dotted path.
    pub(crate) fn env_of(path: &str) -> String {
        format!("{PREFIX}{}", path.to_ascii_uppercase().replace('.', "__"))
    }

    /// The variable that names a file to read a secret from.
    pub fn env_file(&self) -> Option<String> {
        self.secret.then(|| format!("{}_FILE", self.env))
    }
}

/// Every setting, in the order of the reference.
pub fn keys() -> Vec<Key> {
    catalogue().0
}

/// Every setting, and the dotted path of every section (the top of the file is the empty path).
pub(crate) fn catalogue() -> (Vec<Key>, BTreeSet<String>) {
    let mut manual = Manual::default();
    Config::default().visit("", &mut manual);
    let keys = manual.chapters.iter().flat_map(|chapter| chapter.keys.clone()).collect();
    (keys, manual.chapters.into_iter().map(|chapter| chapter.at).collect())
}

/// The manual of all settings in Markdown: docs/configuration.md.
pub fn reference() -> String {
    let mut manual = Manual::default();
    Config::default().visit("", &mut manual);
    let mut out = INTRODUCTION.to_owned();
    for chapter in &manual.chapters {
        let title = if chapter.at.is_empty() { "Top level".to_owned() } else { format!("[{}]", chapter.at) };
        let _ = write!(out, "\n## {title}\n\n{}\n\n", chapter.about);
        if chapter.keys.is_empty() {
            continue;
        }
        out.push_str("| Key | Environment | Type | Default | Meaning |\n|---|---|---|---|---|\n");
        for key in &chapter.keys {
            out.push_str(&row(key));
        }
    }
    out
}

/// How the manual begins.
const INTRODUCTION: &str = "\
# Configuration

<!-- Generated from src/config/settings by `portico config reference`; edit the doc comments there. -->

Portico reads one TOML file: the one named by `--config` or `PORTICO_CONFIG`, else `portico.toml` in the
working directory if there is one. The environment goes over the file, the file over the defaults. Only
`public_url` must be set.

- **Environment.** Every key has a variable, named in the tables. Lists are separated by commas.
- **Secrets from files.** Where two variables are named, the one ending in `_FILE` holds the path of a file
  whose content is the value, without the line break at its end.
- **Durations** are `\"250ms\"`, `\"90s\"`, `\"10m\"`, `\"12h\"`, `\"14d\"`, or whole seconds as a number.
- **Mistakes** are never ignored: an unknown key or variable, a wrong type or a value out of range stops the
  start, each with file, line and key and, for an unknown name, the nearest known one.
- `portico config check` tries a configuration, `portico config print` shows the settings in effect with the
  secrets left out.
";

/// A line of a table.
fn row(key: &Key) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let file = key.env_file().map(|file| format!("<br>`{file}`")).unwrap_or_default();
    let default = if key.required { "**required**".to_owned() } else { format!("`{}`", cell(&key.default)) };
    let name = key.path.rsplit('.').next().unwrap_or_default();
    let (kind, meaning) = (cell(&key.kind), cell(&key.meaning));
    format!("| `{name}` | `{}`{file} | {kind} | {default} | {meaning} |\n", key.env)
}

/// Collects descriptions, section by section.
#[derive(Default)]
struct Manual {
    chapters: Vec<Chapter>,
}

/// One section of the manual.
struct Chapter {
    at: String,
    about: String,
    keys: Vec<Key>,
}

impl Visitor for Manual {
    fn section(&mut self, at: &str, about: &'static [&'static str]) {
        self.chapters.push(Chapter { at: at.to_owned(), about: paragraph(about), keys: Vec::new() });
    }

    fn setting<T: Setting>(&mut self, spec: &Spec<'_, T>, value: &mut T) {
        let path = spec.path();
        let bounds = spec.bounds.map(|bounds| format!(", {}", bounds.describe())).unwrap_or_default();
        let key = Key {
            env: Key::env_of(&path),
            kind: format!("{}{bounds}", T::kind()),
            default: value.show(),
            required: T::REQUIRED,
            secret: T::SECRET,
            meaning: paragraph(spec.doc),
            path,
        };
        if let Some(chapter) = self.chapters.last_mut() {
            chapter.keys.push(key);
        }
    }
}

/// Joins the lines of a doc comment.
fn paragraph(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Writes the settings in effect.
#[derive(Default)]
struct Printer {
    out: String,
}

impl Visitor for Printer {
    fn section(&mut self, at: &str, _: &'static [&'static str]) {
        if !at.is_empty() {
            let _ = write!(self.out, "\n[{at}]\n");
        }
    }

    fn setting<T: Setting>(&mut self, spec: &Spec<'_, T>, value: &mut T) {
        let _ = writeln!(self.out, "{} = {}", spec.name, value.show());
    }
}

impl Config {
    /// The settings in effect as TOML, with `…` in place of secrets.
    pub fn print_redacted(&self) -> String {
        let mut printer = Printer::default();
        self.clone().visit("", &mut printer);
        printer.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Secret;

    /// `UPDATE_DOCS=1 cargo test` writes the page anew.
    #[test]
    fn the_page_in_docs_is_the_reference() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(page == reference(), "docs/configuration.md is old: run the tests once with UPDATE_DOCS=1");
    }

    #[test]
    fn every_key_is_described_once() {
        let keys = keys();
        assert!(keys.len() > 60);
        let paths: BTreeSet<_> = keys.iter().map(|key| &key.path).collect();
        assert_eq!(paths.len(), keys.len());
        for key in &keys {
            assert!(key.meaning.ends_with('.'), "{}: {:?}", key.path, key.meaning);
        }
        let secret: Vec<_> = keys.iter().filter(|key| key.secret).map(|key| key.path.as_str()).collect();
        assert_eq!(secret, ["database.url", "mail.smtp_url"]);
        assert_eq!(keys.iter().filter(|key| key.required).count(), 1);
    }

    #[test]
    fn printing_shows_everything_but_secrets() {
        let mut config = Config::for_tests();
        config.mail.smtp_url = Secret::new("smtp://u:hunter2@mail");
        let printed = config.print_redacted();
        assert!(printed.contains("smtp_url = \"…\"") && !printed.contains("hunter2"), "{printed}");
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(printed.starts_with("public_url = \"http://localhost:8080\"\n\n[server]\n"));
    }
}
