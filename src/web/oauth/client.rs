//! What a request brings to prove its client (RFC 6749 §2.3.1).

use actix_web::HttpRequest;

use crate::domain::oauth::client_auth::Credentials;
use crate::kernel::Secret;
use crate::spec::oauth::{ErrorCode, Fields, OAuthError};
use crate::web::extract::{Authorization, HeaderError};

/// Reads header and body. Credentials in the URL are refused wherever they stand (§2.3.1).
///
/// # Errors
/// `invalid_request` for doubled parts, `invalid_client` for a malformed header.
pub fn credentials(request: &HttpRequest, form: &Fields) -> Result<Credentials, OAuthError> {
    if !request.query_string().is_empty() {
        return Err(OAuthError::invalid_request("parameters belong into the body, not into the URL"));
    }
    let basic = match Authorization::of(request.headers()) {
        Ok(Authorization::Absent) => None,
        Ok(Authorization::Basic(basic)) => Some((basic.id, basic.secret)),
        Ok(_) => {
            let text = "the Authorization header of this endpoint is Basic";
            return Err(OAuthError::new(ErrorCode::InvalidClient, text));
        }
        Err(HeaderError::Doubled) => {
            return Err(OAuthError::invalid_request("the Authorization header is sent more than once"));
        }
        Err(HeaderError::Malformed) => {
            return Err(OAuthError::invalid_client("malformed Authorization header"));
        }
    };
    Ok(Credentials {
        basic,
        client_id: form.get("client_id")?.map(str::to_owned),
        client_secret: form.get("client_secret")?.map(Secret::new),
        assertion: form.all("client_assertion").next().is_some()
            || form.all("client_assertion_type").next().is_some(),
    })
}
