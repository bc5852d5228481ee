//! Raw SQL, for looking behind the store's back.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use portico::store::{Conn, StoreError};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The rows of a query with one column, a text called `line`.
pub fn lines(conn: &mut Conn, query: &str) -> Result<Vec<String>, StoreError> {
    let found: Vec<Line> = match conn {
        Conn::Postgres(conn) => sql_query(query).load(conn)?,
        Conn::Sqlite(conn) => sql_query(query).load(conn)?,
    };
    Ok(found.into_iter().map(|row| row.line).collect())
}

/// The one value of a query with one row.
pub fn value(conn: &mut Conn, expression: &str) -> Result<String, StoreError> {
    let mut found = lines(conn, &format!("SELECT CAST(({expression}) AS TEXT) AS line"))?;
    Ok(found.remove(0))
}

/// Runs statements.
pub fn run(conn: &mut Conn, statements: &str) -> Result<(), StoreError> {
    match conn {
        Conn::Postgres(conn) => conn.batch_execute(statements)?,
        Conn::Sqlite(conn) => conn.batch_execute(statements)?,
    }
    Ok(())
}

/// Whether this is PostgreSQL.
pub fn is_postgres(conn: &Conn) -> bool {
    matches!(conn, Conn::Postgres(_))
}
