//! Which rollups a range of time is read from: months, days and hours as far as they go, and minutes for the rest. The
//! coarser, the fewer rows.

use time::{Duration, OffsetDateTime, Time};

/// How much time one bucket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    Minute,
    Hour,
    Day,
    Month,
}

impl Grain {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    fn finer(self) -> Self {
        match self {
            Self::Month => Self::Day,
            Self::Day => Self::Hour,
            Self::Hour | Self::Minute => Self::Minute,
        }
    }

    /// The bucket that holds this moment.
    pub fn floor(self, at: OffsetDateTime) -> OffsetDateTime {
        let hour = at.replace_time(Time::from_hms(at.hour(), 0, 0).unwrap_or(Time::MIDNIGHT));
        match self {
            Self::Minute => hour + Duration::minutes(at.minute().into()),
            Self::Hour => hour,
            Self::Day => at.replace_time(Time::MIDNIGHT),
            Self::Month => {
                let day = at.replace_time(Time::MIDNIGHT);
                day.replace_day(1).unwrap_or(day)
            }
        }
    }

    /// The first bucket that begins at this moment or later.
    pub fn ceil(self, at: OffsetDateTime) -> OffsetDateTime {
        let floor = self.floor(at);
        if floor == at {
            return at;
        }
        match self {
            Self::Minute => floor + Duration::MINUTE,
            Self::Hour => floor + Duration::HOUR,
            Self::Day => floor + Duration::DAY,
            // The longest month has 31 days, and the shortest more than 3.
            Self::Month => self.floor(floor + Duration::days(31)),
        }
    }
}

/// Up to when there are rollups: in the middle of the present day and month, whose numbers hold what there was so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub hours: OffsetDateTime,
    pub days: OffsetDateTime,
    pub months: OffsetDateTime,
}

impl Done {
    fn until(&self, grain: Grain) -> OffsetDateTime {
        match grain {
            Grain::Month => self.months,
            Grain::Day => self.days,
            Grain::Hour => self.hours,
            // Recomputed all the time.
            Grain::Minute => OffsetDateTime::new_utc(time::Date::MAX, Time::MIDNIGHT),
        }
    }
}

/// A part of a range, and the rollup that it is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub grain: Grain,
    pub since: OffsetDateTime,
    pub until: OffsetDateTime,
}

/// The pieces of a range, with none coarser than `most`. They hold for the moment at which it was read what is done.
pub(super) fn cover(
    since: OffsetDateTime,
    until: OffsetDateTime,
    most: Grain,
    done: &Done,
) -> Vec<Piece> {
    if since >= until {
        return Vec::new();
    }
    let from = most.ceil(since);
    let done_until = done.until(most);
    let to = if until >= done_until {
        done_until
    } else {
        most.floor(until)
    };
    if most == Grain::Minute {
        return vec![Piece {
            grain: most,
            since,
            until,
        }];
    }
    if from >= to {
        return cover(since, until, most.finer(), done);
    }
    let mut pieces = cover(since, from, most.finer(), done);
    pieces.push(Piece {
        grain: most,
        since: from,
        until: to,
    });
    pieces.extend(cover(to, until, most.finer(), done));
    pieces
}

/// Pieces without minutes, for whoever has read those already.
pub(super) fn coarse(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.retain(|piece| piece.grain != Grain::Minute);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const DONE: Done = Done {
        hours: datetime!(2026-11-22 12:00 UTC),
        days: datetime!(2026-11-22 12:00 UTC),
        months: datetime!(2026-11-22 00:00 UTC),
    };
    const NOW: OffsetDateTime = datetime!(2026-11-22 12:31 UTC);

    fn words(since: OffsetDateTime, most: Grain) -> Vec<String> {
        let pieces = cover(since, NOW, most, &DONE);
        assert!(pieces.windows(2).all(|two| two[0].until == two[1].since));
        assert_eq!(
            (pieces[0].since, pieces[pieces.len() - 1].until),
            (since, NOW)
        );
        pieces
            .iter()
            .map(|piece| format!("{} {}", piece.grain.as_str(), piece.until - piece.since))
            .collect()
    }

    #[test]
    fn a_long_range_is_days_and_months_and_ends_in_what_there_was_so_far() {
        let since = datetime!(2026-08-25 00:00 UTC);
        let expected = ["day 7d", "month 82d", "day 12h", "minute 31m"];
        assert_eq!(words(since, Grain::Month), expected);
        assert_eq!(words(since, Grain::Day)[0], "day 89d12h");
    }

    #[test]
    fn what_began_today_or_ended_before_now_is_not_read_from_what_there_was_so_far() {
        let (since, until) = (
            datetime!(2026-11-22 03:00 UTC),
            datetime!(2026-11-22 11:00 UTC),
        );
        assert_eq!(words(since, Grain::Month), ["hour 9h", "minute 31m"]);
        let pieces = cover(since - Duration::days(2), until, Grain::Month, &DONE);
        let grains: Vec<_> = pieces.iter().map(|piece| piece.grain).collect();
        assert_eq!(grains, [Grain::Hour, Grain::Day, Grain::Hour]);
    }

    #[test]
    fn an_hour_that_is_not_whole_is_minutes() {
        assert_eq!(
            words(datetime!(2026-11-22 11:32 UTC), Grain::Month),
            ["minute 59m"]
        );
        let expected = ["minute 28m", "hour 1h", "minute 31m"];
        assert_eq!(
            words(datetime!(2026-11-22 10:32 UTC), Grain::Month),
            expected
        );
    }

    #[test]
    fn a_month_that_begins_on_the_first_is_whole() {
        assert_eq!(
            words(datetime!(2026-10-01 00:00 UTC), Grain::Month)[0],
            "month 52d"
        );
        assert_eq!(
            words(datetime!(2026-09-30 23:00 UTC), Grain::Month)[0],
            "hour 1h"
        );
    }
}
