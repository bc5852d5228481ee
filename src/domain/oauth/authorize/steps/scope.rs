//! What is asked for (RFC 6749 §3.3).

use super::super::stages::{Around, ClientKnown};
use crate::kernel::ScopeSet;
use crate::spec::oauth::{ErrorCode, GrantType, OAuthError};

pub(super) fn scope(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let text = known.param("scope")?.unwrap_or_default();
    let asked =
        ScopeSet::parse(text).map_err(|error| OAuthError::new(ErrorCode::InvalidScope, error.to_string()))?;
    let allowed = &known.client.metadata.scope;
    if let Some(word) = asked.iter().find(|word| !allowed.contains(word)) {
        let text = format!("the scope {word} is not registered for this client");
        return Err(OAuthError::new(ErrorCode::InvalidScope, text));
    }
    // Without the refresh grant there is nothing that could be used offline (OpenID Connect Core §11).
    known.draft.scope = if known.client.may_use(GrantType::RefreshToken) {
        asked
    } else {
        let online: Vec<&str> = asked.iter().filter(|word| *word != "offline_access").collect();
        ScopeSet::parse(&online.join(" ")).unwrap_or_default()
    };
    Ok(())
}
