//! File, environment and defaults together.

use super::super::duration::{days, minutes};
use super::*;

/// A file that goes away with the test.
pub(crate) struct TempFile(pub std::path::PathBuf);

impl TempFile {
    pub(crate) fn new(content: impl AsRef<[u8]>) -> Self {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("portico-config-{}-{}.toml", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn load(toml: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let file = TempFile::new(toml);
    Config::load(Some(&file.0), env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// The messages, each without the path of the temporary file.
fn problems(toml: &str, env: &[(&str, &str)]) -> Vec<String> {
    let error = load(toml, env).unwrap_err();
    error
        .to_string()
        .lines()
        .map(|line| line.rsplit_once(".toml:").map_or(line, |(_, rest)| rest).to_owned())
        .collect()
}

const URL: &str = "public_url = \"https://id.example.com\"\n";

#[test]
fn the_environment_goes_over_the_file_and_the_file_over_the_defaults() {
    let toml = format!(
        "{URL}[tokens]\naccess_lifetime = 300\nid_lifetime = \"5m\"\n[server.tls]\ncertificate = \"a\""
    );
    let env =
        [("PORTICO_TOKENS__ID_LIFETIME", "7m"), ("PORTICO_SERVER__TLS__PRIVATE_KEY", "b"), ("HOME", "/x")];
    let config = load(&toml, &env).unwrap();
    assert_eq!(config.tokens.access_lifetime, minutes(5));
    assert_eq!(config.tokens.id_lifetime, minutes(7));
    assert_eq!(config.tokens.refresh_absolute, days(30));
    assert_eq!(config.server.tls.private_key, Path::new("b"));
    assert_eq!(config.public_url.as_str(), "https://id.example.com");
}

#[test]
fn the_environment_alone_is_enough() {
    let env = [("PORTICO_PUBLIC_URL", "https://id.example.com"), ("PORTICO_DATA__DIR", "/var/lib/portico")];
    let env = env.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(None, env).unwrap();
    assert_eq!(config.database.url.expose(), "sqlite:///var/lib/portico/portico.db");
}

#[test]
fn inline_tables_and_dotted_keys_are_sections_too() {
    let config = load(&format!("{URL}server = {{ workers = 3 }}\ndata.dir = \"/d\""), &[]).unwrap();
    assert_eq!((config.server.workers, config.data.dir.to_str()), (3, Some("/d")));
}

#[test]
fn secrets_may_come_from_files() {
    let file = TempFile::new("smtp://u:hunter2@mail\n");
    let path = file.0.to_str().unwrap();
    let config = load(URL, &[("PORTICO_MAIL__SMTP_URL_FILE", path)]).unwrap();
    assert_eq!(config.mail.smtp_url.expose(), "smtp://u:hunter2@mail");
    let both = [("PORTICO_MAIL__SMTP_URL_FILE", path), ("PORTICO_MAIL__SMTP_URL", "smtp://x")];
    assert!(problems(URL, &both)[0].contains("keep one"));
    let missing = problems(URL, &[("PORTICO_DATABASE__URL_FILE", "/nowhere/x")]);
    assert!(missing[0].starts_with("environment: PORTICO_DATABASE__URL_FILE: cannot read \"/nowhere/x\""));
}

#[test]
fn every_problem_is_one_line_with_its_place() {
    let toml = "[server]\nbidn = 1\nworkers = \"4\"\n[sevrer.tls]\n[[mail]]\nfrom = 1\n";
    assert_eq!(
        problems(toml, &[("PORTICO_LIMITS__URL_BYTES", "12")]),
        [
            "public_url: is required, set it in the file or as PORTICO_PUBLIC_URL",
            "3: server.workers: expected a whole number, found text",
            "environment: PORTICO_LIMITS__URL_BYTES: 12 is out of range, expected 512 to 65536",
            "5: mail: is a section, write [mail]",
            "2: server.bidn: unknown setting, the nearest is server.bind",
            "4: sevrer: unknown setting, the nearest is server",
        ]
    );
}

#[test]
fn rules_between_settings_name_the_line_too() {
    let toml = format!("{URL}[passwords]\nmemory_kib = 12288\niterations = 2\n");
    let expected = "3: passwords.memory_kib: 12288 with 2 iterations is too cheap to guess; with this memory, \
                    passwords.iterations must be 3 or more";
    assert_eq!(problems(&toml, &[]), [expected]);
}

#[test]
fn broken_files_are_named() {
    assert!(problems("x = \n", &[])[0].starts_with("1: "));
    let odd = TempFile::new(b"a = 1\nb = \"\xff\"\n");
    let error = Config::load(Some(&odd.0), std::iter::empty()).unwrap_err();
    assert!(error.to_string().ends_with(".toml:2: is not UTF-8"), "{error}");
    let error = Config::load(Some(Path::new("/nowhere/portico.toml")), std::iter::empty()).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/portico.toml: cannot be read"), "{error}");
}

#[test]
fn names_in_quotes_and_line_breaks_make_no_settings_and_no_lines() {
    let found = problems(&format!("{URL}\"server.bind\" = 1\n\"a\\nb\" = 2\n"), &[]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn presets_are_valid_and_local() {
    let env = [("PORTICO_SERVER__BIND".to_owned(), "127.0.0.1:8081".to_owned())];
    let config = Config::load_dev(Path::new("/tmp/d"), env.into_iter()).unwrap();
    assert_eq!(config.keys.dir, Path::new("/tmp/d/keys"));
    assert_eq!(config.database.url.sqlite_path(), Some("/tmp/d/portico.db"));
    assert_eq!(config.server.bind.addresses()[0].port(), 8081);
    assert_eq!(Config::for_tests().database.url.expose(), "sqlite::memory:");
}
