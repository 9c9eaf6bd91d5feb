//! One query: everything in text, as in Neon, so that values are what PostgreSQL writes.

use std::collections::HashMap;

use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{DataRowBody, Message, RowDescriptionBody};
use postgres_protocol::message::frontend::{self, BindError};
use serde_json::{Value, json};
use tokio_postgres::fallible_iterator::FallibleIterator;

use super::failure::{Failure, LONGEST_RESPONSE};
use super::json::{Malformed, Shape, append, parameter};
use super::payload::Query;
use super::wire::Wire;

/// Which types are arrays, of those that not every server has.
const ELEMENTS: &str = "SELECT oid, typelem FROM pg_catalog.pg_type \
                        WHERE oid = ANY ($1::pg_catalog.oid[]) AND typelem <> 0 \
                        AND typbasetype = 0 AND typtype NOT IN ('e', 'p')";

#[derive(Debug)]
struct Column {
    name: String,
    oid: u32,
    shape: Shape,
}

/// Runs queries in one session, and writes their results.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    wire: &'a mut Wire,
    raw: bool,
    array_mode: bool,
    shapes: HashMap<u32, Shape>,
    pub(super) out: Vec<u8>,
}

impl<'a> Runner<'a> {
    pub(super) fn new(wire: &'a mut Wire, raw: bool, array_mode: bool) -> Self {
        Self {
            wire,
            raw,
            array_mode,
            shapes: HashMap::new(),
            out: Vec::new(),
        }
    }

    /// Statements of a transaction.
    pub(super) async fn execute(&mut self, statement: &str) -> Result<(), Failure> {
        self.wire.execute(statement).await
    }

    /// Appends the result as an object.
    pub(super) async fn run(&mut self, query: &Query) -> Result<(), Failure> {
        let described = self.describe(&query.sql).await?;
        self.out.extend_from_slice(b"{\"fields\":");
        let mut columns = self.fields(described.as_ref())?;
        if !self.raw {
            self.find_shapes(&mut columns).await?;
        }
        self.send(query).await?;
        let array_mode = query.array_mode.unwrap_or(self.array_mode);
        self.out.extend_from_slice(b",\"rows\":[");
        let tag = self.rows(&columns, array_mode).await?;
        let (command, count) = outcome(&tag);
        self.out.extend_from_slice(b"],\"command\":");
        append(command, &mut self.out);
        self.out.extend_from_slice(b",\"rowCount\":");
        append(&count, &mut self.out);
        self.out.extend_from_slice(b",\"rowAsArray\":");
        append(&array_mode, &mut self.out);
        self.out.push(b'}');
        Ok(())
    }

    async fn describe(&mut self, sql: &str) -> Result<Option<RowDescriptionBody>, Failure> {
        let output = &mut self.wire.output;
        frontend::parse("", sql, std::iter::empty(), output).map_err(|error| unsendable(&error))?;
        frontend::describe(b'S', "", output).map_err(|error| unsendable(&error))?;
        frontend::flush(output);
        self.wire.flush().await?;
        loop {
            match self.wire.next().await? {
                Message::ParseComplete | Message::ParameterDescription(_) => {}
                Message::RowDescription(body) => return Ok(Some(body)),
                Message::NoData => return Ok(None),
                _ => return Err(Failure::unexpected()),
            }
        }
    }

    fn fields(&mut self, described: Option<&RowDescriptionBody>) -> Result<Vec<Column>, Failure> {
        let mut columns = Vec::new();
        let mut fields: Vec<Value> = Vec::new();
        if let Some(described) = described {
            let mut all = described.fields();
            while let Some(field) = all.next().map_err(|_| Failure::unexpected())? {
                let oid = field.type_oid();
                fields.push(json!({
                    "name": field.name(),
                    "dataTypeID": oid,
                    "tableID": field.table_oid(),
                    "columnID": field.column_id(),
                    "dataTypeSize": field.type_size(),
                    "dataTypeModifier": field.type_modifier(),
                    "format": "text",
                }));
                columns.push(Column {
                    name: field.name().to_owned(),
                    oid,
                    shape: Shape::known(oid).unwrap_or(Shape::One(oid)),
                });
            }
        }
        append(&fields, &mut self.out);
        Ok(columns)
    }

    /// Asks the server for types of its own.
    async fn find_shapes(&mut self, columns: &mut [Column]) -> Result<(), Failure> {
        let is_new = |oid: &u32| Shape::known(*oid).is_none() && !self.shapes.contains_key(oid);
        let new: Vec<u32> = columns.iter().map(|c| c.oid).filter(is_new).collect();
        if !new.is_empty() {
            let list: Vec<String> = new.iter().map(u32::to_string).collect();
            let list = format!("{{{}}}", list.join(","));
            // Under a name: that without one is the query's own.
            let output = &mut self.wire.output;
            frontend::parse("types", ELEMENTS, std::iter::empty(), output)
                .map_err(|error| unsendable(&error))?;
            bind("types", &[Some(list)], output)?;
            frontend::execute("types", 0, output).map_err(|error| unsendable(&error))?;
            frontend::close(b'P', "types", output).map_err(|error| unsendable(&error))?;
            frontend::close(b'S', "types", output).map_err(|error| unsendable(&error))?;
            frontend::flush(output);
            self.wire.flush().await?;
            self.shapes
                .extend(new.iter().map(|oid| (*oid, Shape::One(*oid))));
            let mut closed = 0;
            while closed < 2 {
                match self.wire.next().await? {
                    Message::DataRow(row) => {
                        let number = |value: Option<&str>| value.and_then(|v| v.parse().ok());
                        let values: Vec<Option<u32>> =
                            values(&row)?.into_iter().map(number).collect();
                        if let [Some(oid), Some(element)] = values.as_slice() {
                            self.shapes.insert(*oid, Shape::Many(*element));
                        }
                    }
                    Message::CloseComplete => closed += 1,
                    Message::ParseComplete
                    | Message::BindComplete
                    | Message::CommandComplete(_) => {}
                    _ => return Err(Failure::unexpected()),
                }
            }
        }
        for column in columns {
            if let Some(shape) = self.shapes.get(&column.oid) {
                column.shape = *shape;
            }
        }
        Ok(())
    }

