//! Functions of our own that a statement calls for each row it meets: stepping to a row and asking for its columns one by one
//! costs more than everything else about a scan.
//!
//! They are there while a scan runs, on its connection alone. Nothing in the store names them.

use rusqlite::functions::{Context, FunctionFlags, SqlFnOutput};
use rusqlite::{Connection, Result};

/// A function, which goes from the connection with this.
pub(crate) struct RowFunction<'c> {
    connection: &'c Connection,
    name: &'static str,
    arguments: usize,
}

impl<'c> RowFunction<'c> {
    /// Adds a function of so many arguments.
    pub(crate) fn add<T: SqlFnOutput>(
        connection: &'c Connection,
        name: &'static str,
        arguments: usize,
        function: impl Fn(&Context<'_>) -> Result<T> + Send + 'static,
    ) -> Result<Self> {
        connection.create_scalar_function(name, arguments as i32, FunctionFlags::SQLITE_UTF8, function)?;
        Ok(Self { connection, name, arguments })
    }
}

impl Drop for RowFunction<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.connection.remove_function(self.name, self.arguments as i32) {
            tracing::debug!(name = self.name, %error, "a function stays on its connection");
        }
    }
}

/// Whether a statement meets the rows in the order it asks for. Where it does not, its functions would be called as the rows
/// lie, and what comes of it be sorted afterwards.
pub(crate) fn is_in_order(connection: &Connection, sql: &str) -> Result<bool> {
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let mut steps = plan.query([])?;
    while let Some(step) = steps.next()? {
        if step.get::<_, String>(3)?.contains("TEMP B-TREE") {
            return Ok(false);
        }
    }
    Ok(true)
}
