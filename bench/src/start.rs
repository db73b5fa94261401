//! How long from starting the process to `/readyz`, with a database that exists.

use crate::bulkhead::Bulkhead;
use std::path::Path;
use std::time::{Duration, Instant};

/// Each start, in order.
pub async fn run(program: &Path, times: usize) -> anyhow::Result<Vec<Duration>> {
    let mut server = Bulkhead::start(program).await?;
    let mut starts = Vec::new();
    for _ in 0..times {
        server.stop()?;
        let began = Instant::now();
        server.start_again().await?;
        starts.push(began.elapsed());
    }
    server.stop()?;
    Ok(starts)
}
