//! Registering a client: what was asked for becomes metadata that keeps every rule, an identifier and,
//! for a confidential client, a secret that is told once (RFC 7591 §3.2.1).

use std::time::Duration;

use crate::crypto::TenantKeys;
use crate::domain::Fault;
use crate::kernel::{ClientId, Cx, KeyId, Secret, Timestamp, TokenKind, UserId};
use crate::spec::oauth::AuthMethod;
use crate::store::clients::{self, ClientRow, SecretRow};
use crate::store::{AuditEvent, StoreError, Tx, insert_audit, users};

use super::{Client, ClientKind, ClientMetadata, ClientRefused, rules};

/// How long a generated secret works.
pub const SECRET_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// A client as it is asked for; lists that are empty and fields that are absent take the kind's defaults.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Its name for people.
    pub name: String,
    /// What sort it is.
    pub kind: ClientKind,
    /// An identifier to keep; a random one when absent.
    pub client_id: Option<String>,
    /// Exact redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Exact post-logout redirect URIs.
    pub post_logout_redirect_uris: Vec<String>,
    /// Names of grants.
    pub grant_types: Vec<String>,
    /// Scopes, one or more words each.
    pub scope: Vec<String>,
    /// Name of the authentication method.
    pub auth_method: Option<String>,
    /// Whether the consent page is skipped.
    pub first_party: bool,
    /// Whether PKCE is required.
    pub require_pkce: bool,
    /// Whether keys of the client's own were given; refused until `private_key_jwt` exists.
    pub has_jwks: bool,
    /// Algorithm of ID tokens.
    pub id_token_alg: Option<String>,
    /// Algorithm of access tokens.
    pub access_token_alg: Option<String>,
    /// `jwt` or `opaque`.
    pub access_token_format: Option<String>,
    /// `aud` of access tokens.
    pub access_token_audience: Vec<String>,
    /// Audiences whose tokens it may introspect.
    pub introspection_audiences: Vec<String>,
    /// `public` or `pairwise`.
    pub subject_type: Option<String>,
    /// The sector of pairwise subjects.
    pub sector_identifier: Option<String>,
    /// Roles of which a person needs one.
    pub allowed_roles: Vec<String>,
    /// Origins that may call from a browser.
    pub allowed_origins: Vec<String>,
    /// `max_age` when a request has none, in seconds.
    pub default_max_age: Option<u64>,
}

impl NewClient {
    /// A client with every default of its kind.
    pub fn new(name: impl Into<String>, kind: ClientKind) -> Self {
        Self {
            name: name.into(),
            kind,
            client_id: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: Vec::new(),
            scope: Vec::new(),
            auth_method: None,
            first_party: false,
            require_pkce: true,
            has_jwks: false,
            id_token_alg: None,
            access_token_alg: None,
            access_token_format: None,
            access_token_audience: Vec::new(),
            introspection_audiences: Vec::new(),
            subject_type: None,
            sector_identifier: None,
            allowed_roles: Vec::new(),
            allowed_origins: Vec::new(),
            default_max_age: None,
        }
    }

    /// The metadata to store, with every default filled in and every rule kept.
    ///
    /// # Errors
    /// [`ClientRefused`] naming the rule.
    pub fn metadata(&self) -> Result<ClientMetadata, ClientRefused> {
        if self.has_jwks {
            return Err(ClientRefused::Jwks);
        }
        let redirect_uris = rules::uris("redirect_uris", self.kind, &self.redirect_uris)?;
        let grant_types = rules::grants(self.kind, &self.grant_types)?;
        let response_types = if redirect_uris.is_empty() { Vec::new() } else { vec!["code".to_owned()] };
        let sector_identifier = self.sector_identifier.clone();
        if sector_identifier.as_deref().is_some_and(|sector| !rules::is_word(sector)) {
            return Err(ClientRefused::Value("sector_identifier"));
        }
        let metadata = ClientMetadata {
            post_logout_redirect_uris: rules::uris(
                "post_logout_redirect_uris",
                self.kind,
                &self.post_logout_redirect_uris,
            )?,
            grant_types,
            response_types,
            scope: rules::scope(self.kind, &self.scope)?,
            token_endpoint_auth_method: rules::auth_method(self.kind, self.auth_method.as_deref())?,
            id_token_signed_response_alg: rules::alg("ID token algorithm", self.id_token_alg.as_deref())?,
            access_token_signed_response_alg: rules::alg(
                "access token algorithm",
                self.access_token_alg.as_deref(),
            )?,
            access_token_format: rules::token_format(self.access_token_format.as_deref())?,
            access_token_audience: rules::words("access_token_audience", &self.access_token_audience)?,
            introspection_audiences: rules::words("introspection_audiences", &self.introspection_audiences)?,
            subject_type: rules::subject_type(self.subject_type.as_deref())?,
            sector_identifier,
            require_pkce: self.require_pkce,
            first_party: self.first_party,
            allowed_roles: rules::roles(&self.allowed_roles)?,
            allowed_origins: rules::origins(&self.allowed_origins)?,
            default_max_age: self.default_max_age,
            redirect_uris,
            ..ClientMetadata::default()
        };
        rules::together(&metadata)?;
        Ok(metadata)
    }
}

