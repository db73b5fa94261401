//! Months, as subscriptions count them: the same day of the next month, or its last.

use time::{Date, Month, OffsetDateTime};

/// The end of the month-long period that begins here. `anchor` is when the first one began.
pub(crate) fn month_after(start: i64, anchor: i64) -> i64 {
    let start = at(start);
    let day = at(anchor).day();
    let (year, month) = match start.month() {
        Month::December => (start.year() + 1, Month::January),
        month => (start.year(), month.next()),
    };
    let day = day.min(month.length(year));
    let date = Date::from_calendar_date(year, month, day).unwrap_or(start.date());
    start.replace_date(date).unix_timestamp()
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_short_month_does_not_move_the_day_for_good() {
        let january = datetime!(2026-01-31 12:00 UTC).unix_timestamp();
        let february = month_after(january, january);
        assert_eq!(at(february), datetime!(2026-02-28 12:00 UTC));
        assert_eq!(
            at(month_after(february, january)),
            datetime!(2026-03-31 12:00 UTC)
        );
    }
}
