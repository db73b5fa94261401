//! Two sides on one server, in short turns, each first as often as second: what else the machine does meets both alike.

use crate::bulkhead::{Bulkhead, Cpu};
use crate::load::{Requests, Window, closed_loop_of};
use anyhow::ensure;
use std::sync::Arc;
use std::time::Duration;

/// How long calls of one side last until it is the other's turn.
const TURN: Duration = Duration::from_millis(400);

/// What calls of one side cost.
#[derive(Clone, Copy, Default)]
pub struct Side {
    calls: u32,
    time: Duration,
    cpu: Cpu,
}

impl Side {
    /// Calls a second.
    pub fn rate(&self) -> f64 {
        f64::from(self.calls) / self.time.as_secs_f64()
    }

    /// Processor time of one call: what a busy disk does to the rate is not in it.
    pub fn cpu(&self) -> Cpu {
        let calls = self.calls.max(1);
        Cpu {
            server: self.cpu.server / calls,
            postgres: self.cpu.postgres / calls,
        }
    }

    async fn add(
        &mut self,
        server: &Bulkhead,
        requests: &Arc<Requests>,
        callers: usize,
        turn: Window,
    ) -> anyhow::Result<()> {
        let meter = || server.cpu();
        let (seen, before, after) =
            closed_loop_of(server.addr(), requests, callers, turn, meter).await?;
        let calls = u32::try_from(seen.latencies.len())?;
        ensure!(calls > 0, "no call was answered");
        self.calls += calls;
        self.time += turn.measured;
        self.cpu.server += after.server.saturating_sub(before.server);
        self.cpu.postgres += after.postgres.saturating_sub(before.postgres);
        Ok(())
    }
}

/// So many callers send the requests of one side, then of the other, until each was measured for so long.
pub async fn take_turns(
    server: &Bulkhead,
    sides: &[Arc<Requests>; 2],
    callers: usize,
    lasts: Duration,
) -> anyhow::Result<[Side; 2]> {
    let turn = Window {
        warm_up: TURN / 4,
        measured: TURN,
    };
    let turns = (lasts.as_secs_f64() / TURN.as_secs_f64()).ceil() as usize;
    let mut seen = [Side::default(); 2];
    for nth in 0..turns {
        let first = nth % 2;
        for at in [first, 1 - first] {
            seen[at].add(server, &sides[at], callers, turn).await?;
        }
    }
    Ok(seen)
}
