//! The book's tables of attacks and requirements against the tests that exist.
//!
//! A row's last column names the tests that show it. A test belongs to an id (`A-027`, `R-01`, `S2-38`)
//! when its name begins with it (`a_027_…`), or its comment or its body mentions it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::house::source::Source;

/// The book's pages whose tables are held.
const PAGES: [&str; 2] = ["docs/security.md", "docs/requirements.md"];
/// What a row without a test says.
const NONE: &str = "not yet";

/// Tests by id, each as its file and its name; a Node file stands as a whole, under an empty name.
#[derive(Default)]
pub struct Ledger {
    by_id: BTreeMap<String, BTreeSet<(String, String)>>,
    tests: BTreeSet<(String, String)>,
}

impl Ledger {
    /// Reads every test of the package.
    pub fn read(root: &Path, rust: &[Source]) -> Self {
        let mut ledger = Self::default();
        // The house's own tests speak of ids without showing any.
        for source in rust.iter().filter(|source| !source.path.starts_with("tests/house")) {
            ledger.add_rust(&source.path, &source.text);
        }
        for entry in fs::read_dir(root.join("tests/node")).unwrap().map(Result::unwrap) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".test.mjs") {
                let text = fs::read_to_string(entry.path()).unwrap();
                ledger.add(&format!("tests/node/{name}"), "", ids(&text));
            }
        }
        ledger
    }

    fn add(&mut self, file: &str, name: &str, ids: BTreeSet<String>) {
        let test = (file.to_owned(), name.to_owned());
        for id in ids {
            self.by_id.entry(id).or_default().insert(test.clone());
        }
        self.tests.insert(test);
    }

    /// Finds the tests of one Rust file: the comments and attributes above a function, and its body up to
    /// the brace that closes it at the function's own indentation.
    fn add_rust(&mut self, file: &str, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        let mut head = String::new();
        for (at, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            if code.starts_with("//") || code.starts_with("#[") {
                head.push_str(code);
                head.push('\n');
                continue;
            }
            if let Some(name) =
                function(code).filter(|_| head.lines().any(|l| l.starts_with("#[") && l.contains("test")))
            {
                let close = format!("{}}}", &line[..line.len() - code.len()]);
                let body = lines[at + 1..]
                    .iter()
                    .take_while(|l| **l != close)
                    .copied()
                    .collect::<Vec<_>>()
                    .join("\n");
                self.add(file, name, ids(&format!("{} {head} {body}", spelled(name))));
            }
            head.clear();
        }
    }

    /// The last column of an id's row.
    fn cell(&self, id: &str) -> String {
        let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (file, name) in self.by_id.get(id).into_iter().flatten() {
            let names = files.entry(file).or_default();
            if !name.is_empty() {
                names.push(format!("`{name}`"));
            }
        }
        let told = |(file, names): (&str, Vec<String>)| match names.is_empty() {
            true => format!("`{file}`"),
            false => format!("`{file}`: {}", names.join(", ")),
        };
        if files.is_empty() {
            NONE.to_owned()
        } else {
            files.into_iter().map(told).collect::<Vec<_>>().join("; ")
        }
    }

    /// A page with its tables' last columns written anew.
    fn filled(&self, page: &str) -> String {
        let fill = |line: &str| match row(line) {
            Some((id, rest, _)) => format!("{rest}| {} |\n", self.cell(id)),
            None => format!("{line}\n"),
        };
        page.lines().map(fill).collect()
    }

    /// Tests that a page names and that do not exist.
    pub fn unknown(&self, page: &str) -> Vec<String> {
        let mut violations = Vec::new();
        for (id, _, cell) in page.lines().filter_map(row) {
            let mut file = "";
            for word in cell.split('`').skip(1).step_by(2) {
                let known = if word.contains('/') {
                    file = word;
                    self.tests.iter().any(|(path, _)| path == word)
                } else {
                    self.tests.contains(&(file.to_owned(), word.to_owned()))
                };
                if !known {
                    violations.push(format!("{id}: {file} has no test {word}"));
                }
            }
        }
        violations
    }
}

/// Checks the book, or writes its columns when `PORTICO_WRITE_DOCS` is set (`./dev docs`).
pub fn violations(root: &Path, ledger: &Ledger) -> Vec<String> {
    let write = std::env::var_os("PORTICO_WRITE_DOCS").is_some();
    let mut found = Vec::new();
    for name in PAGES {
        let path = root.join(name);
        let page = fs::read_to_string(&path).unwrap();
        if write {
            fs::write(&path, ledger.filled(&page)).unwrap();
        } else {
            found.extend(ledger.unknown(&page).into_iter().map(|line| format!("{name}: {line}")));
        }
    }
    found
}

/// The id of a table's row, the row up to its last column, and that column.
fn row(line: &str) -> Option<(&str, &str, &str)> {
    let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let (id, _) = inner.split_once(" | ")?;
    let last = line.strip_suffix(" |")?.rfind("| ")?;
    is_id(id).then(|| (id, &line[..last], &line[last + 2..line.len() - 2]))
}

fn function(code: &str) -> Option<&str> {
    let code = code.trim_start_matches("pub ").trim_start_matches("async ");
    code.strip_prefix("fn ")?.split(['(', '<']).next()
}

/// `a_027_a_028_x` as `A-027 A-028 X`.
fn spelled(name: &str) -> String {
    let parts: Vec<String> = name.split('_').map(str::to_uppercase).collect();
    parts.windows(2).map(|pair| format!("{}-{} ", pair[0], pair[1])).collect()
}

fn ids(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| is_id(word)).map(str::to_owned).collect()
}

fn is_id(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match word.split_once('-') {
        Some(("A", number)) => number.len() == 3 && digits(number),
        Some(("R", number)) => number.len() == 2 && digits(number),
        Some((source, number)) => matches!(source, "S0" | "S1" | "S2" | "S3" | "S4") && digits(number),
        None => false,
    }
}

#[test]
fn tests_are_found_by_name_comment_and_body() {
    let mut ledger = Ledger::default();
    let text = "/// S2-38 rotates.\n#[test]\nfn a_107_a_108_x() {\n    f(); // A-109\n}\nfn helper() {\n    // A-001\n}\n";
    ledger.add_rust("tests/oauth/refresh.rs", text);
    let known: Vec<&str> = ledger.by_id.keys().map(String::as_str).collect();
    assert_eq!(known, ["A-107", "A-108", "A-109", "S2-38"]);
    assert_eq!(
        ledger.filled("| A-107 | a | old |\n| A-001 | b |  |\ntext"),
        "| A-107 | a | `tests/oauth/refresh.rs`: `a_107_a_108_x` |\n| A-001 | b | not yet |\ntext\n"
    );
}

#[test]
fn a_page_that_names_a_test_nobody_wrote_is_caught() {
    let mut ledger = Ledger::default();
    ledger.add_rust("tests/x.rs", "#[test]\nfn real() {\n}\n");
    assert!(ledger.unknown("| A-001 | a `b` | `tests/x.rs`: `real` |").is_empty());
    assert_eq!(ledger.unknown("| A-001 | a | `tests/x.rs`: `real`, `gone` |").len(), 1);
    assert_eq!(ledger.unknown("| A-001 | a | `tests/y.rs` |").len(), 1);
}
