//! Dates and times by Go's layouts, which show how the second of January 2006 would be written.

use std::fmt::Write;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// A date and a time of day, in a zone that is so many seconds east.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: u32,
    pub(super) day: u32,
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    pub(super) nanosecond: u32,
    pub(super) east: i64,
}

/// How many days a month has; none if there is no such month.
pub(super) fn days_in_month(year: i64, month: u32) -> Option<u32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    })
}

/// Days since 1970-01-01.
fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = i64::from((month + 9) % 12);
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl Civil {
    /// The seconds since 1970.
    pub(super) fn seconds(&self) -> i64 {
        let days = days(self.year, self.month, self.day);
        let time =
            i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days.saturating_mul(86_400).saturating_add(time) - self.east
    }

    /// What seconds since 1970 are in UTC.
    pub(super) fn of_seconds(seconds: i64, nanosecond: u32) -> Self {
        let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let shifted = days.saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let small = |value: i64| u32::try_from(value).unwrap_or(0);
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: small(month),
            day: small(day),
            hour: small(time / 3600),
            minute: small(time / 60 % 60),
            second: small(time % 60),
            nanosecond,
            east: 0,
        }
    }

    /// The day of the week, from Sunday.
    pub(super) fn weekday(&self) -> usize {
        let days = days(self.year, self.month, self.day);
        usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0)
    }

    /// The day of the year, from 1.
    pub(super) fn day_of_year(&self) -> i64 {
        days(self.year, self.month, self.day) - days(self.year, 1, 1) + 1
    }
}

/// The parts of layouts; of those that begin alike, the longer one first.
const PARTS: [&str; 33] = [
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "2006",
    "-07:00:00",
    "-070000",
    "-07:00",
    "-0700",
    "-07",
    "Z07:00:00",
    "Z070000",
    "Z07:00",
    "Z0700",
    "Z07",
    "002",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "__2",
    "_2006",
    "_2",
    "15",
    "PM",
    "pm",
    "1",
    "2",
    "3",
    "4",
];

