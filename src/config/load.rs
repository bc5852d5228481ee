//! Lays file and environment over the defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::check;
use super::database_url::DatabaseUrl;
use super::environment;
use super::error::{ConfigError, Origin, Problem};
use super::file::{self, Entry, Layer, Names};
use super::nearest::nearest;
use super::reference::{Key, catalogue};
use super::section::{Section, Spec, Visitor};
use super::settings::Config;
use super::value::Setting;

impl Config {
    /// Reads the settings: defaults, then the file, then the environment (all variables may be given;
    /// those that do not begin with `PORTICO_` are ignored).
    ///
    /// # Errors
    /// Every problem found, each with its file, line and key or its variable.
    pub fn load(
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        Self::default().overlaid(file, env, true)
    }

    /// [`Config::dev`], with what the environment says on top.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_dev(
        data_dir: &Path,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        Self::dev(data_dir).overlaid(None, env, false)
    }

    /// Fills in what follows from other settings.
    pub(crate) fn settle(&mut self) {
        if self.database.url.is_unset() {
            self.database.url = DatabaseUrl::sqlite(&self.data.dir.join("portico.db"));
        }
    }

    fn overlaid(
        mut self,
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        complete: bool,
    ) -> Result<Self, ConfigError> {
        let (keys, sections) = catalogue();
        let mut problems = Vec::new();
        let names = Names { sections: &sections, is_key: &|path| keys.iter().any(|key| key.path == path) };
        let mut layers = Vec::new();
        if let Some(path) = file {
            layers.push(file::read(path, &names).map_err(|problem| ConfigError::new(vec![problem]))?);
        }
        layers.push(environment::read(env, &keys, &mut problems));
        let mut loader = Loader { layers, problems, origins: BTreeMap::new(), complete };
        self.visit("", &mut loader);
        loader.refuse_leftovers(&keys, &sections);
        self.settle();
        let Loader { mut problems, origins, .. } = loader;
        // Settings that could not be read still have their defaults here; comparing those would mislead.
        if problems.is_empty() {
            problems = check::check(&self)
                .into_iter()
                .map(|(key, message)| located(&origins, key, message))
                .collect();
        }
        if problems.is_empty() { Ok(self) } else { Err(ConfigError::new(problems)) }
    }
}

/// Where a setting came from: its origin, and its key as written there.
type Origins = BTreeMap<String, (Origin, String)>;

/// Gives a problem between settings the place of the setting it is about.
fn located(origins: &Origins, key: &str, message: String) -> Problem {
    let (origin, key) = origins.get(key).cloned().unwrap_or((Origin::Nowhere, key.to_owned()));
    Problem { origin, key, message }
}

/// Takes each setting's value out of the layers, the strongest last.
struct Loader {
    layers: Vec<Layer>,
    problems: Vec<Problem>,
    origins: Origins,
    /// Whether settings without a default must be written.
    complete: bool,
}

impl Visitor for Loader {
    fn section(&mut self, _: &str, _: &'static [&'static str]) {}

    fn setting<T: Setting>(&mut self, spec: &Spec<'_, T>, value: &mut T) {
        let path = spec.path();
        let mut given = false;
        for layer in &mut self.layers {
            let Some(Entry { raw, origin, written }) = layer.remove(&path) else { continue };
            given = true;
            match T::parse(&raw).and_then(|parsed| spec.check(parsed)) {
                Ok(parsed) => {
                    *value = parsed;
                    self.origins.insert(path.clone(), (origin, written));
                }
                Err(message) => self.problems.push(Problem { origin, key: written, message }),
            }
        }
        if T::REQUIRED && self.complete && !given {
            let message = format!("is required, set it in the file or as {}", Key::env_of(&path));
            self.problems.push(Problem { origin: Origin::Nowhere, key: path, message });
        }
    }
}

impl Loader {
    /// Whatever no setting took is a mistake.
    fn refuse_leftovers(&mut self, keys: &[Key], sections: &BTreeSet<String>) {
        for (path, entry) in self.layers.iter_mut().flat_map(std::mem::take) {
            let message = if sections.contains(&path) {
                format!("is a section, write [{path}]")
            } else {
                let known = keys.iter().map(|key| key.path.as_str());
                let table = matches!(entry.raw, super::value::Raw::Other("a table"));
                let sections = sections.iter().map(String::as_str).filter(|name| table && !name.is_empty());
                let near = nearest(&path, known.chain(sections), ".").unwrap_or_default();
                format!("unknown setting, the nearest is {near}")
            };
            self.problems.push(Problem { origin: entry.origin, key: entry.written, message });
        }
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
pub(super) mod tests;
