//! What is wrong with a configuration, one line per problem.

use std::fmt;

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file, with the line if one can be named (counted from 1).
    File(String, Option<usize>),
    /// The environment; the problem's key is the variable.
    Environment,
    /// Nowhere: a required setting, or a default that does not go with other settings.
    Nowhere,
}

/// One thing that keeps the configuration from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub origin: Origin,
    /// The dotted key or the variable; empty if none can be named.
    pub key: String,
    /// What is wrong and what was expected. Never a secret, never more than one line.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::File(path, Some(line)) => write!(f, "{path}:{line}: ")?,
            Origin::File(path, None) => write!(f, "{path}: ")?,
            Origin::Environment => f.write_str("environment: ")?,
            Origin::Nowhere => {}
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// A configuration that cannot be used: every problem found, one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    /// Bundles problems; at least one.
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems in the order they were found.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
