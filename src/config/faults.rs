//! every way to break a configuration file, tried on every key (the list is generated, so a new key
//! is tried without anybody thinking of it).

use std::path::Path;

use super::load::tests::TempFile;
use super::{Config, Key, keys};

/// A whole file with the one line of interest, and that line's number.
struct Mutant {
    toml: String,
    line: usize,
}

/// Writes `text` where the key belongs, below everything a valid file needs.
fn with(key: &Key, text: &str) -> Mutant {
    let (section, _) = key.path.rsplit_once('.').unwrap_or(("", ""));
    let mut head = String::new();
    if key.path != "public_url" {
        head.push_str("public_url = \"https://id.example.com\"\n");
    }
    if !section.is_empty() {
        head.push_str(&format!("# comment\n[{section}]\n"));
    }
    Mutant { line: head.lines().count() + 1, toml: format!("{head}{text}\n") }
}

fn name(key: &Key) -> &str {
    key.path.rsplit('.').next().unwrap()
}

/// Loads the mutant and returns its one line of complaint, without the file's path.
fn complaint(mutant: &Mutant, env: Option<(String, String)>) -> String {
    let file = TempFile::new(&mutant.toml);
    let error = Config::load(Some(&file.0), env.into_iter()).expect_err(&mutant.toml).to_string();
    assert_eq!(error.lines().count(), 1, "{}\n{error}", mutant.toml);
    let path = file.0.display().to_string();
    error.strip_prefix(&path).map_or(error.clone(), str::to_owned)
}

/// The complaint names the file (removed by `complaint`), the line and the key.
fn assert_placed(mutant: &Mutant, line: usize, key: &str) {
    let said = complaint(mutant, None);
    assert!(said.starts_with(&format!(":{line}: {key}: ")), "{}\n{said}", mutant.toml);
}

#[test]
fn each_key_alone_is_accepted_with_its_default() {
    for key in keys().iter().filter(|key| !key.required) {
        let file = TempFile::new(with(key, &format!("{} = {}", name(key), key.default)).toml);
        let config = Config::load(Some(&file.0), std::iter::empty()).unwrap();
        let plain = [("PORTICO_PUBLIC_URL".to_owned(), "https://id.example.com".to_owned())];
        assert_eq!(config, Config::load(None, plain.into_iter()).unwrap(), "{}", key.path);
    }
}

#[test]
fn unknown_keys_are_named_with_the_nearest() {
    for key in &keys() {
        let typo = format!("{}x", name(key));
        let mut mutant = with(key, &format!("{typo} = 1"));
        if key.required {
            mutant.toml.push_str("public_url = \"https://id.example.com\"\n");
        }
        let said = complaint(&mutant, None);
        let expected =
            format!(":{}: {}x: unknown setting, the nearest is {}", mutant.line, key.path, key.path);
        assert_eq!(said, expected);
    }
}

#[test]
fn wrong_types_are_refused() {
    let wrong = ["1979-05-27", "0.5", "{ x = 1 }", "[[1]]", "nan", "99999999999999999999"];
    for key in &keys() {
        for value in wrong {
            let mutant = with(key, &format!("{} = {value}", name(key)));
            assert_placed(&mutant, mutant.line, &key.path);
        }
        // Of text, numbers and booleans at most one is right (durations take two).
        let accepted = ["true", "-7", "\"~?\"", "[true]", "[7]"].iter().filter(|value| {
            let file = TempFile::new(with(key, &format!("{} = {value}", name(key))).toml);
            Config::load(Some(&file.0), std::iter::empty()).is_ok()
        });
        assert!(accepted.count() <= 1, "{}", key.path);
    }
}

#[test]
fn duplicates_are_refused() {
    for key in &keys() {
        let line = format!("{} = {}", name(key), key.default);
        let mutant = with(key, &format!("{line}\n{line}"));
        assert_placed(&mutant, mutant.line + 1, &key.path);
    }
}

#[test]
fn broken_toml_is_placed() {
    for key in &keys() {
        for broken in ["= ", "= \"open", "= [1", "= 1 2", "= \"\\q\"", "= tru", "= 'a' 'b'", "= 1__0"] {
            let mutant = with(key, &format!("{} {broken}", name(key)));
            assert_placed(&mutant, mutant.line, &key.path);
        }
    }
}

#[test]
fn numbers_and_durations_out_of_range_are_refused() {
    let mut tried = 0;
    for key in keys().iter().filter(|key| key.kind.starts_with("integer") || key.kind.starts_with("duration"))
    {
        tried += 1;
        for value in ["-1", "9223372036854775807"] {
            let mutant = with(key, &format!("{} = {value}", name(key)));
            assert_placed(&mutant, mutant.line, &key.path);
        }
        // Also just outside the bounds the reference promises.
        let (_, top) = key.kind.rsplit_once(" to ").or(key.kind.rsplit_once(" or ")).expect(&key.path);
        let digits = top.trim_end_matches(|c: char| !c.is_ascii_digit());
        let above = format!("{}{}", digits.parse::<u64>().unwrap() + 1, top.strip_prefix(digits).unwrap());
        let quote = if key.kind.starts_with("duration") { "\"" } else { "" };
        let mutant = with(key, &format!("{} = {quote}{above}{quote}", name(key)));
        assert_placed(&mutant, mutant.line, &key.path);
    }
    assert!(tried > 40);
}

#[test]
fn the_environment_is_held_to_the_same() {
    let good = Mutant { toml: "public_url = \"https://id.example.com\"\n".to_owned(), line: 0 };
    for key in &keys() {
        let said = complaint(&good, Some((key.env.clone(), "~\n?".to_owned())));
        assert!(said.starts_with(&format!("environment: {}: ", key.env)), "{said}");
        let typo = format!("{}X", key.env);
        let said = complaint(&good, Some((typo.clone(), "1".to_owned())));
        assert_eq!(said, format!("environment: {typo}: unknown setting, the nearest is {}", key.env));
        let file = complaint(&good, Some((format!("{}_FILE", key.env), "/nowhere/x".to_owned())));
        assert_eq!(file.contains("cannot read"), key.secret, "{file}");
    }
}

#[test]
fn secrets_are_never_repeated() {
    for key in keys().iter().filter(|key| key.secret) {
        for value in
            ["\"hunter2\"", "[\"hunter2\"]", "\"a\\nhunter2\"", "\"hunter2", "hunter2", "{ hunter2 = 1 }"]
        {
            let said = complaint(&with(key, &format!("{} = {value}", name(key))), None);
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
    let missing = Config::load(Some(Path::new("hunter")), std::iter::empty()).unwrap_err();
    assert!(missing.to_string().starts_with("hunter: cannot be read"));
}
