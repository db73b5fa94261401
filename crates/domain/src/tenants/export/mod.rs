//! Everything that a tenant has, for taking it elsewhere: one JSON object a line, `{"table": …, "row": …}`,
//! and at the end `{"end": {"rows": …}}`, so that a file that was cut off is told from a whole one.

mod store;

use crate::{
    Actor, Result, Services,
    audit::{self, Event},
    members,
};
use anyhow::Context as _;
use api_types::{Permission, audit::Act, users::MemberView};
use futures::{Stream, stream};
use serde_json::{json, value::RawValue};
use store::Table;

/// So many rows are read in one transaction: a slow reader holds nothing up.
const BATCH: i64 = 1000;

/// An export that has begun.
pub struct Export {
    services: Services,
    actor: Actor,
    /// Still to be read, the next one last.
    tables: Vec<Table>,
    /// The last row of the table that is being read.
    last: Option<String>,
    rows: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    People,
    Tables,
    Done,
}

/// Begins an export, which the audit log tells of.
pub async fn begin_export(s: &Services, a: &Actor) -> Result<Export> {
    a.require(Permission::ExportTenant)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let mut tables = store::tables(&mut tx).await?;
    tables.reverse();
    let exported = Event::new(Act::TenantExported, a.tenant(), a.slug());
    audit::record(&mut tx, a, exported).await?;
    tx.commit().await?;
    Ok(Export {
        services: s.clone(),
        actor: a.clone(),
        tables,
        last: None,
        rows: 0,
        state: State::People,
    })
}

impl Export {
    /// The lines, some at a time. Each row is as it was when it was read.
    pub fn lines(self) -> impl Stream<Item = Result<String>> + Send {
        stream::try_unfold(self, |mut export| async move {
            let lines = export.next().await?;
            Ok(lines.map(|lines| (lines, export)))
        })
    }

    async fn next(&mut self) -> Result<Option<String>> {
        match self.state {
            State::People => self.people().await.map(Some),
            State::Tables => self.batch().await.map(Some),
            State::Done => Ok(None),
        }
    }

    /// The members by name, which stand in no table of the tenant's.
    async fn people(&mut self) -> Result<String> {
        let tenant = self.actor.tenant();
        let mut tx = self.services.db.tenant_tx(tenant).await?;
        let people = members::all(&mut tx, tenant).await?;
        tx.commit().await?;
        self.state = State::Tables;
        self.rows += people.len();
        let line = |person: &MemberView| {
            let row = json!({ "user_id": person.id, "name": person.name, "email": person.email });
            format!("{}\n", json!({ "table": "people", "row": row }))
        };
        Ok(people.iter().map(line).collect())
    }

    async fn batch(&mut self) -> Result<String> {
        let Some(table) = self.tables.last() else {
            self.state = State::Done;
            return Ok(format!("{}\n", json!({ "end": { "rows": self.rows } })));
        };
        let tenant = self.actor.tenant();
        let mut tx = self.services.db.tenant_tx(tenant).await?;
        let last = self.last.as_deref();
        let rows = store::rows(&mut tx, tenant, table, last, BATCH).await?;
        tx.commit().await?;
        let lines = rows.iter().map(|row| line(&table.name, row));
        let lines = lines.collect::<Result<String>>()?;
        self.rows += rows.len();
        self.last = rows.into_iter().next_back();
        if self.last.is_none() {
            self.tables.pop();
        }
        Ok(lines)
    }
}

fn line(table: &str, row: &str) -> Result<String> {
    let row = RawValue::from_string(row.to_owned()).context("a row of an export")?;
    let line = serde_json::to_string(&Line { table, row: &row }).context("a line of an export")?;
    Ok(line + "\n")
}

#[derive(serde::Serialize)]
struct Line<'a> {
    table: &'a str,
    row: &'a RawValue,
}
