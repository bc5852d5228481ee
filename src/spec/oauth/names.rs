//! Names from the OAuth registries that Portico speaks.

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The registered name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one of that name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text)
            }
        }
    };
}

names! {
    /// Grant types (RFC 7591 §2).
    GrantType {
        /// RFC 6749 §4.1.
        AuthorizationCode = "authorization_code",
        /// RFC 6749 §6.
        RefreshToken = "refresh_token",
        /// RFC 6749 §4.4.
        ClientCredentials = "client_credentials",
    }
}

names! {
    /// How a client proves itself at the token endpoint (OpenID Connect Core §9).
    AuthMethod {
        /// A public client.
        None = "none",
        /// The Authorization header.
        ClientSecretBasic = "client_secret_basic",
        /// The request body.
        ClientSecretPost = "client_secret_post",
    }
}

names! {
    /// How an authorization response travels.
    ResponseMode {
        /// In the query (OAuth 2.0 Multiple Response Types §2.1).
        Query = "query",
        /// In the fragment (the same).
        Fragment = "fragment",
        /// In a form that posts itself (OAuth 2.0 Form Post Response Mode).
        FormPost = "form_post",
    }
}
