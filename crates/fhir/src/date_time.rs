//! Dates, partial dates and instants, all read as intervals of time.

use jiff::civil;
use jiff::tz::TimeZone;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Instant = i64;

/// How precisely a date was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `2026`
    Year,
    /// `2026-01`
    Month,
    /// `2026-01-15`
    Day,
    /// `2026-01-15T08:00`
    Minute,
    /// `2026-01-15T08:00:12`
    Second,
    /// `2026-01-15T08:00:12.345`
    Millisecond,
}

/// A FHIR date, dateTime or instant: the interval of time that its writing stands for.
///
/// Without an offset it is legal time of Paris (D14). `2026-01-15` is that whole day in
/// Paris: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// First millisecond of the interval.
    pub start: Instant,
    /// First millisecond after the interval.
    pub end: Instant,
    /// How it was written.
    pub precision: Precision,
}

/// A text that is no FHIR date, dateTime or instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date: expected AAAA, AAAA-MM, AAAA-MM-JJ or AAAA-MM-JJThh:mm[:ss[.sss]][±hh:mm|Z]")]
pub struct DateTimeError;

/// The legal time of Paris (D14), from the copy of the time zone table inside the program.
pub fn paris() -> TimeZone {
    static PARIS: std::sync::OnceLock<TimeZone> = std::sync::OnceLock::new();
    PARIS.get_or_init(|| TimeZone::get("Europe/Paris").expect("the bundled table holds Europe/Paris")).clone()
}

/// What clocks show at that instant in the zone of that name (`Indian/Reunion`), as milliseconds
/// since they showed 1970-01-01T00:00; a name that is no zone is read as Paris.
///
/// ```
/// use ror_fhir::{DateTime, local_time};
/// let noon = DateTime::parse("2026-01-15T12:00Z").unwrap().start;
/// assert_eq!(local_time(noon, "Europe/Paris") - noon, 3_600_000);
/// assert_eq!(local_time(noon, "America/Cayenne") - noon, -3 * 3_600_000);
/// ```
pub fn local_time(instant: Instant, zone: &str) -> Instant {
    let zone = if zone == "Europe/Paris" { paris() } else { TimeZone::get(zone).unwrap_or_else(|_| paris()) };
    let Ok(timestamp) = jiff::Timestamp::from_millisecond(instant) else { return instant };
    instant + Instant::from(zone.to_offset(timestamp).seconds()) * 1_000
}

impl DateTime {
    /// Reads a date as FHIR R4 §2.24.0.1 writes it; seconds and offset may be missing (D14).
    ///
    /// # Errors
    /// [`DateTimeError`] for another shape or a day that does not exist.
    ///
    /// ```
    /// use ror_fhir::DateTime;
    /// let day = DateTime::parse("2026-01-15").unwrap();
    /// assert_eq!(day.end - day.start, 86_400_000);
    /// assert!(DateTime::parse("2026-02-30").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, DateTimeError> {
        read(text).ok_or(DateTimeError)
    }

    /// An instant of its own: one millisecond.
    pub const fn at(instant: Instant) -> Self {
        Self { start: instant, end: instant + 1, precision: Precision::Millisecond }
    }

    /// An instant as `meta.lastUpdated` shows it: to the second, with the offset of Paris (D14).
    pub fn format_instant(instant: Instant) -> String {
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(instant) else {
            return String::new();
        };
        timestamp.to_zoned(paris()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

fn read(text: &str) -> Option<DateTime> {
    if !text.is_ascii() {
        return None;
    }
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map(|part| digits(part, 2).ok_or(())).transpose().ok()?;
    let day = parts.next().map(|part| digits(part, 2).ok_or(())).transpose().ok()?;
    if parts.next().is_some() {
        return None;
    }
    let first = civil::Date::new(year, month.unwrap_or(1) as i8, day.unwrap_or(1) as i8).ok()?;
    if let Some(time) = time {
        day?;
        return read_time(first, time);
    }
    let (last, precision) = match (month, day) {
        (None, _) => (first.checked_add(jiff::Span::new().years(1)).ok()?, Precision::Year),
        (_, None) => (first.checked_add(jiff::Span::new().months(1)).ok()?, Precision::Month),
        _ => (first.tomorrow().ok()?, Precision::Day),
    };
    Some(DateTime { start: midnight(first)?, end: midnight(last)?, precision })
}

fn read_time(date: civil::Date, text: &str) -> Option<DateTime> {
    let (clock, offset) = split_offset(text)?;
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 2)?;
    let minute = digits(parts.next()?, 2)?;
    let (second, millisecond, precision, width) = match parts.next() {
        None => (0, 0, Precision::Minute, 60_000),
        Some(part) => match part.split_once('.') {
            None => (digits(part, 2)?, 0, Precision::Second, 1_000),
            Some((second, fraction)) => (digits(second, 2)?, milliseconds(fraction)?, Precision::Millisecond, 1),
        },
    };
    if parts.next().is_some() {
        return None;
    }
    let time = civil::Time::new(hour as i8, minute as i8, second as i8, i32::from(millisecond) * 1_000_000).ok()?;
    let zone = match offset {
        Some(seconds) => TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).ok()?),
        None => paris(),
    };
    let start = date.to_datetime(time).to_zoned(zone).ok()?.timestamp().as_millisecond();
    Some(DateTime { start, end: start + width, precision })
}

/// Splits `08:00+01:00` into the clock and the offset in seconds; no offset is `None`.
fn split_offset(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.find(['+', '-']) else {
        return Some((text, None));
    };
    let (clock, offset) = text.split_at(at);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset[1..].split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    Some((clock, Some(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))))
}

fn milliseconds(fraction: &str) -> Option<i16> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{fraction:0<3}")[..3].parse().ok()
}

fn digits(text: &str, count: usize) -> Option<i16> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn midnight(date: civil::Date) -> Option<Instant> {
    Some(date.to_zoned(paris()).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_offset_is_legal_time_of_paris() {
        let winter = DateTime::parse("2026-01-15T08:00").expect("valid");
        let summer = DateTime::parse("2026-07-15T08:00").expect("valid");
        assert_eq!(winter.start, DateTime::parse("2026-01-15T07:00:00Z").expect("valid").start);
        assert_eq!(summer.start, DateTime::parse("2026-07-15T08:00:00+02:00").expect("valid").start);
        assert_eq!(DateTime::format_instant(winter.start), "2026-01-15T08:00:00+01:00");
    }

    #[test]
    fn a_partial_date_is_its_whole_interval() {
        let day = 86_400_000;
        let cases = [("2024", 366 * day), ("2026", 365 * day), ("2026-02", 28 * day), ("2026-01-15", day)];
        for (text, width) in cases {
            let read = DateTime::parse(text).expect("valid");
            assert_eq!(read.end - read.start, width, "{text}");
        }
        // The day the clocks go forward is one hour short.
        let short = DateTime::parse("2026-03-29").expect("valid");
        assert_eq!(short.end - short.start, day - 3_600_000);
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in [
            "",
            "26",
            "2026-1",
            "2026-13",
            "2026-02-30",
            "2026-01-15T",
            "2026-01-15T8:00",
            "2026-01T08:00",
            "2026-01-15T25:00",
            "2026-01-15T08:00+1:00",
            "2026-01-15T08:00:00.",
            "15/01/2026",
            "2026-01-15-01",
            "é",
        ] {
            assert!(DateTime::parse(text).is_err(), "{text}");
        }
    }
}
