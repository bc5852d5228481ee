//! `sub` and `sid`: public, or pairwise per sector (OpenID Connect Core §8), so that clients of different
//! sectors cannot join what they know.

use crate::domain::clients::Client;
use crate::domain::tenants::Tenant;
use crate::kernel::UserId;

/// How the person is named towards the client.
pub fn subject(tenant: &Tenant, client: &Client, user: UserId) -> String {
    client.sector().map_or_else(|| user.to_string(), |sector| tenant.keys.pairwise_sub(sector, &user))
}

/// How the session is named towards the client.
pub fn session_name(tenant: &Tenant, client: &Client, session: &str) -> String {
    client.sector().map_or_else(|| session.to_owned(), |sector| tenant.keys.pairwise_sid(sector, session))
}
