//! One request, known: its tenant, its context, its browser and its language.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT_LANGUAGE, USER_AGENT};
use actix_web::web::Data;

use super::cookies::CookieNames;
use super::extract::{Cookies, Fields};
use super::middleware::Operation;
use super::render::Page;
use super::state::Web;
use crate::domain::oauth::authorize::Browser;
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::locale::{Locale, negotiate};
use crate::kernel::{Actor, Cx, Secret, TenantSlug};

/// Everything a handler needs to know about the request it serves.
pub struct Call {
    /// The web floor's state.
    pub web: Data<Web>,
    /// The tenant whose address was called.
    pub tenant: Arc<Tenant>,
    /// The domain's context.
    pub cx: Cx,
    /// What the browser brought.
    pub browser: Browser,
    /// The names of this tenant's cookies.
    pub cookies: CookieNames,
}

/// Why there is no call.
#[derive(Debug)]
pub enum NoCall {
    /// No tenant answers here (unknown or disabled).
    NoTenant,
    /// Our own fault.
    Fault(Fault),
}

impl Call {
    /// Reads a request.
    ///
    /// # Errors
    /// [`NoCall`].
    pub async fn open(request: &HttpRequest) -> Result<Self, NoCall> {
        let web = state(request)?;
        let slug = slug(request).ok_or(NoCall::NoTenant)?;
        let tenant = web.services.registry.tenant(&slug).await.map_err(NoCall::Fault)?;
        let tenant = tenant.filter(|tenant| tenant.enabled).ok_or(NoCall::NoTenant)?;
        Ok(Self::of(request, web, tenant))
    }

    fn of(request: &HttpRequest, web: Data<Web>, tenant: Arc<Tenant>) -> Self {
        let operation = Operation::of(request);
        operation.set_tenant(&tenant.slug);
        let cx = Cx {
            tenant: tenant.id,
            slug: tenant.slug.clone(),
            issuer: tenant.issuer.clone(),
            now: web.services.clock.now(),
            rng: web.services.rng.clone(),
            actor: Actor::Anonymous,
            request_id: operation.id(),
            ip: Some(operation.client_ip().0),
        };
        let cookies = CookieNames::new(&tenant.slug, web.public_url.is_https());
        let sent = Cookies::of(request.headers());
        let read = |name: &str| sent.get(name).map(Secret::new);
        let browser = Browser { session: read(&cookies.session), browser: read(&cookies.browser) };
        Self { web, tenant, cx, browser, cookies }
    }

    /// The services below.
    pub fn services(&self) -> &Services {
        &self.web.services
    }

    /// What stands before every path of the tenant.
    pub fn base(&self) -> String {
        format!("{}{}", self.web.root(), self.tenant.base_path)
    }

    /// A page of this tenant in the best language; `ui_locales` of the authorization request comes first.
    pub fn page(&self, request: &HttpRequest, ui_locales: Option<&str>) -> Page {
        let mut page = Page::new(locale(request, ui_locales), nonce(self), self.tenant.name.clone());
        page.root = self.web.root().to_owned();
        page.base = self.base();
        page
    }
}

fn nonce(call: &Call) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(call.cx.rng.bytes::<16>())
}

/// The language that the address itself asks for: the parameter of an authorization request, or a choice of
/// the page's own language menu, which travels the same way.
pub fn chosen_locale(request: &HttpRequest) -> Option<Locale> {
    let query = request.query_string();
    // Most addresses have none, and this is asked for every page.
    let query = query.contains("ui_locales").then(|| Fields::parse(query.as_bytes()).ok())??;
    query.get("ui_locales").ok()??.split_ascii_whitespace().take(32).find_map(Locale::from_tag)
}

/// The language of an answer; `ui_locales` is what a kept request asked for.
pub fn locale(request: &HttpRequest, ui_locales: Option<&str>) -> Locale {
    if let Some(chosen) = chosen_locale(request) {
        return chosen;
    }
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    negotiate(ui_locales, accepted)
}

/// The browser's name for itself, cut to a length worth keeping.
pub fn user_agent(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().filter(|c| !c.is_control()).take(256).collect())
}

/// The web floor's state of an app.
pub fn state(request: &HttpRequest) -> Result<Data<Web>, NoCall> {
    let missing = || NoCall::Fault(Fault::internal("the app has no web state"));
    request.app_data::<Data<Web>>().cloned().ok_or_else(missing)
}

/// The tenant an address names: none for a malformed slug, and `/t/default` is not an address.
pub fn slug(request: &HttpRequest) -> Option<TenantSlug> {
    match request.match_info().get("slug") {
        None => Some(TenantSlug::default_tenant()),
        Some(text) => TenantSlug::parse(text).ok().filter(|slug| !slug.is_default()),
    }
}
