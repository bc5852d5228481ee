//! The `prompt` parameter (OpenID Connect Core §3.1.2.1).

use serde::{Deserialize, Serialize};

/// One prompt value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Show nothing.
    None,
    /// Authenticate again.
    Login,
    /// Ask for consent again.
    Consent,
    /// Ask which account.
    SelectAccount,
}

/// The set of prompts of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prompts(Vec<Prompt>);

impl Prompts {
    /// Reads the parameter. Unknown values are ignored, as unknown parameters are.
    ///
    /// # Errors
    /// When `none` stands beside another value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut prompts = Vec::new();
        for word in text.split(' ') {
            let prompt = match word {
                "none" => Prompt::None,
                "login" => Prompt::Login,
                "consent" => Prompt::Consent,
                "select_account" => Prompt::SelectAccount,
                _ => continue,
            };
            if !prompts.contains(&prompt) {
                prompts.push(prompt);
            }
        }
        if prompts.contains(&Prompt::None) && text.trim() != "none" {
            return Err("prompt none must stand alone");
        }
        Ok(Self(prompts))
    }

    /// Whether a prompt was asked for.
    pub fn has(&self, prompt: Prompt) -> bool {
        self.0.contains(&prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_stands_alone() {
        assert!(Prompts::parse("none login").is_err());
        assert!(Prompts::parse("none none2").is_err());
        assert!(Prompts::parse("none").unwrap().has(Prompt::None));
        let both = Prompts::parse("login consent").unwrap();
        assert!(both.has(Prompt::Login) && both.has(Prompt::Consent) && !both.has(Prompt::None));
    }
}