/// The first part of a layout: what is before it, the part, what follows.
fn next_part(layout: &str) -> (&str, &str, &str) {
    for (at, _) in layout.char_indices() {
        let rest = layout.get(at..).unwrap_or_default();
        let before = layout.get(..at).unwrap_or_default();
        // `Jan` begins no longer word, and `_2006` is an underscore and a year.
        let found = PARTS
            .into_iter()
            .chain(["5"])
            .find(|part| rest.starts_with(part));
        if let Some(part) = found {
            let tail = rest.get(part.len()..).unwrap_or_default();
            if matches!(part, "Jan" | "Mon") && tail.starts_with(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            if part == "_2006" {
                continue;
            }
            return (before, part, tail);
        }
        if rest.starts_with(['.', ',']) {
            let digits = rest.get(1..).unwrap_or_default();
            let zeros = digits.len() - digits.trim_start_matches('0').len();
            let nines = digits.len() - digits.trim_start_matches('9').len();
            let count = zeros.max(nines);
            let tail = digits.get(count..).unwrap_or_default();
            if count > 0 && !tail.starts_with(|c: char| c.is_ascii_digit()) {
                return (before, rest.get(..=count).unwrap_or_default(), tail);
            }
        }
    }
    (layout, "", "")
}

/// A date by a layout.
pub(super) fn format(time: &Civil, layout: &str) -> String {
    let mut out = String::new();
    let mut rest = layout;
    loop {
        let (before, part, tail) = next_part(rest);
        out.push_str(before);
        if part.is_empty() {
            return out;
        }
        format_part(&mut out, time, part);
        rest = tail;
    }
}

fn format_part(out: &mut String, time: &Civil, part: &str) {
    let month = MONTHS
        .get(time.month.saturating_sub(1) as usize)
        .copied()
        .unwrap_or_default();
    let day = DAYS.get(time.weekday()).copied().unwrap_or_default();
    let half = match time.hour % 12 {
        0 => 12,
        hour => hour,
    };
    let short = |name: &'static str| name.get(..3).unwrap_or_default();
    let _ = match part {
        "2006" => write!(out, "{:04}", time.year),
        "06" => write!(out, "{:02}", time.year.rem_euclid(100)),
        "January" => write!(out, "{month}"),
        "Jan" => write!(out, "{}", short(month)),
        "01" => write!(out, "{:02}", time.month),
        "1" => write!(out, "{}", time.month),
        "Monday" => write!(out, "{day}"),
        "Mon" => write!(out, "{}", short(day)),
        "02" => write!(out, "{:02}", time.day),
        "_2" => write!(out, "{:2}", time.day),
        "2" => write!(out, "{}", time.day),
        "002" => write!(out, "{:03}", time.day_of_year()),
        "__2" => write!(out, "{:3}", time.day_of_year()),
        "15" => write!(out, "{:02}", time.hour),
        "03" => write!(out, "{half:02}"),
        "3" => write!(out, "{half}"),
        "04" => write!(out, "{:02}", time.minute),
        "4" => write!(out, "{}", time.minute),
        "05" => write!(out, "{:02}", time.second),
        "5" => write!(out, "{}", time.second),
        "PM" => write!(out, "{}", if time.hour >= 12 { "PM" } else { "AM" }),
        "pm" => write!(out, "{}", if time.hour >= 12 { "pm" } else { "am" }),
        "MST" => write!(out, "{}", zone_name(time.east)),
        _ if part.starts_with(['.', ',']) => {
            fraction(out, time, part);
            Ok(())
        }
        _ => write!(out, "{}", zone(time.east, part)),
    };
}

fn fraction(out: &mut String, time: &Civil, part: &str) {
    let digits = format!("{:09}", time.nanosecond);
    let kept = digits.get(..(part.len() - 1).min(9)).unwrap_or_default();
    if part.contains('9') {
        let trimmed = kept.trim_end_matches('0');
        if !trimmed.is_empty() {
            out.push_str(part.get(..1).unwrap_or_default());
            out.push_str(trimmed);
        }
    } else {
        out.push_str(part.get(..1).unwrap_or_default());
        out.push_str(kept);
    }
}

fn zone_name(east: i64) -> String {
    if east == 0 {
        "UTC".to_owned()
    } else {
        zone(east, if east % 3600 == 0 { "-07" } else { "-0700" })
    }
}

fn zone(east: i64, part: &str) -> String {
    if part.starts_with('Z') && east == 0 {
        return "Z".to_owned();
    }
    let sign = if east < 0 { '-' } else { '+' };
    let size = east.abs();
    let (hours, minutes, seconds) = (size / 3600, size / 60 % 60, size % 60);
    match part.get(1..).unwrap_or_default() {
        "07:00:00" => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
        "070000" => format!("{sign}{hours:02}{minutes:02}{seconds:02}"),
        "07:00" => format!("{sign}{hours:02}:{minutes:02}"),
        "0700" => format!("{sign}{hours:02}{minutes:02}"),
        _ => format!("{sign}{hours:02}"),
    }
}

/// Reads a date by a layout; none if it does not fit.
pub(super) fn parse(layout: &str, text: &str) -> Option<Civil> {
    let mut time = Civil {
        month: 1,
        day: 1,
        ..Civil::default()
    };
    let (mut afternoon, mut day_of_year) = (None, None);
    let (mut layout, mut rest) = (layout, text);
    loop {
        let (before, part, tail) = next_part(layout);
        rest = literal(rest, before)?;
        if part.is_empty() {
            break;
        }
        rest = parse_part(&mut time, part, rest, (&mut afternoon, &mut day_of_year))?;
        // A fraction may follow the seconds though the layout has none.
        if matches!(part, "5" | "05") && !next_part(tail).1.starts_with(['.', ',']) {
            rest = parse_fraction(&mut time, rest);
        }
        layout = tail;
    }
    if !rest.is_empty() {
        return None;
    }
    if let Some(afternoon) = afternoon {
        time.hour = time.hour % 12 + if afternoon { 12 } else { 0 };
    }
    if let Some(day) = day_of_year {
        let seconds = Civil {
            month: 1,
            day: 1,
            ..time
        }
        .seconds()
            + (i64::from(day) - 1) * 86_400;
        let date = Civil::of_seconds(seconds + time.east, 0);
        (time.month, time.day) = (date.month, date.day);
    }
    let days = days_in_month(time.year, time.month)?;
    let fits =
        (1..=days).contains(&time.day) && time.hour < 24 && time.minute < 60 && time.second < 60;
    fits.then_some(time)
}

/// A layout's literal text; spaces stand for any number of them.
fn literal<'a>(text: &'a str, expected: &str) -> Option<&'a str> {
    let mut rest = text;
    let mut expected = expected;
    while let Some(character) = expected.chars().next() {
        if character == ' ' {
            if !rest.is_empty() && !rest.starts_with(' ') {
                return None;
            }
            expected = expected.trim_start_matches(' ');
            rest = rest.trim_start_matches(' ');
        } else {
            rest = rest.strip_prefix(character)?;
            expected = expected.get(character.len_utf8()..)?;
        }
    }
    Some(rest)
}

