//! Rust source as a stream of words: comments and literals gone, so that only code is judged.

use std::fs;
use std::path::Path;

/// One source file.
pub struct Source {
    /// Path from the package's root, with forward slashes.
    pub path: String,
    /// The text as it is on disk.
    pub text: String,
    /// The code in it.
    pub words: Vec<Word>,
}

/// An identifier, `::`, or one character of punctuation.
pub struct Word {
    /// The line it stands on, from 1.
    pub line: usize,
    /// The word itself.
    pub text: String,
}

/// A path such as `crate::store::users`, without its first word.
pub struct Reference {
    /// The line it begins on.
    pub line: usize,
    /// `["store", "users"]`.
    pub path: Vec<String>,
}

impl Source {
    /// A file from its text, as the tests of the rules make them.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), words: words(text) }
    }

    /// Every `.rs` file in a folder and below it, in the order of their paths.
    pub fn read_all(root: &Path, folder: &str) -> Vec<Self> {
        let mut found = Vec::new();
        let mut open = vec![root.join(folder)];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                    found.push(Self::new(&name, &fs::read_to_string(&path).unwrap()));
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// The module's path: `src/store/users.rs` is `["store", "users"]`, `src/lib.rs` is `[]`.
    pub fn module(&self) -> Vec<&str> {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path).trim_end_matches(".rs");
        let mut path: Vec<&str> = inner.split('/').collect();
        if matches!(path.last(), Some(&("mod" | "lib" | "main"))) {
            path.pop();
        }
        path
    }

    /// Every path that starts at the crate's root: `crate::…`, `super::…` that climbs as far, and
    /// `portico::…` in the binary.
    pub fn root_paths(&self) -> Vec<Reference> {
        let binary = self.path == "src/main.rs";
        let file_depth = self.module().len();
        let mut found = Vec::new();
        let mut inline = Inline::default();
        for at in 0..self.words.len() {
            inline.step(&self.words, at);
            if at > 0 && self.word(at - 1) == "::" {
                continue;
            }
            let start = match self.word(at) {
                "crate" => Some(at),
                "portico" if binary => Some(at),
                "super" => self.climbs_to_root(at, file_depth + inline.depth()),
                _ => None,
            };
            if let Some(start) = start.filter(|start| self.word(start + 1) == "::") {
                let mut paths = Vec::new();
                self.tree(start + 2, &[], &mut paths);
                let line = self.words[at].line;
                found.extend(paths.into_iter().map(|path| Reference { line, path }));
            }
        }
        found
    }

    /// The last `super` of a chain, when the chain is exactly as long as the module is deep.
    fn climbs_to_root(&self, mut at: usize, depth: usize) -> Option<usize> {
        let mut steps = 1;
        while self.word(at + 1) == "::" && self.word(at + 2) == "super" {
            at += 2;
            steps += 1;
        }
        (steps == depth).then_some(at)
    }

    /// Reads one branch of a path or of a `use` tree and returns the place after it.
    fn tree(&self, mut at: usize, stem: &[String], found: &mut Vec<Vec<String>>) -> usize {
        let mut path = stem.to_vec();
        loop {
            match self.word(at) {
                "{" => {
                    at += 1;
                    while at < self.words.len() && self.word(at) != "}" {
                        at = if self.word(at) == "," { at + 1 } else { self.tree(at, &path, found) };
                    }
                    return at + 1;
                }
                word if is_name(word) => path.push(word.to_owned()),
                _ => {
                    found.push(path);
                    return at + 1;
                }
            }
            at += 1;
            if self.word(at) == "as" {
                at += 2;
            }
            if self.word(at) != "::" {
                found.push(path);
                return at;
            }
            at += 1;
        }
    }

    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.text.as_str())
    }
}

/// Follows `mod name { … }` blocks, each of which puts its content one module deeper.
#[derive(Default)]
struct Inline {
    braces: usize,
    opened_at: Vec<usize>,
}

