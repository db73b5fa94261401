//! Reading the audit log: a page for people, rows for an export.

use super::{chain::Entry, store};
use crate::{Actor, Result, Services, TenantTx, changes::OVERLAP, plans};
use api_types::{
    Permission, Refusal,
    audit::{AuditFilter, AuditPage, AuditRow, FieldChange},
    plans::Feature,
};
use futures::{Stream, stream};
use serde_json::{Map, Value, value::RawValue};
use std::{collections::BTreeSet, time::Duration};
use time::OffsetDateTime;

/// Rows on a page.
const PAGE: i64 = 50;

/// Rows of an export that are in memory at once.
const BATCH: i64 = 1000;

/// How long an open page may wait for a new row.
const LOOK: Duration = Duration::from_secs(1);

/// One page of the log, newest first, from the row before `before`.
pub async fn page(
    s: &Services,
    a: &Actor,
    filter: &AuditFilter,
    before: Option<i64>,
) -> Result<AuditPage> {
    let mut tx = open(s, a).await?;
    let wanted = Wanted::of(filter);
    let before = before.unwrap_or(i64::MAX);
    let mut rows = store::newest(&mut tx, a.tenant(), &wanted, before, PAGE + 1).await?;
    let more = rows.len() as i64 > PAGE;
    rows.truncate(PAGE as usize);
    let page = AuditPage {
        next: rows.last().filter(|_| more).map(|row| row.entry.seq),
        rows: rows.into_iter().map(shown).collect(),
        matching: store::count(&mut tx, a.tenant(), &wanted).await?,
        total: store::kept(&mut tx, a.tenant()).await?,
        actors: store::actors(&mut tx, a.tenant()).await?,
        signed: store::signed(&mut tx, a.tenant()).await?,
    };
    tx.commit().await?;
    Ok(page)
}

/// One row.
pub async fn row(s: &Services, a: &Actor, seq: i64) -> Result<AuditRow> {
    let mut tx = open(s, a).await?;
    let wanted = Wanted::of(&AuditFilter::default());
    let row = match seq.checked_sub(1) {
        Some(after) => store::oldest(&mut tx, a.tenant(), &wanted, after, 1).await?,
        None => Vec::new(),
    };
    tx.commit().await?;
    let row = row.into_iter().find(|row| row.entry.seq == seq);
    Ok(shown(row.ok_or(Refusal::NotFound)?))
}

/// An export that has begun, which may be read more than once: how many rows it will have, and the last that belongs to it.
#[derive(Clone)]
pub struct Export {
    /// How many rows.
    pub rows: i64,
    until: i64,
    wanted: Wanted,
}

/// Begins an export of the rows that there are now. Without a filter it can be verified.
pub async fn begin_export(s: &Services, a: &Actor, filter: &AuditFilter) -> Result<Export> {
    let mut tx = open(s, a).await?;
    plans::require(s, &mut tx, a.tenant(), Feature::AuditExport).await?;
    let wanted = Wanted::of(filter);
    let until = store::last(&mut tx, a.tenant()).await?;
    let rows = store::count(&mut tx, a.tenant(), &wanted).await?;
    tx.commit().await?;
    Ok(Export {
        rows,
        until,
        wanted,
    })
}

impl Export {
    /// The rows, oldest first, some at a time; each batch is a transaction of its own, so that a slow
    /// reader holds nothing up.
    pub fn rows(self, s: Services, a: Actor) -> impl Stream<Item = Result<Vec<Entry>>> + Send {
        stream::try_unfold(0, move |after| {
            let (s, a, wanted) = (s.clone(), a.clone(), self.wanted.clone());
            async move {
                let mut tx = open(&s, &a).await?;
                let mut rows = store::oldest(&mut tx, a.tenant(), &wanted, after, BATCH).await?;
                tx.commit().await?;
                rows.retain(|row| row.entry.seq <= self.until);
                let entries: Vec<_> = rows.into_iter().map(|row| row.entry).collect();
                let last = entries.last().map(|entry| entry.seq);
                Ok(last.map(|last| (entries, last)))
            }
        })
    }
}

/// Yields whenever the tenant's log has grown, and at once if it has since that moment. Each listener looks by itself,
/// once a second: an act that told everybody would make the commits of all tenants wait for one another.
pub fn live(
    s: &Services,
    a: &Actor,
    since: Option<OffsetDateTime>,
) -> impl Stream<Item = ()> + Send + use<> {
    let (s, a) = (s.clone(), a.clone());
    stream::unfold(None, move |mut seen: Option<i64>| {
        let (s, a) = (s.clone(), a.clone());
        async move {
            loop {
                // While the database is away there is nothing new.
                let last = last(&s, &a).await.ok().or(seen);
                let is_first = seen.is_none() && last.is_some();
                let has_grown = seen.is_some() && last != seen;
                if has_grown || is_first && grew_since(&s, &a, since).await {
                    return Some(((), last));
                }
                seen = last;
                tokio::time::sleep(LOOK).await;
            }
        }
    })
}

