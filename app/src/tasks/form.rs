//! From the words of the task forms to values. Both halves compile it; only the server calls it.

use api_types::{
    Refusal, TaskId,
    input::{Assignee, Label},
    tasks::{TaskPriority, TaskStatus},
};
use time::{Date, Month};

/// A status, from a select.
pub fn status(word: &str) -> Result<TaskStatus, Refusal> {
    TaskStatus::parse(word).ok_or_else(|| Refusal::invalid("status", "choose one of the listed"))
}

/// A priority, from a select; the short form has none.
pub fn priority_or_normal(word: &str) -> Result<TaskPriority, Refusal> {
    if word.is_empty() {
        return Ok(TaskPriority::Normal);
    }
    TaskPriority::parse(word)
        .ok_or_else(|| Refusal::invalid("priority", "choose one of the listed"))
}

/// The day of a date input, `YYYY-MM-DD`, or none.
pub fn day(word: &str) -> Result<Option<Date>, Refusal> {
    if word.is_empty() {
        return Ok(None);
    }
    let mut parts = word.splitn(3, '-').map(str::parse::<u16>);
    let mut next = || parts.next().and_then(Result::ok);
    let date = next()
        .zip(next())
        .zip(next())
        .and_then(|((year, month), day)| {
            let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
            Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()
        });
    date.map(Some)
        .ok_or_else(|| Refusal::invalid("due_on", "a day such as 2026-12-31"))
}

/// Labels, separated by commas.
pub fn labels(text: &str) -> Result<Vec<Label>, Refusal> {
    text.split(',')
        .filter(|label| !label.trim().is_empty())
        .map(Label::parse)
        .collect()
}

/// Who it is given to, or nobody.
pub fn assignee(text: &str) -> Result<Option<Assignee>, Refusal> {
    if text.trim().is_empty() {
        Ok(None)
    } else {
        Assignee::parse(text).map(Some)
    }
}

/// Percent done.
pub fn progress(word: &str) -> Result<i16, Refusal> {
    match word.trim() {
        "" => Ok(0),
        word => word
            .parse()
            .map_err(|_| Refusal::invalid("progress", "0 to 100")),
    }
}

/// The ids in `all`, separated by commas, without one and with another.
pub fn dependencies(all: &str, without: &str, with: &str) -> Result<Vec<TaskId>, Refusal> {
    let bad = |_| Refusal::invalid("with", "choose one of the listed tasks");
    let kept = all.split(',').filter(|word| *word != without);
    let wanted = kept.chain([with]).filter(|word| !word.is_empty());
    wanted.map(|word| word.parse().map_err(bad)).collect()
}

/// An id from an address or a hidden input. One that cannot be read looks like a missing thing.
pub fn id(word: &str) -> Result<TaskId, Refusal> {
    word.parse().map_err(|_| Refusal::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_day_is_what_a_date_input_sends() {
        assert_eq!(day(""), Ok(None));
        assert_eq!(day("2026-02-28"), Ok(Some(date!(2026 - 02 - 28))));
        for bad in ["2026-02-30", "tomorrow", "2026-13-01", "2026-1", "1-2-3-4"] {
            assert!(day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels_are_separated_by_commas() {
        let labels = labels("ops,, big one ,").expect("good");
        assert_eq!(
            labels.iter().map(Label::as_str).collect::<Vec<_>>(),
            ["ops", "big one"]
        );
    }
}
