//! What the client believes about the person: hints, none of which proves anything.

use super::super::stages::{Around, ClientKnown};
use crate::domain::oauth::issue::open_id_token_hint;
use crate::spec::oauth::OAuthError;

pub(super) fn id_token_hint(known: &mut ClientKnown<'_>, around: &Around<'_>) -> Result<(), OAuthError> {
    let Some(hint) = known.param("id_token_hint")? else { return Ok(()) };
    let claims = open_id_token_hint(around.tenant, hint)
        .ok_or_else(|| OAuthError::invalid_request("id_token_hint is not an ID token of this issuer"))?;
    if claims.aud != known.client.id.as_str() {
        return Err(OAuthError::invalid_request("id_token_hint was issued to another client"));
    }
    known.draft.hinted_sub = Some(claims.sub);
    Ok(())
}

pub(super) fn login_hint(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let hint = known.param("login_hint")?;
    known.draft.login_hint = hint.filter(|hint| hint.len() <= 320).map(str::to_owned);
    Ok(())
}

pub(super) fn ui_locales(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let locales = known.param("ui_locales")?;
    known.draft.ui_locales = locales.filter(|text| text.len() <= 200).map(str::to_owned);
    Ok(())
}
