//! Rules between settings; what one setting alone may be is said where it is declared.

use super::choice::MailTransport;
use super::settings::{Config, Mail, Passwords};

/// A broken rule: the setting to change, and why.
pub(crate) type Finding = (&'static str, String);

/// Costs of Argon2id that are equally hard to attack: KiB of memory and the passes they need (OWASP
/// Password Storage Cheat Sheet).
const EQUAL_COSTS: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// Every broken rule.
pub(crate) fn check(config: &Config) -> Vec<Finding> {
    [
        listeners(config),
        mail(&config.mail),
        lifetimes(config),
        passwords(&config.passwords),
        telemetry(config),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn listeners(config: &Config) -> Vec<Finding> {
    let server = &config.server;
    let mut found = Vec::new();
    let missing = "is empty although its partner is set; set both or none";
    match (server.tls.certificate.as_os_str().is_empty(), server.tls.private_key.as_os_str().is_empty()) {
        (true, false) => found.push(("server.tls.certificate", missing.to_owned())),
        (false, true) => found.push(("server.tls.private_key", missing.to_owned())),
        _ => {}
    }
    let main = server.bind.addresses();
    let shared = server.management_bind.addresses().iter().find(|a| a.port() != 0 && main.contains(a));
    if let Some(address) = shared {
        found.push(("server.management_bind", format!("{address} is taken by server.bind")));
    }
    found
}

fn mail(mail: &Mail) -> Vec<Finding> {
    let mut found = Vec::new();
    let url = mail.smtp_url.expose();
    let known =
        ["smtp://", "smtps://"].iter().any(|s| url.strip_prefix(s).is_some_and(|rest| !rest.is_empty()));
    let sends = mail.transport == MailTransport::Smtp;
    if url.is_empty() && sends {
        found.push(("mail.smtp_url", "is needed for mail.transport = \"smtp\"".to_owned()));
    } else if !url.is_empty() && !known {
        found.push((
            "mail.smtp_url",
            "expected an address such as \"smtps://USER:PASSWORD@HOST:465\"".to_owned(),
        ));
    }
    if mail.from.is_empty() && sends {
        found.push(("mail.from", "is needed for mail.transport = \"smtp\"".to_owned()));
    } else if !mail.from.is_empty() && !mail.from.contains('@') {
        found.push(("mail.from", "expected a mail address".to_owned()));
    }
    found
}

fn lifetimes(config: &Config) -> Vec<Finding> {
    let (tokens, sessions, login) = (&config.tokens, &config.sessions, &config.login);
    let absolute = tokens.refresh_absolute;
    [
        ("tokens.refresh_idle", tokens.refresh_idle > absolute, "tokens.refresh_absolute"),
        ("tokens.refresh_idle_native", tokens.refresh_idle_native > absolute, "tokens.refresh_absolute"),
        ("sessions.idle", sessions.idle > sessions.absolute, "sessions.absolute"),
        ("login.first_delay", login.first_delay > login.max_delay, "login.max_delay"),
    ]
    .into_iter()
    .filter(|(_, broken, _)| *broken)
    .map(|(key, _, other)| (key, format!("must not be longer than {other}")))
    .collect()
}

fn passwords(passwords: &Passwords) -> Vec<Finding> {
    let Passwords { memory_kib, iterations, parallelism, .. } = *passwords;
    let mut found = Vec::new();
    let enough = |(memory, passes): &(u32, u32)| memory_kib >= *memory && iterations >= *passes;
    if !EQUAL_COSTS.iter().any(enough) {
        let needed =
            EQUAL_COSTS.iter().find(|(memory, _)| memory_kib >= *memory).map_or(5, |(_, passes)| *passes);
        found.push((
            "passwords.memory_kib",
            format!("{memory_kib} with {iterations} iterations is too cheap to guess; with this memory, passwords.iterations must be {needed} or more"),
        ));
    }
    // RFC 9106 §3.1: at least eight blocks of a KiB for each lane.
    if memory_kib < parallelism.saturating_mul(8) {
        found.push(("passwords.parallelism", "needs 8 KiB of passwords.memory_kib for each lane".to_owned()));
    }
    if passwords.min_length > passwords.max_length {
        found.push(("passwords.min_length", "must not be greater than passwords.max_length".to_owned()));
    }
    found
}

fn telemetry(config: &Config) -> Vec<Finding> {
    let endpoint = &config.telemetry.otlp_endpoint;
    let known =
        ["http://", "https://"].iter().any(|s| endpoint.strip_prefix(s).is_some_and(|rest| !rest.is_empty()));
    if endpoint.is_empty() || known {
        return Vec::new();
    }
    vec![("telemetry.otlp_endpoint", "expected an address such as \"http://localhost:4318\"".to_owned())]
}

#[cfg(test)]
mod tests {
    use super::super::address::Listen;
    use super::super::duration::hours;
    use super::*;
    use crate::kernel::Secret;

    fn keys(change: impl FnOnce(&mut Config)) -> Vec<&'static str> {
        let mut config = Config::default();
        change(&mut config);
        check(&config).into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn the_defaults_break_no_rule() {
        assert!(keys(|_| {}).is_empty());
    }

    #[test]
    fn each_rule_names_its_setting() {
        assert_eq!(keys(|c| c.server.tls.certificate = "x".into()), ["server.tls.private_key"]);
        assert_eq!(keys(|c| c.server.tls.private_key = "x".into()), ["server.tls.certificate"]);
        assert_eq!(keys(|c| c.server.management_bind = Listen::loopback(8080)), ["server.management_bind"]);
        assert_eq!(keys(|c| c.mail.transport = MailTransport::Smtp), ["mail.smtp_url", "mail.from"]);
        assert_eq!(keys(|c| c.mail.smtp_url = Secret::new("http://x")), ["mail.smtp_url"]);
        assert_eq!(keys(|c| c.tokens.refresh_idle = hours(2000)), ["tokens.refresh_idle"]);
        assert_eq!(keys(|c| c.sessions.idle = hours(13)), ["sessions.idle"]);
        assert_eq!(keys(|c| c.login.first_delay = hours(1)), ["login.first_delay"]);
        assert_eq!(keys(|c| c.passwords.parallelism = 6000), ["passwords.parallelism"]);
        assert_eq!(keys(|c| c.telemetry.otlp_endpoint = "x:1".to_owned()), ["telemetry.otlp_endpoint"]);
    }

    #[test]
    fn cheaper_memory_needs_more_passes() {
        for (memory, passes) in EQUAL_COSTS {
            let set = |m, t| keys(|c| (c.passwords.memory_kib, c.passwords.iterations) = (m, t));
            assert!(set(memory, passes).is_empty());
            assert_eq!(set(memory - 1, passes), ["passwords.memory_kib"]);
        }
    }
}
