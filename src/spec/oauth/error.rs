//! The registered error codes, each with a text for the client and a detail for the log.

use std::borrow::Cow;
use std::fmt;

use super::Doubled;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),* $(,)?) => {
        /// A registered OAuth or OpenID Connect error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// The code as sent on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// RFC 6749 §4.1.2.1 and §5.2.
    InvalidRequest = "invalid_request",
    /// RFC 6749 §5.2.
    InvalidClient = "invalid_client",
    /// RFC 6749 §5.2.
    InvalidGrant = "invalid_grant",
    /// RFC 6749 §4.1.2.1 and §5.2.
    UnauthorizedClient = "unauthorized_client",
    /// RFC 6749 §5.2.
    UnsupportedGrantType = "unsupported_grant_type",
    /// RFC 6749 §4.1.2.1 and §5.2.
    InvalidScope = "invalid_scope",
    /// RFC 6749 §4.1.2.1.
    AccessDenied = "access_denied",
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type",
    /// RFC 6749 §4.1.2.1.
    ServerError = "server_error",
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// OpenID Connect Core §3.1.2.6.
    InteractionRequired = "interaction_required",
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired = "login_required",
    /// OpenID Connect Core §3.1.2.6.
    AccountSelectionRequired = "account_selection_required",
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired = "consent_required",
    /// OpenID Connect Core §3.1.2.6.
    RequestNotSupported = "request_not_supported",
    /// OpenID Connect Core §3.1.2.6.
    RequestUriNotSupported = "request_uri_not_supported",
    /// OpenID Connect Core §3.1.2.6.
    RegistrationNotSupported = "registration_not_supported",
    /// RFC 8707 §2.
    InvalidTarget = "invalid_target",
    /// RFC 6750 §3.1.
    InvalidToken = "invalid_token",
    /// RFC 6750 §3.1.
    InsufficientScope = "insufficient_scope",
    /// RFC 7009 §2.2.1.
    UnsupportedTokenType = "unsupported_token_type",
    /// RFC 7591 §3.2.2.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// RFC 7591 §3.2.2.
    InvalidClientMetadata = "invalid_client_metadata",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal in the protocol's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// The registered code.
    pub code: ErrorCode,
    /// `error_description`: what the client's developer should know. Printable ASCII without `"` and `\`
    /// (RFC 6749 appendix A.8); [`OAuthError::new`] replaces anything else.
    pub description: Cow<'static, str>,
    /// What only the log should know.
    pub detail: String,
}

impl OAuthError {
    /// A refusal with a text for the client.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let description = description.into();
        let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        let description = if description.chars().all(allowed) {
            description
        } else {
            description.chars().map(|c| if allowed(c) { c } else { '?' }).collect::<String>().into()
        };
        Self { code, description, detail: String::new() }
    }

    /// Adds what only the log should know.
    #[must_use]
    pub fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = detail.to_string();
        self
    }

    /// `invalid_request` with a text.
    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    /// `invalid_grant` with a text.
    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }

    /// `invalid_client`; the text is the same for every reason, the detail is not (no oracle).
    pub fn invalid_client(detail: impl fmt::Display) -> Self {
        Self::new(ErrorCode::InvalidClient, "client authentication failed").detail(detail)
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.description)?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for OAuthError {}

impl From<Doubled> for OAuthError {
    fn from(doubled: Doubled) -> Self {
        Self::invalid_request(format!("parameter {} is sent more than once", doubled.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_hold_only_what_the_rfc_allows() {
        let error = OAuthError::invalid_request("no \"quotes\", no\nlines, no \u{202e}");
        assert_eq!(error.description, "no ?quotes?, no?lines, no ?");
    }
}
