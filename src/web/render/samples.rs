//! Every page with made-up data, in every language: for tests, screenshots and the accessibility check.

use super::*;
use crate::kernel::Timestamp;
use crate::kernel::locale::Locale;

/// One rendered page.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What is shown, such as `login-wrong`.
    pub name: &'static str,
    /// In which language.
    pub locale: Locale,
    /// The document.
    pub html: String,
}

/// Every page, and every state of a page that looks different, in every language.
pub fn samples() -> Vec<Sample> {
    with(&|text| text.to_owned())
}

/// The same with every text that comes from outside passed through `change`.
pub(super) fn with(change: &dyn Fn(&str) -> String) -> Vec<Sample> {
    let mut all = Vec::new();
    for locale in Locale::ALL {
        let page = Page::new(locale, "bm9uY2U", change("Fjord Energy"))
            .with_languages(|other| format!("?flow=demo&ui_locales={}", other.tag()));
        let made = Maker { page, change };
        let pages = [made.login(), made.consent(), made.leaving(), made.account(), made.password()];
        let rest = [made.errors(), made.mail(), made.playground()];
        let named = pages.into_iter().chain(rest).flatten();
        all.extend(named.map(|(name, html)| Sample { name, locale, html }));
    }
    all
}

pub(super) type Pages = Vec<(&'static str, String)>;

pub(super) struct Maker<'a> {
    pub(super) page: Page,
    change: &'a dyn Fn(&str) -> String,
}

