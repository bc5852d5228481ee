//! One tenant's rows are neither seen nor changed through another tenant, by any function of the store.
//!
//! Tenant A has a row of everything. Every function is called as tenant B with A's ids: first while B has
//! nothing, then while B has rows of the very same ids. A's rows must stay as they are, and what is answered
//! must be B's. A scan of the source finds the functions that take no tenant or are not called here.

mod calls;
mod rows;
mod scan;

use std::path::Path;
use std::time::Duration;

use portico::kernel::TenantId;
use portico::store::classification::COLUMNS;
use portico::store::{Conn, Db, DbSettings, StoreError};
use portico::testkit::Place;

use crate::house::source::Source;
use crate::sql;
use rows::World;

/// Functions that take no tenant, and why.
const WITHOUT_TENANT: [(&str, &str, &str); 9] = [
    ("flows", "delete_expired", "housekeeping of all tenants"),
    ("installation", "fact", "the installation is above tenants"),
    ("installation", "set_fact_once", "the installation is above tenants"),
    ("revoked_tokens", "delete_expired", "housekeeping of all tenants"),
    ("sessions", "delete_expired", "housekeeping of all tenants"),
    ("signing_keys", "tenants_due", "housekeeping asks which tenants have something due"),
    ("tenants", "find_by_slug", "finds the tenant"),
    ("tenants", "list", "the operator's list of tenants"),
    ("throttle", "delete_stale", "housekeeping of all tenants"),
];

/// Everything a tenant has, one line a row.
fn belongings(conn: &mut Conn, tenant: TenantId) -> Result<Vec<String>, StoreError> {
    let quote = if sql::is_postgres(conn) { "quote_nullable" } else { "quote" };
    let mut tables: Vec<&str> = COLUMNS.iter().map(|(table, _, _)| *table).collect();
    tables.dedup();
    let mut all = Vec::new();
    for table in tables {
        let columns: Vec<&str> =
            COLUMNS.iter().filter(|(known, _, _)| *known == table).map(|(_, column, _)| *column).collect();
        let owner = if table == "tenants" { "id" } else { "tenant_id" };
        if !columns.contains(&owner) {
            continue;
        }
        let values: Vec<String> = columns.iter().map(|column| format!("{quote}({column})")).collect();
        let (values, order) = (values.join(" || ', ' || "), columns.join(", "));
        let query = format!(
            "SELECT '{table}: ' || {values} AS line FROM {table} WHERE {owner} = '{tenant}' ORDER BY {order}"
        );
        let rows = sql::lines(conn, &query)?;
        assert!(rows.iter().all(|row| !row.is_empty()));
        all.extend(rows);
    }
    Ok(all)
}

#[tokio::test]
async fn another_tenants_rows_are_neither_seen_nor_changed() {
    for place in std::iter::once(Place::folder()).chain(Place::postgres()) {
        let settings = DbSettings { url: place.url(), pool_size: 2, wait: Duration::from_secs(30) };
        let db = Db::open(&settings).unwrap();
        db.migrate().unwrap();
        isolation(&db).await;
    }
}

async fn isolation(db: &Db) {
    let world = World::new();
    let of = |tenant| db.read(move |conn| belongings(conn, tenant));
    let w = world.clone();
    db.write(move |tx| rows::fill(tx, &w, w.a)).await.unwrap();
    let before = of(world.a).await.unwrap();
    for table in COLUMNS
        .iter()
        .map(|(table, _, _)| *table)
        .filter(|table| !matches!(*table, "installation" | "versions"))
    {
        assert!(before.iter().any(|row| row.starts_with(&format!("{table}: "))), "no row in {table}");
    }

    let w = world.clone();
    db.write(move |tx| calls::all(tx, &w, false)).await.unwrap();
    assert_eq!(of(world.a).await.unwrap(), before, "called as a tenant that has nothing");

    let w = world.clone();
    db.write(move |tx| rows::fill(tx, &w, w.b)).await.unwrap();
    assert_eq!(of(world.a).await.unwrap(), before, "rows of the same ids were added");
    let w = world.clone();
    db.write(move |tx| calls::all(tx, &w, true)).await.unwrap();
    assert_eq!(of(world.a).await.unwrap(), before, "called as a tenant with rows of the same ids");
}

#[test]
fn every_function_of_the_store_takes_the_tenant_and_is_tried() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let functions = scan::functions(&Source::read_all(root, "src/store"));
    assert!(functions.len() > 50, "the scan finds {} functions", functions.len());
    let tests = Source::read_all(root, "tests/tenants");
    crate::house::none(
        "storage functions and their tenants",
        scan::violations(&functions, &tests, &WITHOUT_TENANT),
    );
}
