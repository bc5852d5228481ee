//! OpenID Connect (Core, Discovery, RP-Initiated Logout): prompts, metadata, claims by scope.

mod claims;
mod metadata;
mod prompt;

pub use claims::{CLAIMS, STANDARD_SCOPES, claims_of_scope};
pub use metadata::Metadata;
pub use prompt::{Prompt, Prompts};
