//! The two databases, diesel's picture of them and the classification all name the same tables and columns.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use portico::store::classification::COLUMNS;
use portico::store::{Conn, Db, DbSettings, StoreError};
use portico::testkit::Place;
use serde_json::Value;

use crate::sql;

/// What a database holds, by table.
type Catalogue = BTreeMap<String, Table>;

#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Type and whether it may be null, by name.
    columns: BTreeMap<String, (String, bool)>,
    primary_key: Vec<String>,
    /// Whether it is unique, whether it is partial, and its columns, by name.
    indexes: BTreeMap<String, (bool, bool, Vec<String>)>,
}

const SQLITE_COLUMNS: &str = "SELECT json_array(m.name, c.name, c.type, c.\"notnull\" = 0, c.pk) AS line \
    FROM sqlite_master m, pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.pk";
const SQLITE_INDEXES: &str = "SELECT json_array(m.name, i.name, i.\"unique\", i.partial, c.name) AS line \
    FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c \
    WHERE m.type = 'table' AND i.origin <> 'pk' ORDER BY m.name, i.name, c.seqno";

const PG_COLUMNS: &str = "SELECT json_build_array(c.table_name, c.column_name, c.data_type, \
        CASE c.is_nullable WHEN 'YES' THEN 1 ELSE 0 END, coalesce(k.ordinal_position, 0))::text AS line \
    FROM information_schema.columns c \
    LEFT JOIN information_schema.table_constraints t ON t.constraint_type = 'PRIMARY KEY' \
        AND t.table_schema = c.table_schema AND t.table_name = c.table_name \
    LEFT JOIN information_schema.key_column_usage k ON k.constraint_name = t.constraint_name \
        AND k.table_schema = c.table_schema AND k.column_name = c.column_name \
    WHERE c.table_schema = 'public' ORDER BY c.table_name, k.ordinal_position";
const PG_INDEXES: &str = "SELECT json_build_array(t.relname, n.relname, i.indisunique::int, \
        (i.indpred IS NOT NULL)::int, a.attname)::text AS line \
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class n ON n.oid = i.indexrelid \
    JOIN pg_namespace s ON s.oid = t.relnamespace AND s.nspname = 'public' \
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place) \
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum \
    WHERE NOT i.indisprimary ORDER BY t.relname, n.relname, k.place";

fn catalogue(conn: &mut Conn) -> Result<Catalogue, StoreError> {
    let postgres = sql::is_postgres(conn);
    let (columns, indexes) =
        if postgres { (PG_COLUMNS, PG_INDEXES) } else { (SQLITE_COLUMNS, SQLITE_INDEXES) };
    let mut found = Catalogue::new();
    for line in sql::lines(conn, columns)? {
        let [table, column, kind, nullable, place] = read(&line);
        let table = found.entry(text(&table)).or_default();
        let kind = match text(&kind).to_uppercase().as_str() {
            "BYTEA" => "BLOB".to_owned(),
            other => other.to_owned(),
        };
        table.columns.insert(text(&column), (kind, nullable == 1));
        if place != 0 {
            table.primary_key.push(text(&column));
        }
    }
    for line in sql::lines(conn, indexes)? {
        let [table, index, unique, partial, column] = read(&line);
        let table = found.get_mut(&text(&table)).expect("an index on a table");
        let index = table.indexes.entry(text(&index)).or_insert((unique == 1, partial == 1, Vec::new()));
        index.2.push(text(&column));
    }
    found.remove("__diesel_schema_migrations");
    Ok(found)
}

fn read(line: &str) -> [Value; 5] {
    let fields: Vec<Value> = serde_json::from_str(line).unwrap();
    fields.try_into().unwrap()
}

/// A text; an index over an expression has none, and none is used.
fn text(value: &Value) -> String {
    value.as_str().expect("a name").to_owned()
}

fn open(place: &Place) -> Db {
    let settings = DbSettings { url: place.url(), pool_size: 2, wait: Duration::from_secs(30) };
    Db::open(&settings).unwrap()
}