impl Inline {
    fn step(&mut self, words: &[Word], at: usize) {
        match words[at].text.as_str() {
            "{" => {
                self.braces += 1;
                if at >= 2 && words[at - 2].text == "mod" {
                    self.opened_at.push(self.braces);
                }
            }
            "}" => {
                if self.opened_at.last() == Some(&self.braces) {
                    self.opened_at.pop();
                }
                self.braces = self.braces.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn depth(&self) -> usize {
        self.opened_at.len()
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphanumeric() || first == '_')
}

/// Splits text into words, leaving comments and literals out.
fn words(text: &str) -> Vec<Word> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let end = skip(&chars, at);
        if end > at {
            line += chars[at..end].iter().filter(|&&c| c == '\n').count();
            at = end;
            continue;
        }
        let end = if is_name(&chars[at].to_string()) {
            (at..chars.len())
                .find(|&i| !(chars[i].is_alphanumeric() || chars[i] == '_'))
                .unwrap_or(chars.len())
        } else if chars[at..].starts_with(&[':', ':']) {
            at + 2
        } else {
            at + 1
        };
        out.push(Word { line, text: chars[at..end].iter().collect() });
        at = end;
    }
    out
}

/// The place after the space, comment or literal that begins here; `at` itself when code does.
fn skip(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    if rest[0].is_whitespace() {
        return at + 1;
    }
    if rest.starts_with(&['/', '/']) {
        return rest.iter().position(|&c| c == '\n').map_or(chars.len(), |n| at + n);
    }
    if rest.starts_with(&['/', '*']) {
        return block_comment(chars, at);
    }
    // A prefix (r, b, br, c, cr) belongs to the literal only where no longer word ends in it.
    let joined = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    let prefix =
        if joined { 0 } else { rest.iter().take(2).take_while(|c| matches!(c, 'r' | 'b' | 'c')).count() };
    let raw = rest[..prefix].contains(&'r');
    let hashes = if raw { rest[prefix..].iter().take_while(|&&c| c == '#').count() } else { 0 };
    match rest.get(prefix + hashes) {
        Some('"') if raw => raw_string(chars, at + prefix + hashes + 1, hashes),
        Some('"') => quoted(chars, at + prefix + 1, '"'),
        Some('\'') if hashes == 0 && is_char(&rest[prefix..]) => quoted(chars, at + prefix + 1, '\''),
        _ => at,
    }
}

/// Tells `'a'` and `'\n'` from the lifetime `'a`.
fn is_char(rest: &[char]) -> bool {
    rest.get(1) == Some(&'\\') || rest.get(2) == Some(&'\'')
}

fn quoted(chars: &[char], mut at: usize, close: char) -> usize {
    while at < chars.len() && chars[at] != close {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn raw_string(chars: &[char], from: usize, hashes: usize) -> usize {
    let closes =
        |i: usize| chars[i] == '"' && chars[i + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
    (from..chars.len()).find(|&i| closes(i)).map_or(chars.len(), |i| i + 1 + hashes)
}

fn block_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        if chars[at..].starts_with(&['/', '*']) {
            depth += 1;
            at += 2;
        } else if chars[at..].starts_with(&['*', '/']) {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
        if depth == 0 {
            break;
        }
    }
    at.min(chars.len())
}

#[test]
fn comments_and_literals_are_not_code() {
    let text = "// crate::a\n/* crate::b /* x */ crate::c */ let s = \"crate::d \\\" crate::e\"; r#\"crate::f\"#; \
                b\"crate::g\"; 'c'; '\\''; fn x<'a>(y: &'a str) {} crate::h;";
    let found = Source::new("src/web/x.rs", text).root_paths();
    assert_eq!(found.iter().map(|r| r.path.join("::")).collect::<Vec<_>>(), ["h"]);
    assert_eq!(found[0].line, 2);
}

#[test]
fn trees_and_climbs_are_followed() {
    let paths = |path: &str, text: &str| {
        Source::new(path, text).root_paths().iter().map(|r| r.path.join("::")).collect::<Vec<_>>()
    };
    assert_eq!(
        paths(
            "src/a/b.rs",
            "use crate::{x::{self, y as z, w::*}, v}; pub(crate) fn f() { crate::u::g::<T>() }"
        ),
        ["x::self", "x::y", "x::w", "v", "u::g"]
    );
    assert_eq!(paths("src/a/b.rs", "use super::super::x::Y; use super::z;"), ["x::Y"]);
    assert_eq!(
        paths("src/a/mod.rs", "use super::x; mod tests { use super::*; use super::super::y; } use super::z;"),
        ["x", "y", "z"]
    );
    assert_eq!(paths("src/main.rs", "fn main() { portico::cli::run() }"), ["cli::run"]);
}
