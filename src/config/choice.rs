//! `choice!`: settings with a short list of words, and the enums made with it.

/// Declares an enum whose variants are the words an operator may write.
macro_rules! choice {
    (
        $(#[doc = $about:literal])+
        pub enum $Name:ident { $($(#[doc = $doc:literal])+ $Variant:ident = $text:literal,)+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $Name { $($(#[doc = $doc])+ $Variant,)+ }

        impl $Name {
            /// Every choice, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

            /// The word as written in the file and in the standard.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::config::value::Setting for $Name {
            fn kind() -> String {
                Self::ALL.iter().map($crate::config::value::Setting::show).collect::<Vec<_>>().join(" or ")
            }

            fn parse(raw: &$crate::config::value::Raw) -> Result<Self, String> {
                let word = raw.text()?;
                Self::ALL.iter().copied().find(|choice| choice.as_str() == word).ok_or_else(|| {
                    format!("expected {}, found {}", Self::kind(), $crate::config::value::excerpt(word))
                })
            }

            fn show(&self) -> String {
                $crate::config::value::quoted(self.as_str())
            }
        }
    };
}

choice! {
    /// Who brings the tables of the database up to date.
    pub enum Migrate {
        /// `portico serve` does, before it answers.
        Auto = "auto",
        /// The operator does, with `portico migrate`; `serve` refuses to start on old tables.
        Manual = "manual",
    }
}

choice! {
    /// How mail leaves.
    pub enum MailTransport {
        /// Kept in a mailbox that can be read at `/dev/mail`; nothing leaves.
        Mailbox = "mailbox",
        /// Handed to the server named by `smtp_url`.
        Smtp = "smtp",
        /// Written to files below the data directory.
        File = "file",
    }
}

choice! {
    /// Signature algorithms of tokens (RFC 7518 §3.1, RFC 8037 §3.1).
    pub enum SigningAlg {
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256",
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

choice! {
    /// How log lines are written.
    pub enum LogFormat {
        /// One JSON object a line, for machines.
        Json = "json",
        /// Plain text, for people.
        Text = "text",
    }
}

choice! {
    /// The least important log lines that are still written.
    pub enum LogLevel {
        /// Only what failed.
        Error = "error",
        /// Also what an operator should look at.
        Warn = "warn",
        /// Also the normal course of business.
        Info = "info",
        /// Also what helps to find a fault.
        Debug = "debug",
        /// Everything; slow.
        Trace = "trace",
    }
}
