//! What the person must be asked: `prompt` and `max_age` (OpenID Connect Core §3.1.2.1).

use super::super::stages::{Around, ClientKnown};
use crate::spec::oauth::OAuthError;
use crate::spec::oidc::Prompts;

pub(super) fn prompt(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let Some(text) = known.param("prompt")? else { return Ok(()) };
    let prompts = Prompts::parse(text).map_err(OAuthError::invalid_request)?;
    known.draft.prompts = prompts;
    Ok(())
}

pub(super) fn max_age(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let max_age = match known.param("max_age")? {
        None => known.client.metadata.default_max_age,
        Some(text) => Some(
            text.parse::<u64>()
                .map_err(|_| OAuthError::invalid_request("max_age must be a whole number of seconds"))?,
        ),
    };
    known.draft.max_age = max_age;
    Ok(())
}
