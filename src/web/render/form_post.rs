//! The answer of `response_mode=form_post` (OAuth 2.0 Form Post Response Mode §2).

use askama::Template;

use super::Page;

/// A form that carries the response to the application: by itself where scripts run, else by its button.
/// The redirect URI's origin must stand in the answer's `form-action`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/form_post/form_post.html")]
pub struct FormPostPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The validated redirect URI.
    pub action: String,
    /// Its host, for the person.
    pub host: String,
    /// The response parameters, in order; values arrive at the application byte for byte.
    pub fields: Vec<(String, String)>,
}
