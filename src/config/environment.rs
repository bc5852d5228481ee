//! Reads `PORTICO_*` variables into raw values.

use super::error::{Origin, Problem};
use super::file::{Entry, Layer};
use super::nearest::nearest;
use super::reference::Key;
use super::value::{Raw, excerpt};

/// What every variable of ours begins with.
pub(crate) const PREFIX: &str = "PORTICO_";

/// Names the file itself, so it is no setting; `cli` reads it.
const CONFIG: &str = "PORTICO_CONFIG";

/// The variables of this process that concern Portico, for [`Config::load`](super::Config::load).
/// Other variables are not looked at, so one that is not UTF-8 does no harm.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
        Some((name, value.to_string_lossy().into_owned()))
    })
}

/// Sorts the variables into a layer; problems are added to `problems`.
pub(crate) fn read(
    variables: impl Iterator<Item = (String, String)>,
    keys: &[Key],
    problems: &mut Vec<Problem>,
) -> Layer {
    let mut layer = Layer::new();
    for (name, value) in variables.filter(|(name, _)| name.starts_with(PREFIX)) {
        if name == CONFIG || is_service_link(&name) {
            continue;
        }
        match entry(&name, value, keys) {
            Ok((path, entry)) => {
                if let Some(other) = layer.insert(path, entry) {
                    problems.push(problem(&name, format!("is set as well as {}; keep one", other.written)));
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    layer
}

/// Finds the setting a variable means and reads its value, from the file it names if it ends in `_FILE`.
fn entry(name: &str, value: String, keys: &[Key]) -> Result<(String, Entry), Problem> {
    let entry = |raw| Entry { raw, origin: Origin::Environment, written: name.to_owned() };
    if let Some(key) = keys.iter().find(|key| key.env == name) {
        if value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(problem(name, "is not UTF-8".to_owned()));
        }
        return Ok((key.path.clone(), entry(Raw::Word(value))));
    }
    if let Some(key) = keys.iter().find(|key| key.env_file().as_deref() == Some(name)) {
        let text = std::fs::read_to_string(&value)
            .map_err(|error| problem(name, format!("cannot read {}: {error}", excerpt(&value))))?;
        // Editors and `echo` end a file with a line break; it is not part of the secret.
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        return Ok((key.path.clone(), entry(Raw::Word(text.to_owned()))));
    }
    let files: Vec<String> = keys.iter().filter_map(Key::env_file).collect();
    let known = keys.iter().map(|key| key.env.as_str()).chain(files.iter().map(String::as_str));
    let near = nearest(name, known, "__").unwrap_or(CONFIG);
    Err(problem(name, format!("unknown setting, the nearest is {near}")))
}

/// Kubernetes gives every container of a namespace the addresses of its services; for a service called
/// `portico` these variables look like ours. Those of the project's own tests begin with `PORTICO_TEST_`.
fn is_service_link(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX).unwrap_or_default();
    rest == "PORT"
        || rest.starts_with("TEST_")
        || rest == "SERVICE_HOST"
        || rest.starts_with("SERVICE_PORT")
        || rest.strip_prefix("PORT_").is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()))
}

fn problem(name: &str, message: String) -> Problem {
    let shown = excerpt(name).trim_matches('"').to_owned();
    Problem { origin: Origin::Environment, key: shown, message }
}

#[cfg(test)]
mod tests {
    use super::super::reference::keys;
    use super::*;

    fn read_one(name: &str, value: &str) -> (Layer, Vec<Problem>) {
        let mut problems = Vec::new();
        let variables = [(name.to_owned(), value.to_owned())].into_iter();
        let layer = read(variables, &keys(), &mut problems);
        (layer, problems)
    }

    #[test]
    fn variables_find_their_setting() {
        let (layer, problems) = read_one("PORTICO_SERVER__TLS__CERTIFICATE", "/tls/cert.pem");
        assert!(problems.is_empty() && layer.contains_key("server.tls.certificate"));
        let (_, problems) = read_one("PORTICO_SERVER_BIND", "x");
        assert!(problems[0].to_string().ends_with("unknown setting, the nearest is PORTICO_SERVER__BIND"));
        let (_, problems) = read_one("PORTICO_MAIL__FROM_FILE", "/x");
        assert_eq!(problems.len(), 1, "only secrets may come from a file");
    }

    #[test]
    fn other_programs_variables_are_left_alone() {
        for name in [
            "PORTICO_CONFIG",
            "PORTICO_PORT",
            "PORTICO_SERVICE_HOST",
            "PORTICO_PORT_80_TCP_ADDR",
            "PORTICO_TEST_PG",
            "PATH",
        ] {
            let (layer, problems) = read_one(name, "x");
            assert!(layer.is_empty() && problems.is_empty(), "{name}");
        }
        assert!(!keys().iter().any(|key| is_service_link(&key.env)));
    }
}
