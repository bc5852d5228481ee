//! A kept request and what is around it: the browser that started it, the steps it has taken.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::answer::{Answer, PageError};
use super::decide::{Decision, Facts, decide};
use super::request::AuthorizeRequest;
use crate::domain::clients::Client;
use crate::domain::signin::LiveSession;
use crate::domain::tenants::Tenant;
use crate::kernel::{Cx, FlowId, ScopeSet, Secret, SessionId, Timestamp, TokenKind, hash_token};
use crate::spec::oauth::OAuthError;

/// What a browser brings with it.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// The session cookie.
    pub session: Option<Secret>,
    /// The cookie that ties unfinished requests to this browser.
    pub browser: Option<Secret>,
}

impl Browser {
    /// The hash under which this browser's requests are kept; `None` without a well-formed cookie.
    pub fn hash(&self) -> Option<String> {
        let cookie = self.browser.as_ref()?.expose();
        TokenKind::Browser.decode(cookie).ok().map(|_| hash_token(cookie))
    }
}

/// What has happened to a kept request so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The session the person chose, when asked which account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<SessionId>,
    /// The session whose person allowed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consented: Option<SessionId>,
    /// Hash of the session cookie the request came with: only another one is a sign-in after it, whatever
    /// the nodes' clocks say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Whether the request is kept; a request that has just come in has not asked anybody anything.
    #[serde(default)]
    pub kept: bool,
}

impl Step {
    /// Whether nobody was asked anything yet.
    pub const fn is_new(&self) -> bool {
        !self.kept
    }
}

/// Where the browser goes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// To the login page.
    Login(FlowId),
    /// To the account chooser.
    Choose(FlowId),
    /// To the consent page.
    Consent(FlowId),
    /// Back to the client.
    Answer(Answer),
    /// Nowhere: an error page.
    Page(PageError),
}

/// Where the browser goes, and what it must remember.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Where.
    pub next: Next,
    /// A new browser cookie to set.
    pub new_browser: Option<Secret>,
}

impl From<Next> for Outcome {
    fn from(next: Next) -> Self {
        Self { next, new_browser: None }
    }
}

/// A kept request with everything a page shows.
#[derive(Clone)]
pub struct FlowView {
    /// Its id.
    pub id: FlowId,
    /// The request.
    pub request: AuthorizeRequest,
    /// The client.
    pub client: Arc<Client>,
    /// The browser's session.
    pub session: Option<LiveSession>,
    /// The scopes this person has allowed this client before.
    pub consented: Option<ScopeSet>,
    pub(super) step: Step,
    pub(super) began: Timestamp,
}

impl FlowView {
    pub(super) fn decide(&self, tenant: &Tenant, cx: &Cx) -> Decision {
        let facts = Facts {
            tenant,
            client: &self.client,
            request: &self.request,
            step: &self.step,
            began: self.began,
            session: self.session.as_ref(),
            consented: self.consented.as_ref(),
        };
        decide(&facts, cx)
    }

    /// What the person is asked next; a page checks that it is the right one for this moment.
    pub fn next(&self, tenant: &Tenant, cx: &Cx) -> Next {
        match self.decide(tenant, cx) {
            Decision::Login => Next::Login(self.id),
            Decision::Choose => Next::Choose(self.id),
            Decision::Consent | Decision::Issue => Next::Consent(self.id),
            Decision::Refuse(code, text) => {
                Next::Answer(Answer::error(&self.request, &OAuthError::new(code, text), &tenant.issuer))
            }
        }
    }
}
