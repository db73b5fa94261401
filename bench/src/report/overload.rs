//! Ten times as many calls as can be answered.

use super::{bar, mebibytes, time};
use crate::load::{self, median};
use crate::overload::{CALLERS, Overload, Round};
use std::time::Duration;

/// What is answered of the peak while ten times as much comes.
const LEAST_GOODPUT: f64 = 0.90;
/// So many times as slow as at the peak: calls that are let in, and any five seconds later.
const SLOWER_MEANWHILE: f64 = 2.0;
const SLOWER_AFTERWARDS: f64 = 1.5;
const SLOWEST_REFUSAL: Duration = Duration::from_millis(20);
const SLOWEST_LIFE: Duration = Duration::from_millis(100);
const MOST_GROWTH: f64 = 1.25;

/// Prints what ten times as many calls as can be answered leave of them.
pub fn overload(seen: &Overload) {
    match seen.share {
        Some(share) => println!("\nThe server and its PostgreSQL had {share} % of their core."),
        None => println!("\nThe server had all of its core: this system lets us limit nobody."),
    }
    println!("Overload                      calls/s       p99");
    let phase = |what, rate, p99| println!("{what:<27} {rate:>9.0} {:>9}", time(p99));
    for (nth, round) in seen.rounds.iter().enumerate() {
        let Round {
            before,
            burst,
            afterwards,
        } = round;
        if nth == 0 {
            phase("callers before", before.rate, before.p99);
        }
        let [accepted, refused] = [&burst.accepted, &burst.refused].map(|all| all.percentile(0.99));
        phase("burst, accepted", burst.goodput, accepted);
        phase("burst, refused", burst.turned_away, refused);
        phase("callers afterwards", afterwards.rate, afterwards.p99);
        println!(
            "  goodput {:.2}, {:.1} times the peak sent by a generator that used {:.0} % of its core",
            round.goodput(),
            burst.sent / before.rate,
            burst.asking * 100.0
        );
    }
    let bursts = || seen.rounds.iter().map(|round| &round.burst);
    let [accepted, sent_away] =
        [0, 1].map(|kind| Times::of(bursts().map(|burst| &burst.patient[kind])));
    let alive = Times::of(bursts().map(|burst| &burst.alive));
    println!(
        "{CALLERS} callers before and afterwards. Those who come again when they were told to: {} accepted, p99 {}; {} sent \
         away, p99 {}.\n",
        accepted.number,
        time(accepted.p99),
        sent_away.number,
        time(sent_away.p99)
    );
    let middle = |figure: fn(&Round) -> f64| median(seen.rounds.iter().map(figure));
    let goodput = middle(Round::goodput);
    let what = format!(
        "goodput / the peaks before and after, the middle of {}: {goodput:.2}, at least {LEAST_GOODPUT:.2}",
        seen.rounds.len()
    );
    bar(&what, goodput >= LEAST_GOODPUT);
    for (what, slower, most) in [
        (
            "of patient callers' accepted calls",
            middle(Round::slower_meanwhile),
            SLOWER_MEANWHILE,
        ),
        (
            "five seconds afterwards",
            middle(Round::slower_afterwards),
            SLOWER_AFTERWARDS,
        ),
    ] {
        let what = format!("p99 {what} / at the peak: {slower:.2}, at most {most}");
        bar(&what, slower <= most);
    }
    for (what, times, most) in [
        ("patient callers' refusals", sent_away, SLOWEST_REFUSAL),
        ("answers of /livez", alive, SLOWEST_LIFE),
    ] {
        let (took, longest) = (time(times.p99), time(most));
        let what = format!("p99 of {} {what}: {took}, at most {longest}", times.number);
        // Nothing is not quick.
        bar(&what, times.number > 0 && times.p99 <= most);
    }
    let [memory, later] = seen.resident;
    let growth = later as f64 / memory as f64;
    let what = format!(
        "resident memory after / before: {growth:.2} ({} and {}), at most {MOST_GROWTH}",
        mebibytes(later),
        mebibytes(memory)
    );
    bar(&what, growth <= MOST_GROWTH);
    let (accepted, counted) = (seen.accepted, seen.counted);
    let what = format!("{accepted} calls were answered with a result, and {counted} counted");
    bar(&what, accepted == counted);
}

/// What was seen in all rounds together.
struct Times {
    number: usize,
    p99: Duration,
}

impl Times {
    fn of<'a>(all: impl Iterator<Item = &'a load::Seen>) -> Self {
        let all: Vec<_> = all.flat_map(|seen| &seen.latencies).copied().collect();
        Self {
            number: all.len(),
            p99: load::Seen::of(all).percentile(0.99),
        }
    }
}