impl Maker<'_> {
    pub(super) fn s(&self, text: &str) -> String {
        (self.change)(text)
    }

    pub(super) fn page(&self) -> Page {
        self.page.clone()
    }

    fn login(&self) -> Pages {
        let fresh = LoginPage {
            page: self.page(),
            app: Some(self.s("Harbour")),
            again: false,
            action: self.s("/login"),
            csrf: self.s("csrf"),
            flow: self.s("flow"),
            username: String::new(),
            username_missing: false,
            password_missing: false,
            problem: None,
            can_cancel: true,
            forgot: Some(self.s("/forgot")),
            signup: Some(self.s("/signup")),
        };
        let plain = LoginPage { app: None, can_cancel: false, signup: None, ..fresh.clone() };
        let typed = LoginPage { username: self.s("alice@example.com"), ..fresh.clone() };
        let empty = LoginPage { username_missing: true, password_missing: true, ..fresh.clone() };
        let failed = |problem| LoginPage { problem: Some(problem), ..typed.clone() }.render();
        vec![
            ("login", fresh.render()),
            ("login-plain", plain.render()),
            ("login-again", LoginPage { again: true, ..typed.clone() }.render()),
            ("login-empty", empty.render()),
            ("login-wrong", failed(LoginProblem::Wrong)),
            ("login-wait", failed(LoginProblem::Wait(900))),
            ("login-unavailable", failed(LoginProblem::Unavailable)),
            ("login-stale", failed(LoginProblem::Stale)),
        ]
    }

    fn consent(&self) -> Pages {
        let words = ["openid", "profile", "email", "address", "phone", "offline_access"].map(str::to_owned);
        let full = ConsentPage {
            page: self.page(),
            app: self.s("Harbour"),
            username: self.s("alice@example.com"),
            scopes: words.into_iter().chain([self.s("invoices:read")]).collect(),
            lasts: Lasts::Days(30),
            redirect_host: self.s("harbour.example.com"),
            policy: Some(self.s("https://harbour.example.com/privacy")),
            terms: Some("javascript:alert(1)".to_owned()),
            action: self.s("/consent"),
            csrf: self.s("csrf"),
            flow: self.s("flow"),
        };
        let few = full.scopes.iter().take(3).cloned().collect();
        let short = ConsentPage { scopes: few, lasts: Lasts::Session, terms: None, ..full.clone() };
        let long = ConsentPage { lasts: Lasts::UntilRevoked, ..full };
        vec![("consent", short.render()), ("consent-long", long.render())]
    }

    fn leaving(&self) -> Pages {
        let ask = LogoutPage {
            page: self.page(),
            app: Some(self.s("Harbour")),
            username: self.s("alice@example.com"),
            action: self.s("/logout"),
            csrf: self.s("csrf"),
            flow: self.s("flow"),
        };
        let fields = [("code", "c0de"), ("state", "\"><svg onload=x>"), ("submit", "name")];
        let back = FormPostPage {
            page: self.page(),
            action: self.s("https://harbour.example.com/callback"),
            host: self.s("harbour.example.com"),
            fields: fields.map(|(name, value)| (self.s(name), self.s(value))).to_vec(),
        };
        let done = LoggedOutPage { page: self.page() };
        vec![("logout", ask.render()), ("logged-out", done.render()), ("form-post", back.render())]
    }

    fn account(&self) -> Pages {
        let account = |id: &str, name: &str, login: &str| Account {
            id: self.s(id),
            name: self.s(name),
            login: self.s(login),
        };
        let choose = ChooseAccountPage {
            page: self.page(),
            app: Some(self.s("Harbour")),
            accounts: vec![
                account("1", "Alice Nygård", "alice@example.com"),
                account("2", "سارة الحداد", "sara@example.com"),
            ],
            action: self.s("/select"),
            csrf: self.s("csrf"),
            flow: self.s("flow"),
        };
        let home = HomePage {
            page: self.page(),
            name: self.s("Alice Nygård"),
            login: self.s("alice@example.com"),
            action: self.s("/logout"),
            csrf: self.s("csrf"),
            playground: Some(self.s("/playground")),
        };
        let playground = Some(self.s("/playground"));
        let welcome = WelcomePage { page: self.page(), login: self.s("/login"), playground };
        vec![("choose", choose.render()), ("home", home.render()), ("welcome", welcome.render())]
    }

    fn password(&self) -> Pages {
        let new = NewPasswordPage {
            page: self.page(),
            reason: PasswordReason::Required,
            username: self.s("alice@example.com"),
            token: None,
            action: self.s("/reset"),
            csrf: self.s("csrf"),
            flow: self.s("flow"),
            problem: None,
            min_length: 15,
        };
        let recover =
            NewPasswordPage { reason: PasswordReason::Recovery, token: Some(self.s("token")), ..new.clone() };
        let forgotten = NewPasswordPage { reason: PasswordReason::Forgotten, ..recover.clone() };
        let mut pages = vec![
            ("new-password", new.render()),
            ("recover", recover.render()),
            ("forgotten", forgotten.render()),
        ];
        pages.extend(PasswordProblem::ALL.map(|problem| {
            ("new-password-problem", NewPasswordPage { problem: Some(problem), ..new.clone() }.render())
        }));
        pages
    }

    fn errors(&self) -> Pages {
        let error = |kind| ErrorPage::new(self.page(), kind, self.s("01991f2e-7c3a-7b90-a2f1-5f5d3a0c9e11"));
        let mut pages: Pages = ErrorKind::ALL.map(|kind| ("error", error(kind).render())).to_vec();
        let mut told = error(ErrorKind::BadRedirect);
        told.detail = Some(self.s("redirect_uri https://evil.example/cb is not registered for this client"));
        told.back = Some(Link {
            href: self.s("https://harbour.example.com/"),
            text: self.page.t1("back-to", "name", &self.s("Harbour")),
        });
        let mut waiting = error(ErrorKind::TooMany);
        waiting.retry_after = Some(30);
        waiting.back = Some(Link { href: "javascript:alert(1)".to_owned(), text: self.s("Harbour") });
        pages.extend([("error-detail", told.render()), ("error-wait", waiting.render())]);
        pages
    }

    fn mail(&self) -> Pages {
        let line = |n: i64, subject: &str| MailLine {
            href: self.s("/dev/mail/1"),
            to: self.s("alice@example.com"),
            subject: self.s(subject),
            at: Stamp::from(Timestamp::from_seconds(1_763_782_380 + n)),
        };
        let mails = vec![line(90, "Set a new password"), line(0, "New sign-in to your account")];
        let one = DevMailPage {
            page: self.page(),
            list: self.s("/dev/mail"),
            mail: line(0, "Set a new password"),
            from: self.s("no-reply@fjord.example"),
            text: self
                .s("Hello Alice,\n\nopen https://id.fjord.example/reset?token=abc&x=1 within 30 minutes.\n"),
        };
        vec![
            ("mail-list", DevMailListPage { page: self.page(), mails }.render()),
            ("mail-empty", DevMailListPage { page: self.page(), mails: Vec::new() }.render()),
            ("mail", one.render()),
        ]
    }
}
