//! A row of everything, with the same ids whichever tenant has it.

use std::sync::Arc;

use portico::kernel::{
    Actor, ClientId, Cx, FlowId, GrantId, KeyId, RequestId, Rng, ScopeSet, SessionId, TenantId, TenantSlug,
    Timestamp, UserId, UserState,
};
use portico::store::clients::{self, ClientRow, SecretRow};
use portico::store::flows::{self, FlowRow};
use portico::store::grants::{self, GrantRow};
use portico::store::links::{self, LinkRow};
use portico::store::sessions::{self, SessionRow};
use portico::store::signing_keys::{self, SigningKeyRow};
use portico::store::tenants::{self, TenantRow};
use portico::store::throttle::{self, AccountFailures, NetworkFailures};
use portico::store::users::{self, UserRow};
use portico::store::{AuditEvent, StoreError, Tx, consents, insert_audit, revoked_tokens};

/// When everything was made.
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// When everything will have expired.
pub const LATE: Timestamp = Timestamp::from_seconds(1_900_000_000);

/// Two tenants and the ids that both use.
pub struct World {
    pub a: TenantId,
    pub b: TenantId,
    pub user: UserId,
    pub client: ClientId,
    pub session: SessionId,
    pub grant: GrantId,
    pub flow: FlowId,
    pub key: KeyId,
    rng: Rng,
}

impl World {
    pub fn new() -> Arc<Self> {
        let rng = Rng::seeded(7);
        Arc::new(Self {
            a: TenantId::new(NOW, &rng),
            b: TenantId::new(NOW, &rng),
            user: UserId::new(NOW, &rng),
            client: ClientId::new(NOW, &rng),
            session: SessionId::new(NOW, &rng),
            grant: GrantId::new(NOW, &rng),
            flow: FlowId::new(NOW, &rng),
            key: KeyId::new(NOW, &rng),
            rng,
        })
    }

    pub fn slug(&self, tenant: TenantId) -> TenantSlug {
        TenantSlug::parse(if tenant == self.a { "tenant-a" } else { "tenant-b" }).unwrap()
    }

    /// The session; its row says tenant A, whoever stores it.
    pub fn session_row(&self) -> SessionRow {
        SessionRow {
            tenant: self.a,
            id: self.session,
            token_hash: "session hash".to_owned(),
            user: self.user,
            auth_time: NOW,
            amr: "pwd".to_owned(),
            acr: "1".to_owned(),
            user_agent: Some("Test/1.0".to_owned()),
            ip: Some("192.0.2.1".to_owned()),
            created_at: NOW,
            last_seen_at: NOW,
            expires_at: LATE,
            ended_at: None,
            end_reason: None,
        }
    }

    fn cx(&self, tenant: TenantId) -> Cx {
        Cx {
            tenant,
            slug: self.slug(tenant),
            issuer: "https://id.example".into(),
            now: NOW,
            rng: self.rng.clone(),
            actor: Actor::User(self.user),
            request_id: RequestId::new(NOW, &self.rng),
            ip: Some([192, 0, 2, 1].into()),
        }
    }