/// A secret that was just made: its value is told once and kept as a keyed hash only.
#[derive(Clone, Debug)]
pub struct IssuedSecret {
    /// The value.
    pub value: Secret,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Makes a secret and the row that remembers it.
pub(super) fn issue_secret(cx: &Cx, keys: &TenantKeys, client: &ClientId) -> (IssuedSecret, SecretRow) {
    let value = TokenKind::ClientSecret.random(&cx.rng);
    let expires_at = cx.now.plus(SECRET_LIFE);
    let row = SecretRow {
        tenant: cx.tenant,
        client: client.clone(),
        id: KeyId::new(cx.now, &cx.rng).to_string(),
        hash: keys.client_secret_hash(value.expose()),
        created_at: cx.now,
        expires_at: Some(expires_at.micros()),
    };
    (IssuedSecret { value, expires_at }, row)
}

/// A client that keeps every rule but is not stored yet.
#[derive(Clone, Debug)]
pub struct Registration {
    row: ClientRow,
    secret_row: Option<SecretRow>,
    /// The secret of a confidential client.
    pub secret: Option<IssuedSecret>,
}

impl Registration {
    /// The identifier it will have.
    pub const fn id(&self) -> &ClientId {
        &self.row.id
    }

    /// The client it will be.
    ///
    /// # Errors
    /// [`Fault`] never in practice: the metadata was just written.
    pub fn client(&self) -> Result<Client, Fault> {
        Ok(Client::from_rows(self.row.clone(), self.secret_row.clone().into_iter().collect())?)
    }
}

/// Checks a client and gives it an identifier and, when confidential, a secret.
///
/// # Errors
/// [`ClientRefused`] naming the rule.
pub fn register(cx: &Cx, keys: &TenantKeys, new: &NewClient) -> Result<Registration, ClientRefused> {
    let metadata = new.metadata()?;
    let id = match &new.client_id {
        Some(id) if id.len() <= 255 && rules::is_word(id) => ClientId::from_text(id),
        Some(_) => return Err(ClientRefused::Id),
        None => ClientId::new(cx.now, &cx.rng),
    };
    let confidential = metadata.token_endpoint_auth_method != AuthMethod::None;
    let (secret, secret_row) = confidential.then(|| issue_secret(cx, keys, &id)).unzip();
    let row = ClientRow {
        tenant: cx.tenant,
        id,
        name: rules::name(&new.name)?,
        kind: new.kind.as_str().to_owned(),
        state: "active".to_owned(),
        metadata: serde_json::to_string(&metadata).map_err(|_| ClientRefused::Value("metadata"))?,
        // What an earlier client of this name was granted is not this one's.
        not_before: cx.now.minus(Duration::from_micros(1)),
        created_at: cx.now,
        updated_at: cx.now,
    };
    Ok(Registration { row, secret_row, secret })
}

/// Stores a registration.
///
/// # Errors
/// [`StoreError::Conflict`] inside the fault when a chosen identifier is taken, by a client or as the `sub` of
/// a person: a client's own tokens name it in `sub` (RFC 9068 §5, RFC 9700 §4.15).
pub fn store_client(tx: &mut Tx<'_>, cx: &Cx, new: &Registration) -> Result<(), Fault> {
    if let Some(sub) = UserId::parse(new.row.id.as_str())
        && users::find(tx, cx.tenant, sub)?.is_some()
    {
        return Err(StoreError::Conflict("a person's sub".to_owned()).into());
    }
    clients::insert(tx, cx.tenant, &new.row)?;
    if let Some(secret) = &new.secret_row {
        clients::insert_secret(tx, cx.tenant, secret)?;
    }
    let detail = serde_json::json!({ "name": new.row.name, "kind": new.row.kind });
    insert_audit(tx, cx.tenant, cx, &AuditEvent::new("client.created").client(&new.row.id).detail(detail))?;
    Ok(())
}
