//! One request to the playground: there only in development, and tied to its browser.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::demo::Playground;
use crate::kernel::{Secret, hash_token};
use crate::spec::oauth::Fields;
use crate::web::call::{self, Call};
use crate::web::extract::Cookies;
use crate::web::respond::no_call_page;

const COOKIE: &str = "portico_playground";

/// A request and its browser.
pub(super) struct Visit {
    /// The request.
    pub call: Call,
    /// The playground.
    pub playground: Arc<Playground>,
    cookie: Secret,
    is_new: bool,
}

impl Visit {
    /// Reads a request.
    ///
    /// # Errors
    /// The answer: 404 without a playground, or what hinders any page.
    pub(super) async fn open(request: &HttpRequest) -> Result<Self, HttpResponse> {
        let web = call::state(request).map_err(|no_call| no_call_page(&no_call, request))?;
        let playground = web.playground.clone().filter(|_| web.dev);
        let playground = playground.ok_or_else(|| HttpResponse::new(StatusCode::NOT_FOUND))?;
        let call = Call::open(request).await.map_err(|no_call| no_call_page(&no_call, request))?;
        let sent =
            Cookies::of(request.headers()).get(&name(web.public_url.is_https())).filter(|text| is_ours(text));
        let is_new = sent.is_none();
        let cookie =
            sent.map_or_else(|| Secret::new(URL_SAFE_NO_PAD.encode(call.cx.rng.bytes::<32>())), Secret::new);
        Ok(Self { call, playground, cookie, is_new })
    }

    /// Under what the run is kept.
    pub(super) fn key(&self) -> String {
        hash_token(self.cookie.expose())
    }

    /// What this browser's forms carry. It follows from the cookie, which no other site can read, and does
    /// not tell it.
    pub(super) fn csrf(&self) -> String {
        hash_token(&format!("playground form\n{}", self.cookie.expose()))
    }

    /// Whether a form was made for this browser.
    pub(super) fn is_own_form(&self, form: &Fields) -> bool {
        let sent = form.get("csrf").ok().flatten();
        // Both are hashes: how long the comparison takes tells nothing about the cookie.
        !self.is_new && sent.is_some_and(|sent| sent == self.csrf())
    }

    /// The path of a page of the playground.
    pub(super) fn path(&self, below: &str) -> String {
        format!("{}/playground{below}", self.call.web.root())
    }

    /// Gives a browser that has none its cookie.
    pub(super) fn send(&self, mut answer: HttpResponse) -> HttpResponse {
        if self.is_new
            && let Ok(value) = self.set_cookie()
        {
            answer.headers_mut().append(SET_COOKIE, value);
        }
        answer
    }

    fn set_cookie(&self) -> Result<HeaderValue, actix_web::http::header::InvalidHeaderValue> {
        let https = self.call.web.public_url.is_https();
        let secure = if https { "; Secure" } else { "" };
        let (name, value) = (name(https), self.cookie.expose());
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"))
    }
}

fn name(https: bool) -> String {
    format!("{}{COOKIE}", if https { "__Host-" } else { "" })
}

/// 256 bits in base64url, as they are handed out.
fn is_ours(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}
