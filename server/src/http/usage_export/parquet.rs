//! Calls as Parquet: groups of rows, each written when it is full, and the directory of them at the end.

use anyhow::Context as _;
use axum::body::Bytes;
use domain::usage::export::{Export, ExportedCall};
use futures::{Stream, StreamExt as _, stream};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Rows of a group: what is held in memory at once.
const GROUP: usize = 50_000;

const SCHEMA: &str = "message usage {
    required binary event_id (UTF8);
    required int64 occurred_at (TIMESTAMP(MICROS, true));
    required binary toolkit (UTF8);
    required binary tool (UTF8);
    required binary client_id (UTF8);
    optional binary client (UTF8);
    required binary credential_id (UTF8);
    optional binary member_id (UTF8);
    optional binary connection_id (UTF8);
    required binary era (UTF8);
    required binary outcome (UTF8);
    required int64 units;
    required int64 duration_us;
    required int64 request_bytes;
    required int64 response_bytes;
    optional binary error (UTF8);
    required binary request_id (UTF8);
    optional binary corrects (UTF8);
}";

/// What has been written and has not left yet.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn take(&self) -> Bytes {
        take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Writer = SerializedFileWriter<Written>;
type Group<'a> = SerializedRowGroupWriter<'a, Written>;

/// The file, in pieces.
pub(super) fn file(export: Export) -> impl Stream<Item = anyhow::Result<Bytes>> + Send {
    let begin = async move {
        let written = Written::default();
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let writer = SerializedFileWriter::new(written.clone(), schema, Arc::new(properties))?;
        let state = State {
            batches: export.batches().boxed(),
            rows: Vec::new(),
            writer: Some(writer),
            written,
        };
        anyhow::Ok(stream::try_unfold(state, State::next))
    };
    futures::TryStreamExt::try_flatten(stream::once(begin))
}

struct State {
    batches: stream::BoxStream<'static, domain::Result<Vec<ExportedCall>>>,
    rows: Vec<ExportedCall>,
    writer: Option<Writer>,
    written: Written,
}

impl State {
    async fn next(mut self) -> anyhow::Result<Option<(Bytes, Self)>> {
        let Some(mut writer) = self.writer.take() else {
            return Ok(None);
        };
        let mut is_over = false;
        while self.rows.len() < GROUP && !is_over {
            match self.batches.next().await {
                Some(batch) => {
                    let batch = batch.map_err(|error| anyhow::anyhow!(error.for_the_log()))?;
                    self.rows.extend(batch);
                }
                None => is_over = true,
            }
        }
        let rows = take(&mut self.rows);
        // Some milliseconds of packing, which would hold up other requests.
        let packed = tokio::task::spawn_blocking(move || {
            if !rows.is_empty() {
                group(&mut writer, &rows)?;
            }
            if is_over {
                writer.finish().context("ending a file")?;
                return anyhow::Ok(None);
            }
            Ok(Some(writer))
        });
        self.writer = packed.await.context("packing a group")??;
        Ok(Some((self.written.take(), self)))
    }
}

fn group(writer: &mut Writer, rows: &[ExportedCall]) -> anyhow::Result<()> {
    let mut group = writer.next_row_group()?;
    ids(&mut group, rows, |row| row.event_id)?;
    numbers(&mut group, rows, |row| {
        i64::try_from(row.occurred_at.unix_timestamp_nanos() / 1000).unwrap_or_default()
    })?;
    texts(&mut group, rows, |row| &row.toolkit)?;
    texts(&mut group, rows, |row| &row.tool)?;
    ids(&mut group, rows, |row| row.client_id)?;
    optional(&mut group, rows, |row| row.client.clone())?;
    ids(&mut group, rows, |row| row.credential_id)?;
    optional(&mut group, rows, |row| id(row.member_id))?;
    optional(&mut group, rows, |row| id(row.connection_id))?;
    texts(&mut group, rows, |row| &row.era)?;
    texts(&mut group, rows, |row| &row.outcome)?;
    numbers(&mut group, rows, |row| row.units)?;
    numbers(&mut group, rows, |row| row.duration_us)?;
    numbers(&mut group, rows, |row| row.request_bytes)?;
    numbers(&mut group, rows, |row| row.response_bytes)?;
    optional(&mut group, rows, |row| row.error.clone())?;
    ids(&mut group, rows, |row| row.request_id)?;
    optional(&mut group, rows, |row| id(row.corrects))?;
    group.close()?;
    Ok(())
}

fn id(id: Option<Uuid>) -> Option<String> {
    id.map(|id| id.to_string())
}

fn ids(
    group: &mut Group<'_>,
    rows: &[ExportedCall],
    of: impl Fn(&ExportedCall) -> Uuid,
) -> anyhow::Result<()> {
    let bytes = |row| ByteArray::from(of(row).to_string().into_bytes());
    let values: Vec<_> = rows.iter().map(bytes).collect();
    column::<ByteArrayType>(group, &values, None)
}

fn texts(
    group: &mut Group<'_>,
    rows: &[ExportedCall],
    of: impl Fn(&ExportedCall) -> &String,
) -> anyhow::Result<()> {
    let bytes = |row| ByteArray::from(of(row).clone().into_bytes());
    let values: Vec<_> = rows.iter().map(bytes).collect();
    column::<ByteArrayType>(group, &values, None)
}

fn numbers(
    group: &mut Group<'_>,
    rows: &[ExportedCall],
    of: impl Fn(&ExportedCall) -> i64,
) -> anyhow::Result<()> {
    let values: Vec<_> = rows.iter().map(of).collect();
    column::<Int64Type>(group, &values, None)
}

/// What is not there has the level 0, and no value.
fn optional(
    group: &mut Group<'_>,
    rows: &[ExportedCall],
    of: impl Fn(&ExportedCall) -> Option<String>,
) -> anyhow::Result<()> {
    let texts: Vec<_> = rows.iter().map(of).collect();
    let levels: Vec<i16> = texts.iter().map(|text| text.is_some().into()).collect();
    let values = texts.into_iter().flatten();
    let values: Vec<_> = values
        .map(|text| ByteArray::from(text.into_bytes()))
        .collect();
    column::<ByteArrayType>(group, &values, Some(&levels))
}

fn column<T: DataType>(
    group: &mut Group<'_>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> anyhow::Result<()> {
    let mut column = group.next_column()?.context("a column of the schema")?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()?;
    Ok(())
}
