//! Shares, durations, sizes and days as people read them. Days and times are in UTC, so that the
//! server and every browser write the same words.

use time::{Date, OffsetDateTime, UtcOffset};

/// `3.4%`, of a share between 0 and 1.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent >= 10.0 {
        format!("{percent:.0}%")
    } else {
        format!("{percent:.1}%")
    }
}

/// `0.8 ms`, `42 ms`, `1.3 s`.
pub fn milliseconds(ms: f64) -> String {
    if ms >= 1000.0 {
        format!("{:.1} s", ms / 1000.0)
    } else if ms >= 10.0 || ms == 0.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// `512 B`, `3.4 KB`, `1.2 MB`.
pub fn bytes(bytes: i64) -> String {
    let mut size = bytes as f64;
    let mut unit = "B";
    for next in ["KB", "MB", "GB", "TB"] {
        if size < 1000.0 {
            break;
        }
        (size, unit) = (size / 1000.0, next);
    }
    if unit == "B" || size >= 100.0 {
        format!("{size:.0} {unit}")
    } else {
        format!("{size:.1} {unit}")
    }
}

/// `21 Nov 2026`.
pub fn day(date: Date) -> String {
    format!("{} {} {}", date.day(), month(date), date.year())
}

/// `07:04`.
pub fn clock(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `21 Nov, 07:04:31`.
pub fn second(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!(
        "{} {}, {}:{:02}",
        at.day(),
        month(at.date()),
        clock(at),
        at.second()
    )
}

fn month(date: Date) -> String {
    date.month().to_string().chars().take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn sizes_and_shares_have_fitting_units() {
        assert_eq!(
            [999, 1200, 250_000_000].map(bytes),
            ["999 B", "1.2 KB", "250 MB"]
        );
        assert_eq!([0.0, 0.034, 1.0].map(percent), ["0%", "3.4%", "100%"]);
        assert_eq!(
            [0.84, 42.0, 1260.0].map(milliseconds),
            ["0.8 ms", "42 ms", "1.3 s"]
        );
    }

    #[test]
    fn times_are_in_utc() {
        let at = datetime!(2026-11-21 01:04:09 +02:00);
        assert_eq!(second(at), "20 Nov, 23:04:09");
    }
}
