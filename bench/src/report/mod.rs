//! Figures as people read them, and whether they meet the bars.

mod overload;

pub use overload::overload;

use crate::acts::Rates;
use crate::answers::Areas;
use crate::calls::{Calls, Figures};
use crate::elsewhere::Elsewhere;
use crate::keys::Costs;
use crate::limits::Row;
use crate::load::median;
use crate::sign_ins::Storm;
use crate::tokens::Tokens;
use crate::usage::Seen;
use std::time::Duration;

/// Ours against the bare handler, at the largest number of callers.
const LEAST_RATIO: f64 = 0.25;
const MOST_MEMORY: u64 = 80 * 1024 * 1024;
const LONGEST_START: Duration = Duration::from_millis(500);
const LARGEST_DIFFERENCE: f64 = 0.10;
const ACTS_ALONE: f64 = 200.0;
const ACTS_TOGETHER: f64 = 1000.0;
/// A storm of sign-ins may make calls so many times as slow.
const MOST_SLOWER: f64 = 2.0;
/// More for a token than for a key, in percent.
const MOST_FOR_A_TOKEN: f64 = 5.0;
/// One caller, at the median.
const MOST_FOR_A_PROXY: Duration = Duration::from_millis(1);
/// Any page of usage, with ten million calls.
const SLOWEST_PAGE: Duration = Duration::from_millis(50);
const CALLS_OF_THE_BAR: i64 = 10_000_000;
/// Calls with all limits against calls without any.
const LEAST_WITH_LIMITS: f64 = 0.90;
const LIKE_A_COIN: std::ops::RangeInclusive<f64> = 0.45..=0.55;

/// Prints the table of calls.
pub fn calls(calls: &Calls) {
    println!(
        "\nCalls of whoami     calls/s       p50       p99   CPU a call: server   postgres   generator"
    );
    for row in &calls.rows {
        line(row.callers, "bare", &row.bare);
        line(row.callers, "ours", &row.ours);
        println!(
            "             ours / bare {:.2}, by processor time {:.2}",
            ratio(&row.ours, &row.bare),
            row.bare.cpu.server.as_secs_f64() / total(&row.ours).as_secs_f64()
        );
    }
    println!(
        "{} calls were answered, and as many usage rows are stored.\n",
        calls.counted
    );
    if let Some(row) = calls.rows.iter().max_by_key(|row| row.callers) {
        let ratio = ratio(&row.ours, &row.bare);
        let what = format!(
            "ours / bare at {} callers: {ratio:.2}, at least {LEAST_RATIO}",
            row.callers
        );
        bar(&what, ratio >= LEAST_RATIO);
    }
    let memory = calls.memory;
    let what = format!(
        "resident memory of the server: {}, at most {} so far; under {}",
        mebibytes(memory.resident),
        mebibytes(memory.peak),
        mebibytes(MOST_MEMORY)
    );
    bar(&what, memory.peak < MOST_MEMORY);
}

fn line(callers: usize, side: &str, figures: &Figures) {
    println!(
        "{callers:>4} callers, {side} {:>9.0} {:>9} {:>9}          {:>9}  {:>9} {:>9.0} %",
        figures.rate,
        time(figures.p50),
        time(figures.p99),
        time(figures.cpu.server),
        time(figures.cpu.postgres),
        figures.asking * 100.0
    );
}

fn ratio(ours: &Figures, bare: &Figures) -> f64 {
    ours.rate / bare.rate
}

fn total(figures: &Figures) -> Duration {
    figures.cpu.server + figures.cpu.postgres
}

/// Prints the starts.
pub fn starts(starts: &[Duration]) {
    let middle = median(starts.iter().copied());
    let each: Vec<_> = starts.iter().map(|start| time(*start)).collect();
    let what = format!(
        "start to ready with an existing database: {} ({}), under {}",
        time(middle),
        each.join(", "),
        time(LONGEST_START)
    );
    bar(&what, middle < LONGEST_START);
}

/// Prints the cost of authentication.
pub fn keys([few, many]: &[Costs; 2]) {
    println!(
        "\nAuthentication      looked up  remembered  look-up alone   CPU, looked up   first use"
    );
    for costs in [few, many] {
        println!(
            "{:>10} keys   {:>10}  {:>10}     {:>10}       {:>10}  {:>10}",
            costs.keys,
            time(costs.cold),
            time(costs.warm),
            time(costs.authentication()),
            time(costs.cpu),
            costs.first.map_or("–".into(), time)
        );
    }
    let more = many.authentication().as_secs_f64() / few.authentication().as_secs_f64() - 1.0;
    let what = format!(
        "look-up with {} keys instead of {}: {:+.1} %, under {:.0} %",
        many.keys,
        few.keys,
        more * 100.0,
        LARGEST_DIFFERENCE * 100.0
    );
    println!();
    bar(&what, more < LARGEST_DIFFERENCE);
}

/// Prints how many acts a second there were.
pub fn acts(rates: &Rates) {
    let Rates { alone, together } = *rates;
    println!();
    let what =
        format!("acts with their audit row: {alone:.0}/s in one tenant, at least {ACTS_ALONE}");
    bar(&what, alone >= ACTS_ALONE);
    let what = format!(
        "acts with their audit row: {together:.0}/s in 50 tenants, at least {ACTS_TOGETHER}"
    );
    bar(&what, together >= ACTS_TOGETHER);
}