async fn last(s: &Services, a: &Actor) -> Result<i64> {
    let mut tx = open(s, a).await?;
    let last = store::last(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(last)
}

/// Whether there is a row of that moment or later. While that cannot be asked, there may be one.
async fn grew_since(s: &Services, a: &Actor, since: Option<OffsetDateTime>) -> bool {
    let Some(since) = since else {
        return false;
    };
    match newest_at(s, a).await {
        Ok(newest) => newest.is_some_and(|at| at + OVERLAP >= since),
        Err(_) => true,
    }
}

async fn newest_at(s: &Services, a: &Actor) -> Result<Option<OffsetDateTime>> {
    let mut tx = open(s, a).await?;
    let all = Wanted::of(&AuditFilter::default());
    let rows = store::newest(&mut tx, a.tenant(), &all, i64::MAX, 1).await?;
    tx.commit().await?;
    Ok(rows.first().map(|row| row.at))
}

async fn open(s: &Services, a: &Actor) -> Result<TenantTx> {
    a.require(Permission::ViewAudit)?;
    s.db.tenant_tx(a.tenant()).await
}

/// A filter as the database is asked.
#[derive(Clone)]
pub(super) struct Wanted {
    pub filter: AuditFilter,
    pub since: Option<OffsetDateTime>,
    pub words: Option<String>,
}

impl Wanted {
    fn of(filter: &AuditFilter) -> Self {
        let ago = |seconds| OffsetDateTime::now_utc() - time::Duration::seconds(seconds);
        Self {
            since: filter.range.map(|range| ago(range.seconds().0)),
            words: filter.words.as_deref().and_then(query),
            filter: filter.clone(),
        }
    }
}

/// Words as a query for beginnings of words. What separates words in rows does so here.
fn query(typed: &str) -> Option<String> {
    let separates = |c: char| c.is_whitespace() || c.is_control() || c.is_ascii_punctuation();
    let words: Vec<_> = typed
        .split(separates)
        .filter(|word| !word.is_empty())
        .take(10)
        .map(|word| format!("'{word}':*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

fn shown(row: store::Stored) -> AuditRow {
    let store::Stored { at, entry } = row;
    AuditRow {
        changes: changes(entry.before.as_deref(), entry.after.as_deref()),
        seq: entry.seq,
        at,
        actor_kind: entry.actor_kind,
        actor_id: entry.actor_id,
        actor_name: entry.actor_name,
        act: entry.act,
        object_kind: entry.object_kind,
        object_id: entry.object_id,
        object_name: entry.object_name,
        address: entry.address,
        request_id: entry.request_id,
        prev: entry.prev.to_string(),
        hash: entry.hash.to_string(),
    }
}

/// Part by part. What is no object is one part without a name.
fn changes(before: Option<&RawValue>, after: Option<&RawValue>) -> Vec<FieldChange> {
    let (before, after) = (parts(before), parts(after));
    let fields: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    fields
        .into_iter()
        .map(|field| FieldChange {
            before: before.get(&field).map(text),
            after: after.get(&field).map(text),
            field,
        })
        .collect()
}

fn parts(json: Option<&RawValue>) -> Map<String, Value> {
    let value = json.and_then(|json| serde_json::from_str(json.get()).ok());
    match value {
        Some(Value::Object(parts)) => parts,
        Some(value) => Map::from_iter([(String::new(), value)]),
        None => Map::new(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".into(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_beginnings_of_words() {
        let asked = query("Ada  api_key.rev' | !(x)");
        let wanted = "'Ada':* & 'api':* & 'key':* & 'rev':* & 'x':*";
        assert_eq!(asked.as_deref(), Some(wanted));
        assert_eq!(query(" -- "), None);
    }

    #[test]
    fn a_change_is_told_part_by_part() {
        let json = |text: &str| RawValue::from_string(text.into()).expect("JSON");
        let (before, after) = (
            json(r#"{"a":1,"b":["x","y"]}"#),
            json(r#"{"a":2,"c":null}"#),
        );
        let told: Vec<_> = changes(Some(&before), Some(&after))
            .into_iter()
            .map(|part| (part.field, part.before, part.after))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("a".into(), some("1"), some("2")),
                ("b".into(), some("x, y"), None),
                ("c".into(), None, some("none")),
            ]
        );
    }
}
