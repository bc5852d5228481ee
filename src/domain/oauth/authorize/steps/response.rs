//! How to answer: state, response_mode, response_type, nonce; and what no answer exists for.

use super::super::stages::{Around, ClientKnown};
use crate::spec::oauth::{ErrorCode, OAuthError, ResponseMode};

/// The longest `state` and `nonce` echoed.
const LONGEST: usize = 4_096;

const ONCE: [&str; 14] = [
    "response_type",
    "response_mode",
    "scope",
    "nonce",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "ui_locales",
    "acr_values",
    "code_challenge",
    "code_challenge_method",
    "display",
    "claims",
];

pub(super) fn state(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let state = known.param("state")?.map(str::to_owned);
    if state.as_ref().is_some_and(|state| state.len() > LONGEST) {
        return Err(OAuthError::invalid_request("state is longer than 4096 bytes"));
    }
    known.draft.state = state;
    Ok(())
}

pub(super) fn response_mode(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let mode = match known.param("response_mode")? {
        None => ResponseMode::Query,
        Some(name) => ResponseMode::parse(name).ok_or_else(|| {
            OAuthError::invalid_request("response_mode must be query, fragment or form_post")
        })?,
    };
    let allowed = &known.client.metadata.response_modes;
    if !allowed.is_empty() && !allowed.contains(&mode) {
        return Err(OAuthError::invalid_request("this client may not use this response_mode"));
    }
    known.draft.response_mode = mode;
    Ok(())
}

/// RFC 6749 §3.1: no parameter more than once.
pub(super) fn once(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    ONCE.iter().try_for_each(|name| known.param(name).map(drop))
}

pub(super) fn response_type(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    match known.param("response_type")? {
        None => Err(OAuthError::invalid_request("response_type is missing; send response_type=code")),
        Some("code") if known.may_ask_for_codes() => Ok(()),
        Some("code") => Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "this client is not registered for the authorization_code grant",
        )),
        Some(_) => Err(OAuthError::new(
            ErrorCode::UnsupportedResponseType,
            "only response_type=code is supported; tokens are never sent through the browser",
        )),
    }
}

/// What discovery says is not supported is refused, not ignored (OpenID Connect Core §6.1, §6.2, §7.2.1;
/// RFC 8707 §2).
pub(super) fn unsupported(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let refused = [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
        ("resource", ErrorCode::InvalidTarget),
    ];
    for (name, code) in refused {
        if known.params.all(name).next().is_some() {
            return Err(OAuthError::new(code, format!("the parameter {name} is not supported")));
        }
    }
    Ok(())
}

pub(super) fn nonce(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let nonce = known.param("nonce")?.map(str::to_owned);
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > LONGEST) {
        return Err(OAuthError::invalid_request("nonce is longer than 4096 bytes"));
    }
    known.draft.nonce = nonce;
    Ok(())
}
