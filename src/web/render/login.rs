//! The sign-in page.

use askama::Template;

use super::Page;

/// Username and password in one form. Fields of the form: `username`, `password`, `csrf`, `flow`, and
/// `decision=deny` from the cancel button.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/login.html")]
pub struct LoginPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The application the person is going to; `None` when they came for their own account.
    pub app: Option<String>,
    /// Whether somebody signed in is asked to prove it again (`prompt=login`, `max_age`).
    pub again: bool,
    /// Where the form is sent.
    pub action: String,
    /// The browser's CSRF token.
    pub csrf: String,
    /// The flow that continues after sign-in.
    pub flow: String,
    /// What was typed before, or the `login_hint`; the password is never kept.
    pub username: String,
    /// The username field was left empty.
    pub username_missing: bool,
    /// The password field was left empty.
    pub password_missing: bool,
    /// Why the last try did not work.
    pub problem: Option<LoginProblem>,
    /// Whether a button leads back to the application without signing in.
    pub can_cancel: bool,
    /// The recovery page, when there is one.
    pub forgot: Option<String>,
    /// The sign-up page, when there is one.
    pub signup: Option<String>,
}

/// Why a try to sign in did not work; the same words whether or not the account exists (S0-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginProblem {
    /// Username and password do not belong together.
    Wrong,
    /// Too many tries; how many seconds to wait.
    Wait(u64),
    /// The password cannot be checked at the moment.
    Unavailable,
    /// The form was older than its session, so nothing was sent on; the page is fresh now.
    Stale,
}

impl LoginPage {
    fn heading(&self) -> String {
        match (&self.app, self.again) {
            (_, true) => self.page.t("login-title-again"),
            (Some(app), false) => self.page.t1("login-title-app", "app", app),
            (None, false) => self.page.t("login-title"),
        }
    }

    fn lead(&self) -> String {
        match (&self.app, self.again) {
            (Some(app), true) => self.page.t1("login-lead-again", "app", app),
            _ => self.page.t1("login-lead", "tenant", &self.page.tenant),
        }
    }

    fn problem_text(&self) -> Option<String> {
        Some(match self.problem? {
            LoginProblem::Wrong => self.page.t("login-wrong"),
            LoginProblem::Wait(seconds) => {
                format!("{} {}", self.page.t("login-too-many"), self.page.wait(seconds))
            }
            LoginProblem::Unavailable => self.page.t("login-unavailable"),
            LoginProblem::Stale => self.page.t("login-stale"),
        })
    }

    fn password_problem(&self) -> Option<String> {
        self.password_missing.then(|| self.page.t("login-password-missing"))
    }

    fn has_problem(&self) -> bool {
        self.problem.is_some() || self.username_missing || self.password_missing
    }

    /// The cursor starts in the first field that needs something.
    fn focus_password(&self) -> bool {
        !self.username.is_empty() && !self.username_missing
    }
}
