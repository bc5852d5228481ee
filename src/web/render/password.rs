//! Setting a new password: because it is required, or after a recovery link.

use askama::Template;

use super::Page;

/// One field, `new_password`, beside `csrf`, `flow` and, when it came by a link, `token`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/password/new.html")]
pub struct NewPasswordPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// Why a new password is set.
    pub reason: PasswordReason,
    /// Whose password it is; also tells the password manager.
    pub username: String,
    /// The single-use token of the link; used up by the form, never by opening the page.
    pub token: Option<String>,
    /// Where the form is sent.
    pub action: String,
    /// The browser's CSRF token.
    pub csrf: String,
    /// The flow that continues; may be empty.
    pub flow: String,
    /// What is wrong with the password that was sent.
    pub problem: Option<PasswordProblem>,
    /// The fewest characters a password has.
    pub min_length: u64,
}

/// Why a new password is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordReason {
    /// An administrator requires it (state "password reset required").
    Required,
    /// The one-time link of `portico admin recover`.
    Recovery,
    /// A link the person asked for because they forgot the old one.
    Forgotten,
}

/// What may be wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Nothing was typed.
    Missing,
    /// Fewer characters than the least.
    TooShort,
    /// More than the most.
    TooLong,
    /// Known from leaks or lists of common passwords.
    Common,
    /// The one that must be replaced.
    Same,
}

impl PasswordReason {
    const fn title_key(self) -> &'static str {
        match self {
            Self::Required | Self::Forgotten => "password-title",
            Self::Recovery => "recover-title",
        }
    }

    const fn lead_key(self) -> &'static str {
        match self {
            Self::Required => "password-lead-required",
            Self::Recovery => "recover-lead",
            Self::Forgotten => "password-lead-forgotten",
        }
    }
}

impl PasswordProblem {
    /// Every problem.
    pub const ALL: [Self; 5] = [Self::Missing, Self::TooShort, Self::TooLong, Self::Common, Self::Same];

    const fn key(self) -> &'static str {
        match self {
            Self::Missing => "password-missing",
            Self::TooShort => "password-short",
            Self::TooLong => "password-long",
            Self::Common => "password-common",
            Self::Same => "password-same",
        }
    }
}

impl NewPasswordPage {
    fn heading(&self) -> String {
        self.page.t(self.reason.title_key())
    }

    fn problem_text(&self) -> Option<String> {
        self.problem.map(|problem| self.page.t(problem.key()))
    }
}
