//! Choosing an account, and the start page of those who are signed in and those who are not.

use askama::Template;

use super::Page;

/// Which account to go on with (`prompt=select_account`). The form carries `account` (an id, or `other`),
/// `csrf` and `flow`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/account/choose.html")]
pub struct ChooseAccountPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The application the person is going to.
    pub app: Option<String>,
    /// The accounts signed in in this browser.
    pub accounts: Vec<Account>,
    /// Where the form is sent.
    pub action: String,
    /// The browser's CSRF token.
    pub csrf: String,
    /// The flow that waits for the choice.
    pub flow: String,
}

/// An account of the list.
#[derive(Clone, Debug)]
pub struct Account {
    /// What the form sends back.
    pub id: String,
    /// The person's name.
    pub name: String,
    /// The address or username they sign in with.
    pub login: String,
}

/// The start page of somebody signed in. The form carries `csrf` and `decision=allow`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/account/home.html")]
pub struct HomePage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The person's name.
    pub name: String,
    /// The address or username they sign in with.
    pub login: String,
    /// Where the sign-out form is sent.
    pub action: String,
    /// The browser's CSRF token.
    pub csrf: String,
    /// The playground, when this server has one.
    pub playground: Option<String>,
}

/// The start page of somebody not signed in.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/account/welcome.html")]
pub struct WelcomePage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The sign-in page.
    pub login: String,
    /// The playground, when this server has one.
    pub playground: Option<String>,
}
