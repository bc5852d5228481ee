//! A client as the protocol sees it.

use serde::{Deserialize, Serialize};

use super::{ClientMetadata, SubjectType};
use crate::kernel::{ClientId, TenantId, Timestamp};
use crate::spec::oauth::{AuthMethod, GrantType, redirect_uri};
use crate::store::StoreError;
use crate::store::clients::{ClientRow, SecretRow};

/// What sort of application it is; decides the defaults of its registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs in a browser; public.
    Spa,
    /// Installed on a device or desktop; public (RFC 8252).
    Native,
    /// Acts for itself only.
    Service,
    /// Has no browser of its own (RFC 8628).
    Device,
}

impl ClientKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Web, Self::Spa, Self::Native, Self::Service, Self::Device];

    /// The stored and printed name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Spa => "spa",
            Self::Native => "native",
            Self::Service => "service",
            Self::Device => "device",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One live secret of a client, as its keyed hash.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    /// Its id.
    pub id: String,
    /// Keyed hash of the value.
    pub hash: String,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// The tenant.
    pub tenant: TenantId,
    /// The client identifier.
    pub id: ClientId,
    /// Its name for people.
    pub name: String,
    /// What sort it is.
    pub kind: ClientKind,
    /// Whether it may do anything.
    pub enabled: bool,
    /// What was registered.
    pub metadata: ClientMetadata,
    /// Grants made up to this moment are void.
    pub not_before: Timestamp,
    /// Its secrets, at most two that live.
    pub secrets: Vec<ClientSecret>,
}

impl Client {
    /// Reads a stored client.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the row holds what no version of Portico writes.
    pub fn from_rows(row: ClientRow, secrets: Vec<SecretRow>) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("client {}: {what}", row.id));
        let kind = ClientKind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?;
        let metadata = serde_json::from_str(&row.metadata).map_err(|_| corrupt("metadata"))?;
        let secrets = secrets
            .into_iter()
            .map(|secret| ClientSecret {
                id: secret.id,
                hash: secret.hash,
                expires_at: secret.expires_at.map(Timestamp::from_micros),
            })
            .collect();
        Ok(Self {
            tenant: row.tenant,
            id: row.id,
            name: row.name,
            kind,
            enabled: row.state == "active",
            metadata,
            not_before: row.not_before,
            secrets,
        })
    }

    /// Whether it has no credential of its own.
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == AuthMethod::None
    }

    /// Whether it may use a grant.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.metadata.grant_types.contains(&grant)
    }

    /// Whether `uri` is one of its redirect URIs.
    pub fn has_redirect_uri(&self, uri: &str) -> bool {
        self.metadata.redirect_uris.iter().any(|registered| redirect_uri::matches(registered, uri))
    }

    /// Whether a page of this origin may call the token and userinfo endpoints.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.enabled && self.origins().any(|allowed| allowed == origin)
    }

    /// The origins of [`Self::allows_origin`]: those registered, and, for a client that lives in the browser,
    /// those of its redirect URIs.
    pub fn origins(&self) -> impl Iterator<Item = String> {
        let spa = self.kind == ClientKind::Spa;
        let own = self.metadata.redirect_uris.iter().filter_map(|uri| redirect_uri::origin(uri));
        let own = own.filter(move |_| spa).map(str::to_owned);
        self.metadata.allowed_origins.iter().cloned().chain(own)
    }

    /// The sector of its subjects when they are pairwise (OpenID Connect Core §8.1).
    pub fn sector(&self) -> Option<&str> {
        if self.metadata.subject_type == SubjectType::Public {
            return None;
        }
        let host = || {
            let uri = self.metadata.redirect_uris.first()?;
            let origin = redirect_uri::origin(uri)?;
            origin.split_once("://").map(|(_, host)| host.split_once(':').map_or(host, |(name, _)| name))
        };
        Some(self.metadata.sector_identifier.as_deref().or_else(host).unwrap_or_else(|| self.id.as_str()))
    }
}
