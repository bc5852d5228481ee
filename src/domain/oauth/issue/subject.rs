//! `sub`: public, or pairwise per sector (OpenID Connect Core §8).

use crate::domain::clients::Client;
use crate::domain::tenants::Tenant;
use crate::kernel::UserId;

/// How the person is named towards the client.
pub fn subject(tenant: &Tenant, client: &Client, user: UserId) -> String {
    client.sector().map_or_else(|| user.to_string(), |sector| tenant.keys.pairwise_sub(sector, &user))
}
