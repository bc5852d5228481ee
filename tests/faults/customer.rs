//! A client of a server that may die at any moment: it knows what was answered, and what is open.

use portico::testkit::{
    Browser, CALLBACK, Reply, TestClient, VERIFIER, authorize_path, basic, encode, member,
};
use reqwest::Method;
use serde_json::Value;

/// No whole answer came back.
pub type Lost = reqwest::Error;

/// What was asked and not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Redeem,
    Refresh,
    Revoke,
}

/// One grant as its client knows it, from answers it received.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The code.
    pub code: String,
    /// Access tokens that were answered and should work while the grant does.
    pub access: Vec<String>,
    /// Access tokens whose revocation was answered.
    pub withdrawn: Vec<String>,
    /// Refresh tokens in the order they were answered; the last is the head.
    pub refresh: Vec<String>,
    /// Whether the revocation of the family was answered.
    pub revoked: bool,
    /// What was asked last and not answered.
    pub open: Option<Step>,
}

impl Entry {
    pub fn head(&self) -> String {
        self.refresh.last().expect("a refresh token").clone()
    }

    fn answered(&mut self, tokens: &Reply) {
        self.access.push(member(tokens, "access_token"));
        self.refresh.push(member(tokens, "refresh_token"));
        self.open = None;
    }
}

/// A signed-in person's browser and the client it uses.
#[derive(Clone)]
pub struct Customer {
    pub browser: Browser,
    pub client: TestClient,
}

impl Customer {
    pub fn new(mut browser: Browser, client: &TestClient, cookie: &str) -> Self {
        browser.cookies.insert("portico_session".to_owned(), cookie.to_owned());
        Self { browser, client: client.clone() }
    }

    /// Takes grant after grant until an answer is lost, and tells of each. `plan` chooses what is done.
    pub async fn shop(mut self, mut plan: impl FnMut() -> u8) -> Vec<Entry> {
        let mut entries = Vec::new();
        while let Ok(code) = self.code().await {
            let mut entry = Entry {
                code,
                access: Vec::new(),
                withdrawn: Vec::new(),
                refresh: Vec::new(),
                revoked: false,
                open: None,
            };
            let lost = self.use_up(&mut entry, plan()).await.is_err();
            entries.push(entry);
            if lost {
                break;
            }
        }
        entries
    }

    /// Redeems the code, refreshes some times, revokes now and then.
    async fn use_up(&mut self, entry: &mut Entry, plan: u8) -> Result<(), Lost> {
        entry.open = Some(Step::Redeem);
        entry.answered(&granted(self.redeem(&entry.code).await?));
        for _ in 0..plan % 4 {
            entry.open = Some(Step::Refresh);
            entry.answered(&granted(self.refresh(&entry.head()).await?));
        }
        if plan & 0b1100 == 0b0100 {
            entry.open = Some(Step::Revoke);
            self.revoke(&entry.head()).await?;
            (entry.open, entry.revoked) = (None, true);
        } else if plan & 0b1100 == 0b1000 && entry.access.len() > 1 {
            // Lost before it is answered, the token is neither here nor there, and nothing is said of it.
            let token = entry.access.remove(0);
            self.revoke(&token).await?;
            entry.withdrawn.push(token);
        }
        Ok(())
    }

    pub async fn code(&mut self) -> Result<String, Lost> {
        let path = authorize_path(&self.client, &[]);
        let reply = self.browser.try_send(Method::GET, &path, None, &[]).await?;
        assert_eq!(reply.status, 303, "{}", reply.body);
        Ok(reply.param("code").unwrap_or_else(|| panic!("no code in {}", reply.location())))
    }

    pub async fn redeem(&mut self, code: &str) -> Result<Reply, Lost> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.post("/token", &form).await
    }

    pub async fn refresh(&mut self, token: &str) -> Result<Reply, Lost> {
        self.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// A token for the client itself.
    pub async fn own_token(&mut self) -> Result<String, Lost> {
        let reply = self.post("/token", &[("grant_type", "client_credentials")]).await?;
        assert_eq!(reply.status, 200, "{}", reply.body);
        Ok(member(&reply, "access_token"))
    }

    pub async fn revoke(&mut self, token: &str) -> Result<(), Lost> {
        let reply = self.post("/revoke", &[("token", token)]).await?;
        assert_eq!(reply.status, 200, "{}", reply.body);
        Ok(())
    }

    pub async fn is_active(&mut self, token: &str) -> Result<bool, Lost> {
        let reply = self.post("/introspect", &[("token", token)]).await?;
        assert_eq!(reply.status, 200, "{}", reply.body);
        Ok(reply.json()["active"] == Value::Bool(true))
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Result<Reply, Lost> {
        let header = basic(&self.client.id, &self.client.secret);
        self.browser.try_send(Method::POST, path, Some(encode(form)), &[("authorization", &header)]).await
    }
}

/// An answer with tokens: a server that lives and answers gives no other here.
pub fn granted(reply: Reply) -> Reply {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

/// An answer that refuses a grant and gives nothing.
pub fn refused(reply: &Reply) {
    assert_eq!(
        (reply.status, reply.json()["error"].as_str()),
        (400, Some("invalid_grant")),
        "{}",
        reply.body
    );
    assert!(reply.json().get("access_token").is_none() && reply.json().get("refresh_token").is_none());
}
