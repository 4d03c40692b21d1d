//! Dates: one time stamp in 2.4, spread over year, day and time in 2.3 and 2.2.

/// The parts of a date as 2.3 frames hold them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// `YYYY`
    pub year: String,
    /// `DDMM`, or empty.
    pub day_month: String,
    /// `HHMM`, or empty.
    pub hour_minute: String,
}

/// The time stamp that 2.3 frames state together. A part that is not well-formed, and what depends on it, is left out;
/// a year that is none is given as it is.
pub(crate) fn join(year: &str, day_month: Option<&str>, hour_minute: Option<&str>) -> String {
    let year = year.trim();
    let two = |text: Option<&str>| {
        let text = text?.trim();
        (text.len() == 4 && is_digits(text)).then(|| (text[..2].to_owned(), text[2..].to_owned()))
    };
    let mut date = year.to_owned();
    if year.len() == 4 && is_digits(year) {
        let Some((day, month)) = two(day_month) else { return date };
        date = format!("{date}-{month}-{day}");
    } else if !is_full_date(year) {
        return date;
    }
    if let Some((hour, minute)) = two(hour_minute) {
        date = format!("{date}T{hour}:{minute}");
    }
    date
}

/// The parts of a time stamp, if 2.3 frames can state it exactly: a year, a day, or a minute.
pub(crate) fn split(date: &str) -> Option<Parts> {
    if date.len() == 4 && is_digits(date) {
        return Some(Parts { year: date.to_owned(), ..Parts::default() });
    }
    let day = date.get(..10).filter(|day| is_full_date(day))?;
    let day_month = format!("{}{}", &day[8..10], &day[5..7]);
    let mut parts = Parts { year: day[..4].to_owned(), day_month, hour_minute: String::new() };
    match &date.as_bytes()[10..] {
        [] => Some(parts),
        [b'T', hour @ .., b':', _, _] if hour.len() == 2 => {
            let digits = format!("{}{}", &date[11..13], &date[14..16]);
            if !is_digits(&digits) {
                return None;
            }
            parts.hour_minute = digits;
            Some(parts)
        }
        _ => None,
    }
}

/// The year at the front of a date.
pub(crate) fn year(date: &str) -> Option<&str> {
    date.get(..4).filter(|year| is_digits(year))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_full_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn year_day_and_time_become_one_time_stamp_and_back() {
        for (date, year, day, time) in [
            ("2005", "2005", None, None),
            ("2005-06-07", "2005", Some("0706"), None),
            ("2005-06-07T08:09", "2005", Some("0706"), Some("0809")),
        ] {
            assert_eq!(join(year, day, time), date);
            let parts = split(date).expect(date);
            assert_eq!(parts.year, year);
            assert_eq!((!parts.day_month.is_empty()).then_some(parts.day_month.as_str()), day);
            assert_eq!((!parts.hour_minute.is_empty()).then_some(parts.hour_minute.as_str()), time);
        }
    }

    #[test]
    fn malformed_parts_are_left_out() {
        assert_eq!(join("2005", Some("junk"), Some("0809")), "2005");
        assert_eq!(join("2005-06-07", None, Some("0809")), "2005-06-07T08:09");
        assert_eq!(join("circa 1990", Some("0706"), None), "circa 1990");
        for date in ["", "2005-06", "20056", "2005-06-07T08:09:10", "2005-06-07 08:09", "äää5", "2005-06-07T8:009"] {
            assert_eq!(split(date), None, "{date}");
        }
    }
}
