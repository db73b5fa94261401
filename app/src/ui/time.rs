//! Times as people read them.

use leptos::prelude::*;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// "3 minutes ago", with the exact time on hover and for machines.
#[component]
pub fn RelativeTime(at: OffsetDateTime) -> AnyView {
    let exact = at.format(&Rfc3339).unwrap_or_default();
    view! { <time datetime=exact title=moment(at)>{relative(at, OffsetDateTime::now_utc())}</time> }
        .into_any()
}

/// "21 Nov 2026, 07:05 UTC".
pub fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let month = &at.month().to_string()[..3];
    format!(
        "{} {month} {}, {:02}:{:02} UTC",
        at.day(),
        at.year(),
        at.hour(),
        at.minute()
    )
}

/// How long ago or ahead, in the largest fitting unit.
pub fn relative(at: OffsetDateTime, now: OffsetDateTime) -> String {
    let seconds = (now - at).whole_seconds();
    let (amount, unit) = match seconds.abs() {
        0..45 => return "just now".into(),
        45..5_400 => ((seconds.abs() + 30) / 60, "minute"),
        5_400..129_600 => ((seconds.abs() + 1_800) / 3_600, "hour"),
        _ => ((seconds.abs() + 43_200) / 86_400, "day"),
    };
    let amount = amount.max(1);
    let plural = if amount == 1 { "" } else { "s" };
    if seconds < 0 {
        format!("in {amount} {unit}{plural}")
    } else {
        format!("{amount} {unit}{plural} ago")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn a_time_is_told_in_its_largest_fitting_unit() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let told = |ago: Duration| relative(now - ago, now);
        assert_eq!(told(Duration::seconds(5)), "just now");
        assert_eq!(told(Duration::seconds(61)), "1 minute ago");
        assert_eq!(told(Duration::minutes(59)), "59 minutes ago");
        assert_eq!(told(Duration::hours(5)), "5 hours ago");
        assert_eq!(told(Duration::days(-30)), "in 30 days");
    }
}
