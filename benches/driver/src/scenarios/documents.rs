//! Public documents: discovery metadata and the key set.

use crate::http::{self, Answer};
use crate::load::{Scenario, Step};
use crate::target::{DISCOVERY, Target};

/// Fetches one document again and again. The first is parsed and checked; the others must equal it.
pub struct Document {
    request: Vec<u8>,
    members: &'static [&'static str],
    first: Vec<u8>,
}

impl Document {
    /// The discovery document (OpenID Connect Discovery 1.0 §3: these members are required).
    pub fn discovery(target: &Target) -> Self {
        Self::new(
            target,
            DISCOVERY,
            &[
                "issuer",
                "authorization_endpoint",
                "token_endpoint",
                "jwks_uri",
                "response_types_supported",
                "subject_types_supported",
                "id_token_signing_alg_values_supported",
            ],
        )
    }

    /// The key set (RFC 7517 §5).
    pub fn jwks(target: &Target) -> Self {
        Self::new(target, &target.at.jwks, &["keys"])
    }

    fn new(target: &Target, path: &str, members: &'static [&'static str]) -> Self {
        let mut request = Vec::new();
        http::get(&mut request, &target.host, path, &[]);
        Self { request, members, first: Vec::new() }
    }
}

impl Scenario for Document {
    fn begin(&mut self, _slot: usize, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(&self.request);
        true
    }

    fn answer(&mut self, _slot: usize, answer: &Answer<'_>, _out: &mut Vec<u8>) -> Result<Step, String> {
        if answer.status != 200 {
            return Err(format!("expected the document, got {}", answer.describe()));
        }
        if answer.body == self.first {
            return Ok(Step::Done);
        }
        if !self.first.is_empty() {
            return Err(format!("the document changed to {}", answer.describe()));
        }
        let parsed: serde_json::Value = serde_json::from_slice(&answer.body).map_err(|e| e.to_string())?;
        if let Some(missing) = self.members.iter().find(|member| parsed.get(**member).is_none()) {
            return Err(format!("the document has no {missing:?}: {}", answer.describe()));
        }
        self.first = answer.body.to_vec();
        Ok(Step::Done)
    }
}