/// Prints what the time of an answer tells.
pub fn answers(areas: &Areas) {
    println!();
    for (door, area) in [
        ("signing in", areas.sign_in),
        ("a forgotten password", areas.forgotten),
    ] {
        let what =
            format!("known from unknown accounts by time, {door}: AUC {area:.3}, 0.45 to 0.55");
        bar(&what, LIKE_A_COIN.contains(&area));
    }
}

/// Prints what a storm of sign-ins leaves of the calls.
pub fn sign_ins(storm: &Storm) {
    let slower = storm.beside.as_secs_f64() / storm.alone.as_secs_f64();
    println!(
        "\n{:.0} sign-ins a second answered, {:.0} more asked to come again.",
        storm.signed_in, storm.refused
    );
    let what = format!(
        "p99 of calls beside 200 sign-ins a second: {} instead of {}, {slower:.2} times, at most {MOST_SLOWER}",
        time(storm.beside),
        time(storm.alone)
    );
    bar(&what, slower <= MOST_SLOWER);
}

/// Prints what tokens cost beside keys.
pub fn tokens(seen: &Tokens) {
    println!(
        "\n{:.0} calls a second with a key, {:.0} with an access token that is remembered.",
        seen.key.rate(),
        seen.token.rate()
    );
    let (key, token) = (seen.key.cpu().server, seen.token.cpu().server);
    let slower = (token.as_secs_f64() / key.as_secs_f64() - 1.0) * 100.0;
    let what = format!(
        "an access token that was seen before adds {slower:.1} % of processor time ({} instead of {}), at most {MOST_FOR_A_TOKEN} %",
        time(token),
        time(key)
    );
    bar(&what, slower <= MOST_FOR_A_TOKEN);
    println!(
        "One that was never seen costs {}: a call takes {} instead of {}.",
        time(seen.first.saturating_sub(seen.again)),
        time(seen.first),
        time(seen.again)
    );
}

/// Prints what a call at another service costs by a tool.
pub fn elsewhere(seen: &Elsewhere) {
    let Elsewhere {
        direct,
        by_tool,
        at_home,
    } = *seen;
    println!(
        "\nA call at a service takes {}, by a tool {}; a tool that asks nobody {}.",
        time(direct),
        time(by_tool),
        time(at_home)
    );
    let more = by_tool.saturating_sub(direct);
    let what = format!(
        "a call by a tool takes {} more than the call itself, at most {}",
        time(more),
        time(MOST_FOR_A_PROXY)
    );
    bar(&what, more <= MOST_FOR_A_PROXY);
}

/// Prints what limits cost.
pub fn limits(rows: &[Row]) {
    println!("\nCalls of whoami            calls/s   CPU a call: server   postgres");
    for row in rows {
        for (side, seen) in [("unlimited", &row.free), ("limited", &row.limited)] {
            println!(
                "{:>4} callers, {side:<9} {:>10.0} {:>20} {:>10}",
                row.callers,
                seen.rate(),
                time(seen.cpu().server),
                time(seen.cpu().postgres)
            );
        }
    }
    println!();
    for row in rows {
        let ratio = row.limited.rate() / row.free.rate();
        let what = format!(
            "limited / unlimited at {} callers: {ratio:.2}, at least {LEAST_WITH_LIMITS:.2}",
            row.callers
        );
        bar(&what, ratio >= LEAST_WITH_LIMITS);
    }
}

fn bar(what: &str, met: bool) {
    println!("{}  {what}", if met { "PASS " } else { "BELOW" });
}

fn time(time: Duration) -> String {
    match time.as_micros() {
        micros @ 0..10_000 => format!("{micros} µs"),
        micros => format!("{:.1} ms", micros as f64 / 1000.0),
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
}

/// Prints what usage costs at some numbers of calls.
pub fn usage(seen: &[Seen]) {
    println!(
        "\nUsage        calls   taken in/s   recomputed/s   rollup rows   MB a million: rows   numbers   slowest page"
    );
    for one in seen {
        let slowest = one.pages.iter().max_by_key(|(_, middle, _)| *middle);
        let Some((name, middle, _)) = slowest else {
            continue;
        };
        println!(
            "{:>18} {:>12.0} {:>14.0} {:>13} {:>20.1} {:>9.1}   {:.1} ms ({name})",
            one.calls,
            one.ingest,
            one.recomputed,
            one.rollup_rows,
            one.row_bytes as f64 / 1e6,
            one.rollup_bytes as f64 / 1e6,
            millis(*middle),
        );
    }
    for one in seen {
        println!(
            "\nPages at {} calls          middle       slowest",
            one.calls
        );
        for (name, middle, slowest) in &one.pages {
            println!(
                "  {name:<28} {:>8.1} ms {:>8.1} ms",
                millis(*middle),
                millis(*slowest)
            );
        }
        if one.calls == CALLS_OF_THE_BAR {
            let fast = one
                .pages
                .iter()
                .all(|(_, middle, _)| *middle < SLOWEST_PAGE);
            let what = format!("every page under {} ms", SLOWEST_PAGE.as_millis());
            bar(&what, fast);
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