fn number(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let digits = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    if digits < least {
        return None;
    }
    let (digits, rest) = text.split_at(digits);
    Some((digits.parse().ok()?, rest))
}

fn name<'a>(text: &'a str, names: &[&str], length: Option<usize>) -> Option<(u32, &'a str)> {
    for (index, name) in names.iter().enumerate() {
        let name = length.map_or(*name, |length| name.get(..length).unwrap_or(name));
        let found = text
            .get(..name.len())
            .filter(|found| found.eq_ignore_ascii_case(name));
        if found.is_some() {
            return Some((u32::try_from(index).ok()? + 1, text.get(name.len()..)?));
        }
    }
    None
}

fn parse_part<'a>(
    time: &mut Civil,
    part: &str,
    text: &'a str,
    (afternoon, day_of_year): (&mut Option<bool>, &mut Option<u32>),
) -> Option<&'a str> {
    let set = |slot: &mut u32, (value, rest): (u32, &'a str)| {
        *slot = value;
        rest
    };
    Some(match part {
        "2006" => {
            let (year, rest) = number(text, 4, 4)?;
            time.year = i64::from(year);
            rest
        }
        "06" => {
            let (year, rest) = number(text, 2, 2)?;
            time.year = i64::from(year) + if year >= 69 { 1900 } else { 2000 };
            rest
        }
        "January" => set(&mut time.month, name(text, &MONTHS, None)?),
        "Jan" => set(&mut time.month, name(text, &MONTHS, Some(3))?),
        "01" => set(&mut time.month, number(text, 2, 2)?),
        "1" => set(&mut time.month, number(text, 1, 2)?),
        "Monday" => name(text, &DAYS, None)?.1,
        "Mon" => name(text, &DAYS, Some(3))?.1,
        "02" => set(&mut time.day, number(text, 2, 2)?),
        "_2" => set(
            &mut time.day,
            number(text.strip_prefix(' ').unwrap_or(text), 1, 2)?,
        ),
        "2" => set(&mut time.day, number(text, 1, 2)?),
        "002" | "__2" => {
            let (day, rest) = number(text.trim_start_matches(' '), 1, 3)?;
            *day_of_year = Some(day);
            rest
        }
        "15" | "03" => set(&mut time.hour, number(text, 2, 2)?),
        "3" => set(&mut time.hour, number(text, 1, 2)?),
        "04" => set(&mut time.minute, number(text, 2, 2)?),
        "4" => set(&mut time.minute, number(text, 1, 2)?),
        "05" => set(&mut time.second, number(text, 2, 2)?),
        "5" => set(&mut time.second, number(text, 1, 2)?),
        "PM" | "pm" => {
            let half = text.get(..2)?;
            let expected = if part == "PM" {
                ["AM", "PM"]
            } else {
                ["am", "pm"]
            };
            *afternoon = Some(expected.iter().position(|known| *known == half)? == 1);
            text.get(2..)?
        }
        "MST" => {
            let end = text.len()
                - text
                    .trim_start_matches(|c: char| c.is_ascii_uppercase())
                    .len();
            (3..=5).contains(&end).then(|| text.get(end..))??
        }
        _ if part.starts_with(['.', ',']) => parse_fraction(time, text),
        _ => parse_zone(time, part, text)?,
    })
}

fn parse_fraction<'a>(time: &mut Civil, text: &'a str) -> &'a str {
    let Some(rest) = text.strip_prefix(['.', ',']) else {
        return text;
    };
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return text;
    }
    let (digits, tail) = rest.split_at(count);
    let padded = format!("{digits:0<9}");
    time.nanosecond = padded
        .get(..9)
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0);
    tail
}

fn parse_zone<'a>(time: &mut Civil, part: &str, text: &'a str) -> Option<&'a str> {
    if part.starts_with('Z')
        && let Some(rest) = text.strip_prefix('Z')
    {
        time.east = 0;
        return Some(rest);
    }
    let negative = match text.chars().next()? {
        '-' => true,
        '+' => false,
        _ => return None,
    };
    let (hours, mut rest) = number(text.get(1..)?, 2, 2)?;
    let mut east = i64::from(hours) * 3600;
    for unit in [60, 1].into_iter().take(part.matches("00").count()) {
        if part.contains(':') {
            rest = rest.strip_prefix(':')?;
        }
        let (value, tail) = number(rest, 2, 2)?;
        east += i64::from(value) * unit;
        rest = tail;
    }
    time.east = if negative { -east } else { east };
    Some(rest)
}
