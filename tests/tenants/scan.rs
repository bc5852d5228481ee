//! Finds the storage functions in the source, and what is wrong with them.

use std::collections::BTreeSet;

use crate::house::source::{Source, Word};

/// Files of `src/store` that are no aggregates: they hold no queries about anybody's rows.
const MACHINERY: [&str; 9] =
    ["classification", "conn", "db", "error", "meter", "migrate", "postgres", "schema", "sqlite"];
/// Functions that the store's face shows under another name.
const RENAMED: [(&str, &str, &str); 2] =
    [("audit", "insert", "insert_audit"), ("audit", "list", "list_audit")];

/// A public function of an aggregate that is given a connection.
pub struct Function {
    pub module: String,
    pub name: String,
    pub takes_tenant: bool,
}

/// The functions in these files.
pub fn functions(files: &[Source]) -> Vec<Function> {
    let mut found = Vec::new();
    for source in files {
        let ["store", module, ..] = source.module()[..] else { continue };
        if MACHINERY.contains(&module) {
            continue;
        }
        let mut depth = 0_usize;
        for (at, word) in source.words.iter().enumerate() {
            match word.text.as_str() {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                "fn" if depth == 0 && at > 0 && source.words[at - 1].text == "pub" => {
                    found.extend(function(module, &source.words[at + 1..]));
                }
                _ => {}
            }
        }
    }
    found
}

/// The function whose name comes first in `words`, if it is given a connection.
fn function(module: &str, words: &[Word]) -> Option<Function> {
    let start = words.iter().position(|word| word.text == "(")?;
    let mut parameters = vec![String::new()];
    let mut depth = 0;
    for word in &words[start..] {
        match word.text.as_str() {
            "(" | "[" | "<" => depth += 1,
            ")" | "]" | ">" => depth -= 1,
            _ => {}
        }
        match (depth, word.text.as_str()) {
            (0, _) => break,
            (1, ",") => parameters.push(String::new()),
            (1, "(") => {}
            (_, text) => parameters.last_mut()?.push_str(text),
        }
    }
    let storage = parameters[0].ends_with("mutConn") || parameters[0].contains("mutTx<");
    storage.then(|| Function {
        module: module.to_owned(),
        name: words[0].text.clone(),
        takes_tenant: parameters.get(1).is_some_and(|second| second == "tenant:TenantId"),
    })
}

/// Functions without a tenant that are not in `exempt`, functions that `tests` do not call, stale exemptions.
pub fn violations(functions: &[Function], tests: &[Source], exempt: &[(&str, &str, &str)]) -> Vec<String> {
    let called: BTreeSet<String> = tests.iter().flat_map(|source| calls(&source.words)).collect();
    let is_exempt =
        |f: &Function| exempt.iter().any(|(module, name, _)| *module == f.module && *name == f.name);
    let mut found = Vec::new();
    for function in functions {
        let Function { module, name, takes_tenant } = function;
        let renamed = RENAMED.iter().find(|(m, n, _)| m == module && n == name);
        let call = renamed.map_or(format!("{module}::{name}"), |(_, _, face)| (*face).to_owned());
        if is_exempt(function) {
            continue;
        }
        if !takes_tenant {
            found.push(format!("{module}::{name} does not take `tenant: TenantId` second"));
        }
        if !called.contains(&call) {
            found.push(format!("{module}::{name} is not called in tests/tenants/calls.rs"));
        }
    }
    for (module, name, _) in exempt {
        let meant = functions.iter().find(|f| f.module == *module && f.name == *name);
        if meant.is_none_or(|function| function.takes_tenant) {
            found.push(format!("{module}::{name} needs no exemption (any more)"));
        }
    }
    found
}

/// Every `name(` and `module::name(`.
fn calls(words: &[Word]) -> Vec<String> {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let mut found = Vec::new();
    for at in 0..words.len() {
        if text(at + 1) == "(" {
            found.push(text(at).to_owned());
            if at >= 2 && text(at - 1) == "::" {
                found.push(format!("{}::{}", text(at - 2), text(at)));
            }
        }
    }
    found
}

#[test]
fn the_scan_finds_what_it_should() {
    let text = "
        pub fn good(tx: &mut Tx<'_>, tenant: TenantId, id: &str) -> Result<(), StoreError> { fn x() {} }
        pub fn bad(conn: &mut Conn, id: &str) -> Result<Vec<(Row, i64)>, StoreError> { { } }
        pub fn late(conn: &mut Conn, (a, b): (u8, TenantId), tenant: TenantId) {}
        pub fn swapped(conn: &mut Conn, other: TenantId) {}
        pub fn pure(text: &str) -> bool { true }
        pub(super) fn inner(conn: &mut Conn) {}
        impl Row { pub fn method(conn: &mut Conn) {} }";
    let source = |path: &str, text: &str| Source::new(path, text);
    let found = functions(&[source("src/store/x.rs", text), source("src/store/db.rs", text)]);
    let names: Vec<(&str, bool)> = found.iter().map(|f| (f.name.as_str(), f.takes_tenant)).collect();
    assert_eq!(names, [("good", true), ("bad", false), ("late", false), ("swapped", false)]);

    let test = source(
        "tests/tenants/calls.rs",
        "fn f() { x::good(tx, b); x::late(); x::bad(); /* x::swapped() */ }",
    );
    let all = [("x", "bad", ""), ("x", "good", ""), ("x", "gone", "")];
    assert_eq!(
        violations(&found, &[test], &all),
        [
            "x::late does not take `tenant: TenantId` second",
            "x::swapped does not take `tenant: TenantId` second",
            "x::swapped is not called in tests/tenants/calls.rs",
            "x::good needs no exemption (any more)",
            "x::gone needs no exemption (any more)",
        ]
    );
}
