//! A day written year first, with or without a time after it.
//!
//! Banks write the time of a movement into the column of the day: `2017-10-09 09:12:33.0`,
//! `2017/10/09 下午 3:40`, `2017-10-09-09.15.22.418273`. The day is clear in all of them; the rest
//! must be a time, and is ignored.

use crate::domain::calendar::{Date, date};

/// The day of a text that begins with a year of four digits; `None` if anything is unclear. The
/// text is in half-width characters.
pub fn year_first(text: &str) -> Option<Date> {
    let text = text.trim();
    let (day, rest) = leading_day(text)?;
    let time = rest.trim_start_matches([' ', '\u{A0}', 'T', '-', '_', ':']);
    // A character separates day and time, or a word does: `9日09时`, `9上午`.
    let closed = text.strip_suffix(rest).is_some_and(|day| day.ends_with(['日', '号']));
    let parted = closed || time.len() < rest.len() || rest.starts_with(|c: char| !c.is_ascii());
    (rest.is_empty() || (parted && is_time(time))).then_some(day)
}

/// The day at the start of a text, and the text after it.
fn leading_day(text: &str) -> Option<(Date, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if matches!(digits, 8 | 12 | 14) {
        let of = |from: usize, to: usize| text.get(from..to)?.parse().ok();
        let day = date(text.get(..4)?.parse().ok()?, of(4, 6)?, of(6, 8)?).ok()?;
        let (clock, rest) = (text.get(8..digits)?, text.get(digits..)?);
        // A time without separators follows only a day without separators, and nothing follows the
        // time.
        let sound = clock.is_empty() || (rest.is_empty() && is_time(clock));
        return sound.then_some((day, rest));
    }
    let (year, rest) = number(text, 4, 4)?;
    let (month, rest) = number(rest.strip_prefix(['-', '/', '.', '年'])?, 1, 2)?;
    let (day, rest) = number(rest.strip_prefix(['-', '/', '.', '月'])?, 1, 2)?;
    let rest = rest.strip_prefix(['日', '号']).unwrap_or(rest);
    let day = date(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some((day, rest))
}

fn number(text: &str, least: usize, most: usize) -> Option<(i16, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(least..=most).contains(&length) {
        return None;
    }
    let (digits, rest) = text.split_at_checked(length)?;
    Some((digits.parse().ok()?, rest))
}

/// The half of the day that a word means.
#[derive(Clone, Copy, PartialEq)]
enum Half {
    Morning,
    Afternoon,
}

const HALVES: [(&str, Half); 10] = [
    ("上午", Half::Morning),
    ("凌晨", Half::Morning),
    ("早上", Half::Morning),
    ("AM", Half::Morning),
    ("A.M.", Half::Morning),
    ("下午", Half::Afternoon),
    ("中午", Half::Afternoon),
    ("晚上", Half::Afternoon),
    ("PM", Half::Afternoon),
    ("P.M.", Half::Afternoon),
];

/// Returns true if a text is a time of the day: `9:12`, `09.15.22.418273`, `9时12分33秒`,
/// `下午 3:40`, `091233`, with or without a fraction or a zone after it.
pub fn is_time(text: &str) -> bool {
    let text = text.trim().to_uppercase();
    let mut rest = text.as_str();
    let mut half = None;
    for (word, which) in HALVES {
        let bare = rest.strip_prefix(word).or_else(|| rest.strip_suffix(word));
        if let Some(bare) = bare {
            (rest, half) = (bare.trim(), Some(which));
            break;
        }
    }
    let Some((hour, minute, second)) = clock(rest) else { return false };
    let sound = minute < 60 && second <= 60;
    let hours = match half {
        // Twelve o'clock is written 12 in either half; some banks write 13:05 and the word as well.
        Some(Half::Morning) => 0..=12,
        Some(Half::Afternoon) => 1..=23,
        None => 0..=23,
    };
    let end_of_day = half.is_none() && (hour, minute, second) == (24, 0, 0);
    sound && (hours.contains(&hour) || end_of_day)
}

/// Hour, minute and second.
fn clock(text: &str) -> Option<(i16, i16, i16)> {
    let text = without_zone(text);
    if matches!(text.len(), 4 | 6) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let of = |from: usize| text.get(from..from + 2).map_or(Some(0), |part| part.parse().ok());
        return Some((of(0)?, of(2)?, of(4)?));
    }
    let (hour, rest) = number(text, 1, 2)?;
    let (minute, rest) = number(rest.strip_prefix([':', '.', '时', '点'])?, 1, 2)?;
    let rest = rest.strip_prefix('分').unwrap_or(rest);
    if rest.is_empty() {
        return Some((hour, minute, 0));
    }
    let (second, rest) = number(rest.strip_prefix([':', '.']).unwrap_or(rest), 1, 2)?;
    let rest = rest.strip_prefix('秒').unwrap_or(rest);
    let fraction = rest.strip_prefix(['.', ',', ':']);
    let is_fraction =
        |part: &str| (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (rest.is_empty() || fraction.is_some_and(is_fraction)).then_some((hour, minute, second))
}

/// A time without a trailing `Z` or `+08:00`.
fn without_zone(text: &str) -> &str {
    if let Some(bare) = text.strip_suffix('Z') {
        return bare;
    }
    let Some((bare, zone)) = text.rsplit_once('+') else { return text };
    let digits = zone.bytes().filter(u8::is_ascii_digit).count();
    let plain = zone.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    if plain && (2..=4).contains(&digits) { bare } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_may_carry_a_time() {
        let day = date(2017, 10, 9).unwrap();
        for text in [
            "2017-10-09",
            "2017/10/9",
            "2017.10.09",
            "20171009",
            "2017年10月9日",
            "2017-10-09 09:12:33",
            "2017-10-09  09:12",
            "2017-10-09\u{A0}9:12",
            "2017-10-09T09:12:33",
            "2017-10-09T09:12:33.273",
            "2017-10-09T09:12:33Z",
            "2017-10-09T09:12:33+08:00",
            "2017-10-09 09:12:33.0",
            "2017-10-09-09.15.22.418273",
            "2017-10-09 24:00:00",
            "2017.10.09 09:12",
            "20171009 09:12:33",
            "20171009 091233",
            "20171009091233",
            "201710090912",
            "2017年10月09日 09:12:33",
            "2017年10月09日09时12分",
            "2017年10月09日09时12分33秒",
            "2017年10月09日上午9:12",
            "2017/10/09 上午 09:12:33",
            "2017/10/09 下午 03:40:01",
            "2017/10/09 上午 12:00:00",
            "2017/10/09 下午 12:00",
            "2017/10/09 下午 15:40",
            "2017/10/9 3:40 PM",
        ] {
            assert_eq!(year_first(text), Some(day), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_with_a_time_is_none() {
        for text in [
            "",
            "17-10-09",
            "2017-10",
            "2017-10-0909:12",
            "2017-10-09 25:00",
            "2017-10-09 24:00:01",
            "2017-10-09 09:60",
            "2017-10-09 09:12:61",
            "2017-10-09 09:12:33.",
            "2017-10-09 09:12:33.1234567890",
            "2017-10-09 上午 13:00",
            "2017-10-09 下午 0:30",
            "2017-10-09 下午",
            "2017-10-09 x",
            "2017-10-09 12",
            "2017-02-30 09:12",
            "20170230",
            "201710099",
            "20171009091261",
            "2017100909123",
            "10-09-2017",
            "2017-10-09至2017-12-31",
            "2017-10-09-2017-12-31",
            "20171009-20171231",
            "2017/10/09-2017/12/31",
        ] {
            assert_eq!(year_first(text), None, "{text}");
        }
    }
}
