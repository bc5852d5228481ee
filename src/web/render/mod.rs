//! The pages as values: one struct per page with plain fields, one template, one `render()`.
//!
//! Here: what a page shows and in which words; the static files under their hashed names. Not here: actix,
//! headers, cookies, or any decision: a handler fills a struct and sends the text. Templates live in
//! `templates/pages/<area>/`, texts in `locales/`. Values are escaped by askama for every place they
//! stand in (attributes are always in double quotes); links that a stranger chose pass [`safe_link`].
//! Standards: WCAG 2.2 AA, CSP Level 3 (no inline script or style anywhere), HTML autofill tokens.

mod account;
pub mod assets;
mod consent;
mod dev_mail;
mod error;
mod form_post;
mod login;
mod logout;
mod page;
mod password;
mod playground;
#[cfg(any(test, feature = "testkit"))]
mod samples;
#[cfg(any(test, feature = "testkit"))]
mod samples_playground;
#[cfg(test)]
mod tests;
mod token_view;

pub use account::{Account, ChooseAccountPage, HomePage, WelcomePage};
pub use consent::{ConsentPage, Lasts};
pub use dev_mail::{DevMailListPage, DevMailPage, MailLine};
pub use error::{ErrorKind, ErrorPage};
pub use form_post::FormPostPage;
pub use login::{LoginPage, LoginProblem};
pub use logout::{LoggedOutPage, LogoutPage};
pub use page::{Language, Link, Page, Stamp, initial, safe_link};
pub use password::{NewPasswordPage, PasswordProblem, PasswordReason};
pub use playground::{
    PlaygroundFailedPage, PlaygroundResultPage, PlaygroundStartPage, PlaygroundTool, Step, StepKind,
};
#[cfg(any(test, feature = "testkit"))]
pub use samples::{Sample, samples};
pub use token_view::{Claim, TokenRole, TokenView};

/// Gives each page its `render()`: the whole HTML document.
macro_rules! pages {
    ($($page:ty),+ $(,)?) => {$(
        impl $page {
            /// The page as an HTML document (`text/html; charset=utf-8`).
            pub fn render(&self) -> String {
                // Writing to a string does not fail, and no value shown here has a failing Display.
                askama::Template::render(self).unwrap_or_default()
            }
        }
    )+};
}

pages!(
    ChooseAccountPage,
    ConsentPage,
    DevMailListPage,
    DevMailPage,
    ErrorPage,
    FormPostPage,
    HomePage,
    LoggedOutPage,
    LoginPage,
    LogoutPage,
    NewPasswordPage,
    PlaygroundFailedPage,
    PlaygroundResultPage,
    PlaygroundStartPage,
    WelcomePage,
);
