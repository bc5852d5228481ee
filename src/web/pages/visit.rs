//! One visit to a hosted page: what the request brings, and how every page goes on or fails.

use actix_web::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};

use crate::domain::oauth::authorize::{FlowView, Next, look, resume};
use crate::domain::signin::{self, LiveSession};
use crate::domain::{Fault, Services};
use crate::kernel::{Actor, Cx, FlowId, Secret};
use crate::spec::oauth::{Doubled, Fields, OAuthError, encode};
use crate::store::users::UserRow;
use crate::web::call::Call;
use crate::web::extract::{BodyError, Cookies};
use crate::web::middleware::Operation;
use crate::web::render::{ErrorKind, Page};
use crate::web::respond::{
    error_page, fault_kind, form_target, no_call_page, own_path, respond_next, see_other,
};

/// What the links of the language menu keep of the page's address.
const KEPT: [&str; 6] = ["flow", "token", "client_id", "id_token_hint", "post_logout_redirect_uri", "state"];

/// What a page comes to: an answer, or the reason why there is none of its own.
pub(super) type Shown = Result<HttpResponse, Stop>;

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum Stop {
    /// An error page, with what developers may know.
    Page(ErrorKind, Option<String>),
    /// Our own fault.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<ErrorKind> for Stop {
    fn from(kind: ErrorKind) -> Self {
        Self::Page(kind, None)
    }
}

impl From<Doubled> for Stop {
    fn from(doubled: Doubled) -> Self {
        Self::Page(ErrorKind::BadRequest, Some(doubled.to_string()))
    }
}

impl From<OAuthError> for Stop {
    fn from(error: OAuthError) -> Self {
        Self::Page(ErrorKind::BadRequest, Some(format!("{}: {}", error.code, error.description)))
    }
}

/// A request to a page.
pub(super) struct Visit<'r> {
    /// Tenant, context, browser.
    pub(super) call: Call,
    /// The request itself.
    pub(super) request: &'r HttpRequest,
    /// The fields of the address, or of the form that was sent.
    pub(super) fields: Fields,
}

/// Opens a request and shows the page, or the error that it ran into.
pub(super) async fn serve<'r>(
    request: &'r HttpRequest,
    fields: Result<Fields, BodyError>,
    page: impl AsyncFnOnce(&Visit<'r>) -> Shown,
) -> HttpResponse {
    let call = match Call::open(request).await {
        Ok(call) => call,
        Err(no_call) => return no_call_page(&no_call, request),
    };
    let fields = match fields {
        Ok(fields) => fields,
        Err(error) => {
            let mut answer = error_page(&call, request, ErrorKind::BadRequest, Some(error.to_string()));
            *answer.status_mut() = error.status_code();
            return answer;
        }
    };
    let visit = Visit { call, request, fields };
    page(&visit).await.unwrap_or_else(|stop| visit.stopped(stop))
}