    fn user_row(&self) -> UserRow {
        UserRow {
            tenant: self.a,
            id: self.user,
            username: "alice".to_owned(),
            username_key: "alice".to_owned(),
            email: Some("alice@example.com".to_owned()),
            email_key: Some("alice@example.com".to_owned()),
            email_verified_at: Some(NOW.micros()),
            name: Some("Alice".to_owned()),
            profile: "{}".to_owned(),
            roles: "[\"admin\"]".to_owned(),
            state: UserState::Active,
            state_reason: None,
            state_changed_by: "system".to_owned(),
            state_changed_at: NOW,
            password_hash: Some("old hash".to_owned()),
            password_changed_at: Some(NOW.micros()),
            not_before: Timestamp::from_micros(0),
            last_login_at: None,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    fn grant_row(&self) -> GrantRow {
        GrantRow {
            tenant: self.a,
            id: self.grant,
            client: self.client.clone(),
            user: self.user,
            session: Some(self.session.to_string()),
            scope: ScopeSet::parse("openid").unwrap(),
            auth_time: NOW,
            acr: "1".to_owned(),
            amr: "pwd".to_owned(),
            generation: 0,
            rotated_at: NOW,
            idle_expires_at: LATE,
            expires_at: LATE,
            created_at: NOW,
            revoked_at: None,
            revoke_reason: None,
        }
    }
}

/// Gives a tenant a row of everything.
pub fn fill(tx: &mut Tx<'_>, w: &World, tenant: TenantId) -> Result<(), StoreError> {
    identities(tx, w, tenant)?;
    sign_ins(tx, w, tenant)?;
    counters(tx, tenant)?;
    assert!(grants::insert_once(tx, tenant, &w.grant_row())?);
    consents::put(tx, tenant, w.user, &w.client, &ScopeSet::parse("openid").unwrap(), NOW)?;
    revoked_tokens::insert(tx, tenant, "jti", LATE)?;
    insert_audit(tx, tenant, &w.cx(tenant), &AuditEvent::new("test.filled").user(w.user).client(&w.client))
}

fn identities(tx: &mut Tx<'_>, w: &World, tenant: TenantId) -> Result<(), StoreError> {
    let of_tenant = TenantRow {
        id: tenant,
        slug: w.slug(tenant),
        name: "Test".to_owned(),
        state: "active".to_owned(),
        secret: vec![1, 2, 3],
        settings: "{}".to_owned(),
        not_before: Timestamp::from_micros(0),
        created_at: NOW,
        updated_at: NOW,
    };
    tenants::insert(tx, tenant, &of_tenant)?;
    let key = SigningKeyRow {
        tenant: w.a,
        id: w.key,
        family: "ec".to_owned(),
        kid: "kid".to_owned(),
        state: "published".to_owned(),
        private_key: vec![4, 5, 6],
        created_at: NOW,
        active_at: Some(NOW.micros()),
        retired_at: None,
        drop_at: None,
    };
    signing_keys::insert(tx, tenant, &key)?;
    users::insert(tx, tenant, &w.user_row())?;
    let client = ClientRow {
        tenant: w.a,
        id: w.client.clone(),
        name: "App".to_owned(),
        kind: "web".to_owned(),
        state: "active".to_owned(),
        metadata: "{}".to_owned(),
        not_before: Timestamp::from_micros(0),
        created_at: NOW,
        updated_at: NOW,
    };
    clients::insert(tx, tenant, &client)?;
    let secret = SecretRow {
        tenant: w.a,
        client: w.client.clone(),
        id: "1".to_owned(),
        hash: "secret hash".to_owned(),
        created_at: NOW,
        expires_at: None,
    };
    clients::insert_secret(tx, tenant, &secret)
}

fn sign_ins(tx: &mut Tx<'_>, w: &World, tenant: TenantId) -> Result<(), StoreError> {
    sessions::insert(tx, tenant, &w.session_row())?;
    let flow = FlowRow {
        tenant: w.a,
        id: w.flow,
        browser_hash: "browser hash".to_owned(),
        request: "{}".to_owned(),
        step: "{}".to_owned(),
        created_at: NOW,
        expires_at: LATE,
    };
    // The most is one, so that a limit counted over tenants would drop the other's.
    flows::insert(tx, tenant, &flow, 1)?;
    let link = LinkRow {
        tenant: w.a,
        token_hash: "link hash".to_owned(),
        purpose: "recover".to_owned(),
        user: w.user,
        created_at: NOW,
        expires_at: LATE,
        used_at: None,
    };
    links::insert(tx, tenant, &link)
}

fn counters(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), StoreError> {
    throttle::account(tx, tenant, "alice")?;
    let account = AccountFailures { failures: 5, last_failure_at: NOW, blocked_until: LATE };
    throttle::set_account(tx, tenant, "alice", &account)?;
    throttle::network(tx, tenant, "192.0.2.0/24")?;
    let network = NetworkFailures { failures: 6, window_start: NOW, blocked_until: LATE };
    throttle::set_network(tx, tenant, "192.0.2.0/24", &network)
}
