//! Times as people type them into `<input type="datetime-local">`. They are in UTC, as all times on these pages.

use api_types::Refusal;
use time::{
    OffsetDateTime, PrimitiveDateTime, UtcOffset, format_description::FormatItem,
    macros::format_description,
};

const TO_THE_MINUTE: &[FormatItem] = format_description!("[year]-[month]-[day]T[hour]:[minute]");
const TO_THE_SECOND: &[FormatItem] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// A time, to the minute.
pub fn written(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC)
        .format(TO_THE_MINUTE)
        .unwrap_or_default()
}

/// Reads a time. Browsers leave seconds away while they are none.
pub fn read(field: &str, word: &str) -> Result<OffsetDateTime, Refusal> {
    let word = word.trim();
    PrimitiveDateTime::parse(word, TO_THE_MINUTE)
        .or_else(|_| PrimitiveDateTime::parse(word, TO_THE_SECOND))
        .map(PrimitiveDateTime::assume_utc)
        .map_err(|_| Refusal::invalid(field, "a day and a time, please"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn what_is_written_reads_back() {
        let at = datetime!(2026-11-22 07:04:31 +02:00);
        assert_eq!(written(at), "2026-11-22T05:04");
        let back = read("from", &written(at)).expect("a time");
        assert_eq!(back, datetime!(2026-11-22 05:04 UTC));
        let back = read("from", " 2026-11-22T05:04:31 ").expect("a time");
        assert_eq!(back, datetime!(2026-11-22 05:04:31 UTC));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert!(read("from", "").is_err());
        assert!(read("from", "2026-02-30T05:04").is_err());
    }
}
