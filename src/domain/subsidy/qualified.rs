//! On which days a firm holds a qualification.

use crate::domain::calendar::{Date, Period};
use crate::domain::registry::Qualification;
use crate::domain::text::Id;

/// The days on which a firm holds one of `kinds` (any where none is named), in order and apart, by
/// what was told of it in the order of recording: what was lost stays lost until it is granted anew.
pub fn held<'q>(told: impl Iterator<Item = &'q Qualification>, kinds: &[Id]) -> Vec<Period> {
    let mut granted: Vec<(&Id, Period)> = Vec::new();
    for told in told.filter(|told| !told.reversed) {
        match (&told.qualification, told.to) {
            (Some(kind), Some(to)) => granted.push((kind, Period { from: told.from, to })),
            (lost, _) => {
                let hit = |kind: &Id| lost.as_ref().is_none_or(|lost| lost == kind);
                for (_, days) in granted.iter_mut().filter(|(kind, _)| hit(kind)) {
                    days.to = days.to.min(told.from).max(days.from);
                }
            }
        }
    }
    let counts = |kind: &Id| kinds.is_empty() || kinds.contains(kind);
    let days = granted.into_iter().filter(|(kind, days)| counts(kind) && !days.is_empty());
    let mut days: Vec<Period> = days.map(|(_, days)| days).collect();
    days.sort_by_key(|days| days.from);
    days.dedup_by(|next, before| {
        let joins = next.from <= before.to;
        if joins {
            before.to = before.to.max(next.to);
        }
        joins
    });
    days
}

/// True when one of the stretches holds a day.
pub fn on(days: &[Period], day: Date) -> bool {
    days.iter().any(|days| days.contains(day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;

    fn told(kind: Option<&str>, from: &str, to: Option<&str>) -> Qualification {
        let day = |text: &str| parse_date(text).unwrap();
        let id = |text: &str| Id::parse(text).unwrap();
        Qualification {
            id: id(from),
            firm: id("FIRM"),
            qualification: kind.map(id),
            number: None,
            from: day(from),
            to: to.map(day),
            reversed: false,
        }
    }

    fn shown(told: &[Qualification], kinds: &[&str]) -> String {
        let kinds: Vec<Id> = kinds.iter().map(|kind| Id::parse(kind).unwrap()).collect();
        let days = held(told.iter(), &kinds);
        let days: Vec<String> =
            days.iter().map(|days| format!("{}..{}", days.from, days.to)).collect();
        days.join(" ")
    }

    #[test]
    fn certificates_follow_each_other_and_are_lost() {
        let mut list = vec![
            told(Some("sme"), "2024-01-01", Some("2024-07-01")),
            told(Some("sme"), "2024-07-01", Some("2025-01-01")),
            told(Some("high-tech"), "2024-03-01", Some("2024-04-01")),
        ];
        assert_eq!(shown(&list, &["sme"]), "2024-01-01..2025-01-01");
        assert_eq!(shown(&list, &["high-tech"]), "2024-03-01..2024-04-01");
        list.push(told(Some("sme"), "2024-05-10", None));
        assert_eq!(shown(&list, &["sme"]), "2024-01-01..2024-05-10");
        list.push(told(None, "2024-02-01", None));
        assert_eq!(shown(&list, &[]), "2024-01-01..2024-02-01");
        list.push(told(Some("sme"), "2024-06-01", Some("2024-08-01")));
        assert_eq!(shown(&list, &[]), "2024-01-01..2024-02-01 2024-06-01..2024-08-01");
        list[4].reversed = true;
        list[3].reversed = true;
        assert_eq!(shown(&list, &["sme", "high-tech"]), "2024-01-01..2025-01-01");
    }
}