impl Visit<'_> {
    /// The page of a failure.
    pub(super) fn stopped(&self, stop: Stop) -> HttpResponse {
        let (kind, detail) = match stop {
            Stop::Page(kind, detail) => (kind, detail),
            Stop::Fault(fault) => (fault_kind(&fault), None),
        };
        error_page(&self.call, self.request, kind, detail)
    }

    /// The floor below.
    pub(super) fn services(&self) -> &Services {
        self.call.services()
    }

    /// A field that may be sent once.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Doubled> {
        self.fields.get(name)
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<Secret> {
        Cookies::of(self.request.headers()).get(name).map(Secret::new)
    }

    /// The kept request that the page belongs to; `None` when it names none. One that is over, unknown or
    /// another browser's is an error page.
    pub(super) async fn flow(&self) -> Result<Option<FlowView>, Stop> {
        let Some(text) = self.one("flow")? else { return Ok(None) };
        match self.find_flow(text).await? {
            Some(view) => Ok(Some(view)),
            None => Err(self.gone().into()),
        }
    }

    /// The kept request of a page that is nothing without one.
    pub(super) async fn need_flow(&self) -> Result<FlowView, Stop> {
        Ok(self.flow().await?.ok_or(ErrorKind::FlowExpired)?)
    }

    /// The same for a page that is worth showing when the request is over.
    pub(super) async fn flow_if_open(&self) -> Result<Option<FlowView>, Stop> {
        match self.one("flow")? {
            Some(text) => Ok(self.find_flow(text).await?),
            None => Ok(None),
        }
    }

    async fn find_flow(&self, text: &str) -> Result<Option<FlowView>, Fault> {
        let Some(id) = FlowId::parse(text) else { return Ok(None) };
        let call = &self.call;
        let view = look(call.services(), &call.tenant, &call.cx, &call.browser, id).await?;
        if let Some(live) = view.as_ref().and_then(|view| view.session.as_ref()) {
            self.note(live);
        }
        Ok(view)
    }

    fn gone(&self) -> ErrorKind {
        let has_cookie = self.call.browser.hash().is_some();
        if has_cookie { ErrorKind::FlowExpired } else { ErrorKind::OtherBrowser }
    }

    /// Who is signed in here.
    pub(super) async fn session(&self) -> Result<Option<LiveSession>, Fault> {
        let Some(cookie) = self.call.browser.session.clone() else { return Ok(None) };
        let (tenant, now) = (self.call.tenant.clone(), self.call.cx.now);
        let limits = self.services().settings.sessions.clone();
        let db = &self.services().db;
        let found = db
            .read(move |conn| signin::current_session(conn, &tenant, &limits, cookie.expose(), now))
            .await?;
        if let Some(live) = &found {
            self.note(live);
            if signin::needs_touch(live, &self.services().settings.sessions, now) {
                signin::touch_later(db, live, now);
            }
        }
        Ok(found)
    }

    /// Who is signed in here, as the page's kept request saw it already if there is one.
    pub(super) async fn session_beside(&self, view: Option<&FlowView>) -> Result<Option<LiveSession>, Fault> {
        match view {
            Some(view) => Ok(view.session.clone()),
            None => self.session().await,
        }
    }

    /// Puts the person's name on the log line.
    fn note(&self, live: &LiveSession) {
        Operation::of(self.request).set_actor(Actor::User(live.user.id));
    }

    /// The context of what this person does.
    pub(super) fn cx_of(&self, live: &LiveSession) -> Cx {
        Cx { actor: Actor::User(live.user.id), ..self.call.cx.clone() }
    }

    /// The page's context, with a menu of languages that lead to the same page.
    pub(super) fn page(&self, view: Option<&FlowView>) -> Page {
        let wanted = view.and_then(|view| view.request.ui_locales.as_deref());
        let mut address = format!("{}?", self.request.path());
        for name in KEPT {
            if let Ok(Some(value)) = self.one(name) {
                address.push_str(&format!("{name}={}&", encode(value)));
            }
        }
        let page = self.call.page(self.request, wanted);
        page.with_languages(|locale| format!("{address}ui_locales={}", locale.tag()))
    }

    /// An address of this tenant, in the language this page was asked for.
    pub(super) fn path(&self, path: &str, query: &[(&str, &str)]) -> String {
        own_path(&self.call, self.request, path, query)
    }

    /// 303 to the start page.
    pub(super) fn home(&self) -> HttpResponse {
        see_other(&self.path("/", &[]))
    }

    /// Goes where a kept request goes.
    pub(super) fn follow(&self, next: Next) -> HttpResponse {
        respond_next(&self.call, self.request, next)
    }

    /// Goes on with a kept request that asks for something else than this page.
    pub(super) async fn resume(&self, view: &FlowView) -> Shown {
        let call = &self.call;
        let next = resume(call.services(), &call.tenant, &call.cx, &call.browser, view.id).await?;
        Ok(self.follow(next))
    }

    /// Gives the browser a cookie: until it is closed, or for `max_age` seconds.
    pub(super) fn set_cookie(&self, to: &mut HttpResponse, name: &str, value: &Secret, max_age: Option<u64>) {
        if let Some(header) = self.call.cookies.set(name, value, max_age) {
            to.headers_mut().append(SET_COOKIE, header);
        }
    }

    /// Takes a cookie from the browser.
    pub(super) fn clear_cookie(&self, to: &mut HttpResponse, name: &str) {
        if let Some(header) = self.call.cookies.clear(name) {
            to.headers_mut().append(SET_COOKIE, header);
        }
    }
}

/// Where the answer to a page's form may lead: to the application that waits (Chromium applies `form-action`
/// to redirects, too).
pub(super) fn targets(view: Option<&FlowView>) -> Vec<&str> {
    view.map(|view| form_target(&view.request.redirect_uri)).into_iter().collect()
}

/// The name a person signs in with, as they know it.
pub(super) fn login_name(user: &UserRow) -> &str {
    user.email.as_deref().unwrap_or(&user.username)
}

/// Says when to come again.
pub(super) fn retry_after(answer: &mut HttpResponse, seconds: u64) {
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
}
