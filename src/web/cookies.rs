//! The cookies Portico sets, and their attributes.
//!
//! Over https the `__Host-` prefix pins them to this host and keeps sub-domains from planting others
//! (RFC 6265bis §4.1.3.2); it demands `Path=/`, so tenants other than the default have names of their own.

use actix_web::http::header::HeaderValue;

use crate::kernel::{Secret, TenantSlug};

/// The names of one tenant's cookies.
#[derive(Clone, Debug)]
pub struct CookieNames {
    /// The signed-in session.
    pub session: String,
    /// Ties unfinished sign-ins to this browser.
    pub browser: String,
    /// Says that this device has signed in before.
    pub device: String,
    /// The one-time proof of a sign-in that must end with a new password; never part of an address.
    pub proof: String,
    secure: bool,
}

impl CookieNames {
    /// The names for a tenant; plain ones on http localhost, where `__Host-` cannot be.
    pub fn new(slug: &TenantSlug, secure: bool) -> Self {
        let prefix = if secure { "__Host-" } else { "" };
        let suffix = if slug.is_default() { String::new() } else { format!("_{slug}") };
        let name = |what: &str| format!("{prefix}portico_{what}{suffix}");
        Self {
            session: name("session"),
            browser: name("browser"),
            device: name("device"),
            proof: name("proof"),
            secure,
        }
    }

    /// A `Set-Cookie` value: for the browser's session, or for `max_age` seconds.
    pub fn set(&self, name: &str, value: &Secret, max_age: Option<u64>) -> Option<HeaderValue> {
        let age = max_age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        self.header(name, value.expose(), &age)
    }

    /// A `Set-Cookie` value that removes the cookie.
    pub fn clear(&self, name: &str) -> Option<HeaderValue> {
        self.header(name, "", "; Max-Age=0")
    }

    fn header(&self, name: &str, value: &str, age: &str) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_058_cookies_are_host_bound_over_https() {
        let names = CookieNames::new(&TenantSlug::default_tenant(), true);
        let set = names.set(&names.session, &Secret::new("v"), None).unwrap();
        let expected = "__Host-portico_session=v; Path=/; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(set.to_str().unwrap(), expected);
        let acme = CookieNames::new(&TenantSlug::parse("acme").unwrap(), false);
        assert_eq!(acme.session, "portico_session_acme");
    }
}