/// Up, down and up again; what is there then.
fn there_and_back(place: &Place) -> Catalogue {
    let db = open(place);
    let all = db.migrate().unwrap();
    assert!(!all.is_empty());
    let first = db.with_own_connection(catalogue).unwrap();
    assert_eq!(db.migrate().unwrap(), Vec::<String>::new(), "a second run finds nothing to do");
    db.migrate_down().unwrap();
    assert_eq!(db.with_own_connection(catalogue).unwrap(), Catalogue::new(), "down leaves nothing behind");
    assert_eq!(db.migration_state().unwrap().missing, all);
    assert_eq!(db.migrate().unwrap(), all);
    let again = db.with_own_connection(catalogue).unwrap();
    assert_eq!(first, again, "up after down makes the same");
    again
}

/// diesel's tables, from the text: column names and types are not values at run time.
fn diesel_tables() -> Catalogue {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/schema.rs");
    let mut found = Catalogue::new();
    let mut table = String::new();
    for line in fs::read_to_string(path).unwrap().lines().map(str::trim) {
        if let Some((column, kind)) = line.split_once(" -> ") {
            let kind = kind.trim_end_matches(',');
            let inner = kind.strip_prefix("Nullable<").map(|kind| kind.trim_end_matches('>'));
            let sql = match inner.unwrap_or(kind) {
                "Text" => "TEXT",
                "BigInt" => "BIGINT",
                "Binary" => "BLOB",
                "Bool" => "BOOLEAN",
                other => panic!("{other} is not a portable column type (house.md)"),
            };
            let columns = &mut found.get_mut(&table).unwrap().columns;
            columns.insert(column.to_owned(), (sql.to_owned(), inner.is_some()));
        } else if let Some((name, key)) = line.trim_end_matches(") {").split_once(" (")
            && line.ends_with(") {")
        {
            table = name.to_owned();
            found.entry(table.clone()).or_default().primary_key =
                key.split(", ").map(str::to_owned).collect();
        }
    }
    found
}

fn without_indexes(mut tables: Catalogue) -> Catalogue {
    tables.values_mut().for_each(|table| table.indexes.clear());
    tables
}

#[test]
fn migrations_go_up_down_and_up_and_both_databases_agree() {
    let sqlite = there_and_back(&Place::folder());
    assert!(sqlite["users"].indexes["users_email"].0, "indexes are read: this one is unique");
    if let Some(place) = Place::postgres() {
        assert_eq!(sqlite, there_and_back(&place));
    }
}

#[test]
fn diesels_schema_is_what_the_migrations_make() {
    let expected = diesel_tables();
    assert!(expected.len() > 10 && expected["sessions"].columns.len() > 10, "{expected:?}");
    assert_eq!(without_indexes(there_and_back(&Place::folder())), expected);
}

#[test]
fn every_table_but_three_begins_with_the_tenant() {
    let whole = ["installation", "versions", "tenants"];
    for (name, table) in diesel_tables() {
        let begins = table.primary_key.first().is_some_and(|column| column == "tenant_id");
        assert_eq!(begins, !whole.contains(&name.as_str()), "{name}");
    }
}

#[test]
fn every_column_is_classified_and_no_entry_is_stale() {
    let tables = diesel_tables();
    let there: BTreeSet<(&str, &str)> = tables
        .iter()
        .flat_map(|(table, columns)| columns.columns.keys().map(|column| (table.as_str(), column.as_str())))
        .collect();
    let classified: BTreeSet<(&str, &str)> =
        COLUMNS.iter().map(|(table, column, _)| (*table, *column)).collect();
    assert_eq!(classified.len(), COLUMNS.len(), "a column is classified once");
    assert_eq!(
        there.difference(&classified).collect::<Vec<_>>(),
        Vec::<&(&str, &str)>::new(),
        "unclassified"
    );
    assert_eq!(classified.difference(&there).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new(), "stale");
}
