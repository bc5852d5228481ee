//! Whether a form that came back is one of ours: it was sent from this site, and it carries the token
//! of its browser or session.

use actix_web::HttpResponse;
use actix_web::http::header::{AsHeaderName, HeaderMap, ORIGIN};

use super::visit::{Stop, Visit};
use crate::domain::Fault;
use crate::domain::signin::{FormOwner, LiveSession};
use crate::kernel::{Secret, TokenKind};
use crate::web::render::ErrorKind;

/// What a form shown before sign-in carries, and the browser cookie it is bound to.
pub(super) struct BrowserForm {
    /// The value of its `csrf` field.
    pub(super) csrf: String,
    new_cookie: Option<Secret>,
}

impl BrowserForm {
    /// The browser's token; a browser without the cookie gets one.
    pub(super) fn new(visit: &Visit<'_>) -> Result<Self, Fault> {
        let keys = &visit.call.tenant.keys;
        if let Some(owner) = owner(visit) {
            return Ok(Self { csrf: owner.token(keys), new_cookie: None });
        }
        let cookie = TokenKind::Browser.random(&visit.call.cx.rng);
        let owner = FormOwner::browser(cookie.expose())
            .ok_or_else(|| Fault::internal("a new browser cookie is not one"))?;
        Ok(Self { csrf: owner.token(keys), new_cookie: Some(cookie) })
    }

    /// Sets the cookie on the page's answer, if it is new.
    pub(super) fn keep(&self, visit: &Visit<'_>, answer: &mut HttpResponse) {
        if let Some(cookie) = &self.new_cookie {
            visit.set_cookie(answer, &visit.call.cookies.browser, cookie, None);
        }
    }
}

fn owner(visit: &Visit<'_>) -> Option<FormOwner> {
    visit.call.browser.browser.as_ref().and_then(|cookie| FormOwner::browser(cookie.expose()))
}

impl Visit<'_> {
    /// Refuses a form that another site sent.
    pub(super) fn must_be_ours(&self) -> Result<(), Stop> {
        let ours = is_ours(self.request.headers(), self.call.web.public_url.origin());
        if ours { Ok(()) } else { Err(ErrorKind::StaleForm.into()) }
    }

    /// Whether the form carries the token of this browser.
    pub(super) fn is_of_this_browser(&self) -> Result<bool, Stop> {
        let csrf = self.one("csrf")?.unwrap_or_default();
        Ok(owner(self).is_some_and(|owner| owner.accepts(&self.call.tenant.keys, csrf)))
    }

    /// Refuses a form that was not made for this session.
    pub(super) fn must_be_of(&self, live: &LiveSession) -> Result<(), Stop> {
        let csrf = self.one("csrf")?.unwrap_or_default();
        let owner = FormOwner::session(&live.session);
        if owner.accepts(&self.call.tenant.keys, csrf) { Ok(()) } else { Err(ErrorKind::StaleForm.into()) }
    }

    /// The `csrf` field of a form for this session.
    pub(super) fn csrf_of(&self, live: &LiveSession) -> String {
        FormOwner::session(&live.session).token(&self.call.tenant.keys)
    }
}

/// Whether a browser says that the form was sent from `origin` itself, or says nothing. Our pages ask for no
/// `Referer`, and that makes browsers send `Origin: null` with their forms (Fetch §3.2), so the word of
/// `Sec-Fetch-Site`, which no page can write, decides then: a sandboxed or foreign page is never
/// `same-origin`.
fn is_ours(headers: &HeaderMap, origin: &str) -> bool {
    let (Ok(site), Ok(from)) = (single(headers, "sec-fetch-site"), single(headers, ORIGIN)) else {
        return false;
    };
    let site_fits = matches!(site, None | Some("same-origin" | "none"));
    let origin_fits = match from {
        None => true,
        Some("null") => site == Some("same-origin"),
        Some(from) => from == origin,
    };
    site_fits && origin_fits
}

/// A header that is sent once at most, in plain text.
fn single(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&str>, ()> {
    let mut sent = headers.get_all(name);
    let first = sent.next();
    if sent.next().is_some() {
        return Err(());
    }
    first.map(|value| value.to_str().map_err(drop)).transpose()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn ours(sent: &[(&str, &str)]) -> bool {
        let request = sent.iter().fold(TestRequest::post(), |request, pair| request.append_header(*pair));
        is_ours(request.to_http_request().headers(), "https://id.example")
    }

    #[test]
    fn a_064_a_form_of_another_site_is_not_ours() {
        let (site, origin) = ("Sec-Fetch-Site", "Origin");
        for good in [
            &[][..],
            &[(site, "same-origin")],
            &[(site, "same-origin"), (origin, "https://id.example")],
            &[(site, "same-origin"), (origin, "null")],
            &[(site, "none")],
            &[(origin, "https://id.example")],
        ] {
            assert!(ours(good), "{good:?}");
        }
        for bad in [
            &[(site, "cross-site")][..],
            &[(site, "same-site")],
            &[(site, "cross-site"), (origin, "null")],
            &[(site, "none"), (origin, "null")],
            &[(origin, "null")],
            &[(origin, "https://evil.example")],
            &[(origin, "https://id.example.evil.tld")],
            &[(origin, "https://id.example:8443")],
            &[(origin, "http://id.example")],
            &[(origin, "https://id.example"), (origin, "https://evil.example")],
            &[(site, "same-origin"), (site, "cross-site")],
            &[(site, "same-origin"), (origin, "https://evil.example")],
        ] {
            assert!(!ours(bad), "{bad:?}");
        }
    }
}
