//! Parsers under inputs that are made to be slow to read.

use std::time::Duration;

use portico::config::PublicUrl;
use portico::domain::people;
use portico::kernel::{ScopeSet, locale};
use portico::spec::oauth::{Fields, redirect_uri};
use portico::testkit::{TestApp, authorize_path, confidential, encode};
use tokio::time::Instant;

/// Inputs that make a backtracking or quadratic reader slow, each as long as a form may be.
fn hostile() -> Vec<String> {
    let seeds = [
        "a",
        "a.",
        "a@",
        "@",
        "-",
        "a-",
        ".",
        ":",
        "::",
        "/",
        "/../",
        "%2e",
        "%41",
        "%",
        "&a=",
        "=",
        " ",
        "a ",
        "\t",
        "(",
        "[",
        "{",
        "*",
        "+",
        "?",
        "#",
        "\\",
        "\"",
        "<",
        "eyJ",
        "eyJhbGci.",
        "pta_",
        "ptc_a",
        ";",
        ",",
        "a,",
        "q=",
        "é",
        "\u{200b}",
        "\u{0301}",
        "\u{ff41}",
        "\u{1f510}",
        "İ",
        "ß",
        "a!",
        "1",
        "127.0.0.1:",
        "xn--",
        "\0",
        "\r\n",
    ];
    let mut all = Vec::new();
    for seed in seeds {
        let body = seed.repeat(64 * 1024 / seed.len());
        for (before, after) in
            [("", ""), ("http://", ""), ("https://a", "/cb"), ("a@", ".example"), ("", "!"), ("\"", "\"")]
        {
            all.push(format!("{before}{body}{after}"));
        }
    }
    all
}

/// A parser, and whether it took the text: only so that the work is not left out.
type Parser = (&'static str, fn(&str) -> bool);

#[test]
fn a_188_every_parser_takes_linear_time() {
    let parsers: [Parser; 13] = [
        ("redirect_uri::check", |text| redirect_uri::check(text, true).is_ok()),
        ("redirect_uri::matches", |text| redirect_uri::matches(&format!("{text}x"), text)),
        ("redirect_uri::origin", |text| redirect_uri::origin(text).is_some()),
        ("ScopeSet::parse", |text| ScopeSet::parse(text).is_ok()),
        ("Fields::parse", |text| Fields::parse(text.as_bytes()).is_ok()),
        ("is_email", people::is_email),
        ("is_username", |text| people::is_username(text, text)),
        ("is_display_name", people::is_display_name),
        ("fold_name", |text| people::fold_name(text).is_empty()),
        ("PublicUrl::parse", |text| PublicUrl::parse(text).is_ok()),
        ("negotiate", |text| locale::negotiate(Some(text), Some(text)).tag().is_empty()),
        ("Prompts::parse", |text| portico::spec::oidc::Prompts::parse(text).is_ok()),
        ("scrub", |text| portico::ops::telemetry::scrub(text).is_empty()),
    ];
    for text in hostile() {
        for (name, parse) in parsers {
            let mut best = Duration::MAX;
            for _ in 0..5 {
                let began = Instant::now();
                std::hint::black_box(parse(&text));
                best = best.min(began.elapsed());
                if best < Duration::from_millis(20) {
                    break;
                }
            }
            let start: String = text.chars().take(20).collect();
            assert!(best < Duration::from_millis(20), "{name} took {best:?} for {start:?}…");
        }
    }
}

#[tokio::test]
async fn a_188_hostile_parameters_are_answered_at_once() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let mut browser = app.browser();
    let long = |seed: &str| seed.repeat(2_000 / seed.len());
    for name in
        ["redirect_uri", "scope", "login_hint", "ui_locales", "prompt", "max_age", "id_token_hint", "nonce"]
    {
        for seed in [":", "a@", "a.", "[", "%2e", "/../", "eyJ.", "-"] {
            let value = format!("http://{}", long(seed));
            let path = authorize_path(&client, &[(name, &value)]);
            let mut best = Duration::MAX;
            for _ in 0..3 {
                let began = Instant::now();
                let reply = browser.get(&path).await;
                best = best.min(began.elapsed());
                assert!(reply.status < 500 && reply.status != 200, "{name} {seed}: {}", reply.status);
            }
            assert!(best < Duration::from_millis(100), "{name} {seed}: {best:?}");
        }
    }
    let hint = encode(&[("login_hint", &long("(a+)+"))]);
    assert_eq!(browser.get(&format!("/login?{hint}")).await.status, 200);
}
