//! Statements that write many rows.

use crate::{
    backend::Backend,
    driver::{Conn, execute},
    encode::{EncodeError, RowValues},
    error::SqlResult,
    statement::Statement,
    value::Value,
};

/// How a database takes many rows in one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// One list for each column, as parameters with the columns' names.
    Columns,
    /// A JSON array of rows, as parameter `rows`.
    Json,
}

/// The number of rows in one statement on PostgreSQL.
const MAX_ROWS: usize = 5_000;

/// The length after which a batch of columns ends: a message of PostgreSQL has room for 1 GiB.
const ENOUGH_COLUMN_BYTES: usize = 16 << 20;

/// The length after which a JSON batch ends: far below the 16 MiB that a MariaDB packet has by default.
const ENOUGH_BYTES: usize = 1 << 20;

/// Rows that one statement writes.
#[derive(Debug, Default)]
struct Batch<'v> {
    rows: usize,
    json: String,
    columns: Vec<(&'static str, Vec<Value<'v>>)>,
    column_bytes: usize,
}

impl<'v> Batch<'v> {
    fn push<const N: usize>(&mut self, format: RowFormat, row: RowValues<'v, N>) -> Result<(), EncodeError> {
        self.rows += 1;
        match format {
            RowFormat::Columns => self.push_columns(row),
            RowFormat::Json => {
                self.json.push(if self.json.is_empty() { '[' } else { ',' });
                for (n, (column, value)) in row.iter().enumerate() {
                    self.json.push(if n == 0 { '[' } else { ',' });
                    value.write_json(&mut self.json).map_err(|_| EncodeError::NoCell(column))?;
                }
                self.json.push(']');
            }
        }
        Ok(())
    }

    fn push_columns<const N: usize>(&mut self, row: RowValues<'v, N>) {
        if self.columns.is_empty() {
            self.columns = row.iter().map(|(name, _)| (*name, Vec::new())).collect();
        }
        for ((_, column), (_, value)) in self.columns.iter_mut().zip(row) {
            self.column_bytes += value.message_bytes();
            column.push(value);
        }
    }

    fn is_full(&self) -> bool {
        let columns_are_full = self.rows >= MAX_ROWS && !self.columns.is_empty();
        columns_are_full || self.column_bytes >= ENOUGH_COLUMN_BYTES || self.json.len() >= ENOUGH_BYTES
    }

    fn into_parameters(mut self) -> Vec<(&'static str, Value<'v>)> {
        self.json.push(']');
        let columns = self.columns.into_iter().map(|(name, column)| (name, Value::Column(column)));
        columns.chain([("rows", self.json.into())]).collect()
    }
}

/// Writes rows with as few statements as possible, and returns the number of affected rows.
pub(crate) async fn write_rows<'v, B: Backend, const N: usize>(
    conn: &mut Conn<B>,
    statement: &'static Statement,
    rows: impl Iterator<Item = Result<RowValues<'v, N>, EncodeError>> + Send,
) -> SqlResult<B, u64> {
    let (mut batch, mut affected) = (Batch::default(), 0);
    for row in rows {
        batch.push(B::ROWS, row?)?;
        if batch.is_full() {
            let parameters = std::mem::take(&mut batch).into_parameters();
            affected += execute::<B>(conn, statement, &parameters).await?;
        }
    }
    if batch.rows > 0 {
        affected += execute::<B>(conn, statement, &batch.into_parameters()).await?;
    }
    Ok(affected)
}
