//! The way through the hosted pages, as a browser without scripts goes it.

use portico::testkit::{Browser, Reply};

/// Opens `target`, follows it to the login page, and sends the form.
pub async fn log_in(browser: &mut Browser, target: &str, name: &str, password: &str) -> Reply {
    let page = open(browser, target).await;
    assert_eq!(page.status, 200, "{}", page.body);
    submit(browser, "/login", &page, &[("username", name), ("password", password)]).await
}

/// Opens an address and follows redirects within the server.
pub async fn open(browser: &mut Browser, target: &str) -> Reply {
    let mut reply = browser.get(target).await;
    for _ in 0..5 {
        match reply.header("location").map(str::to_owned) {
            Some(next) if next.starts_with('/') => reply = browser.get(&next).await,
            _ => break,
        }
    }
    reply
}

/// Sends the page's form with its hidden fields and these.
pub async fn submit(browser: &mut Browser, action: &str, page: &Reply, fields: &[(&str, &str)]) -> Reply {
    let mut form = page.hidden();
    form.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(action, &form).await
}
