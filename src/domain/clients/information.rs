//! A client as it is told to those who registered it (RFC 7591 §3.2.1).

use serde_json::{Map, Value, json};

use super::{Client, ClientKind, IssuedSecret};

impl Client {
    /// The client information response: everything registered under the standard's names, and Portico's own
    /// fields beside it. The secret only when it was just made.
    pub fn information(&self, secret: Option<&IssuedSecret>) -> Value {
        let mut told = Map::new();
        told.insert("client_id".to_owned(), json!(self.id.as_str()));
        if let Some(secret) = secret {
            told.insert("client_secret".to_owned(), json!(secret.value.expose()));
            told.insert("client_secret_expires_at".to_owned(), json!(secret.expires_at.seconds()));
        }
        told.insert("client_name".to_owned(), json!(self.name));
        // OpenID Connect Registration §2 knows these two.
        let application = if self.kind == ClientKind::Native { "native" } else { "web" };
        told.insert("application_type".to_owned(), json!(application));
        told.insert("type".to_owned(), json!(self.kind.as_str()));
        told.insert("state".to_owned(), json!(if self.enabled { "active" } else { "disabled" }));
        if let Ok(Value::Object(metadata)) = serde_json::to_value(&self.metadata) {
            told.extend(metadata);
        }
        Value::Object(told)
    }
}