    async fn send(&mut self, query: &Query) -> Result<(), Failure> {
        let parameters: Vec<_> = query.params.iter().map(parameter).collect();
        let output = &mut self.wire.output;
        bind("", &parameters, output)?;
        frontend::execute("", 0, output).map_err(|error| unsendable(&error))?;
        frontend::sync(output);
        self.wire.flush().await
    }

    /// Appends the rows. Returns what the server says was done.
    async fn rows(&mut self, columns: &[Column], array_mode: bool) -> Result<String, Failure> {
        let mut tag = String::new();
        let mut is_first = true;
        loop {
            match self.wire.next().await? {
                Message::BindComplete | Message::EmptyQueryResponse => {}
                Message::DataRow(row) => {
                    if self.out.len() > LONGEST_RESPONSE {
                        return Err(Failure::too_large());
                    }
                    if !is_first {
                        self.out.push(b',');
                    }
                    is_first = false;
                    self.row(&row, columns, array_mode)?;
                }
                Message::CommandComplete(body) => {
                    body.tag().unwrap_or_default().clone_into(&mut tag);
                }
                Message::ReadyForQuery(_) => return Ok(tag),
                _ => return Err(Failure::unexpected()),
            }
        }
    }

    fn row(
        &mut self,
        row: &DataRowBody,
        columns: &[Column],
        array_mode: bool,
    ) -> Result<(), Failure> {
        let (open, close) = if array_mode {
            (b'[', b']')
        } else {
            (b'{', b'}')
        };
        let out = &mut self.out;
        out.push(open);
        for (at, (column, value)) in columns.iter().zip(values(row)?).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            if !array_mode {
                append(&column.name, out);
                out.push(b':');
            }
            match value {
                None => out.extend_from_slice(b"null"),
                Some(value) if self.raw => append(value, out),
                Some(value) => column
                    .shape
                    .write(value, out)
                    .map_err(|Malformed| Failure::malformed())?,
            }
        }
        out.push(close);
        Ok(())
    }
}

fn bind(
    portal_and_statement: &str,
    parameters: &[Option<String>],
    output: &mut bytes::BytesMut,
) -> Result<(), Failure> {
    let bound = frontend::bind(
        portal_and_statement,
        portal_and_statement,
        std::iter::empty(),
        parameters,
        |value, out| match value {
            Some(value) => {
                out.extend_from_slice(value.as_bytes());
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        },
        std::iter::empty(),
        output,
    );
    bound.map_err(|error| match error {
        BindError::Conversion(error) => Failure::bad(error.to_string()),
        BindError::Serialization(error) => unsendable(&error),
    })
}

/// The protocol has no form for it, for example for zero bytes or 70,000 parameters.
fn unsendable(error: &std::io::Error) -> Failure {
    Failure::bad(format!("the query cannot be sent: {error}"))
}

fn values(row: &DataRowBody) -> Result<Vec<Option<&str>>, Failure> {
    let unexpected = |_| Failure::unexpected();
    let mut values = Vec::new();
    let mut ranges = row.ranges();
    while let Some(range) = ranges.next().map_err(unexpected)? {
        let bytes = range.map(|range| row.buffer().get(range).unwrap_or_default());
        // The session's encoding is UTF-8, unless the query has changed it.
        let text = bytes.map(|bytes| std::str::from_utf8(bytes).map_err(|_| Failure::malformed()));
        values.push(text.transpose()?);
    }
    Ok(values)
}

/// The command, and how many rows it is about: `INSERT 0 3`, `SELECT 1`, `CREATE TABLE`.
fn outcome(tag: &str) -> (&str, Option<i64>) {
    let mut words = tag.split(' ');
    let command = words.next().unwrap_or_default();
    let count = words.next_back().and_then(|word| word.parse().ok());
    (command, count)
}

#[cfg(test)]
mod tests {
    use super::outcome;

    #[test]
    fn a_tag_has_a_command_and_perhaps_a_count() {
        assert_eq!(outcome("INSERT 0 3"), ("INSERT", Some(3)));
        assert_eq!(outcome("SELECT 1"), ("SELECT", Some(1)));
        assert_eq!(outcome("CREATE TABLE"), ("CREATE", None));
        assert_eq!(outcome("BEGIN"), ("BEGIN", None));
        assert_eq!(outcome(""), ("", None));
    }
}
