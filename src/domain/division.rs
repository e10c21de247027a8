//! Division codes (行政区划代码, GB/T 2260) of the owners of pools.
//!
//! Jiaozuo's divisions are built in, the retired codes among them, because old lists still carry
//! those. Books of other cities and countries give name and kind themselves.

use crate::domain::event::OwnerKind;
use crate::problem::Problem;
use compact_str::CompactString;

/// Whether a code may still name an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In force.
    InForce,
    /// Replaced by another code.
    Retired(&'static str),
    /// Stands in code lists for counting only.
    Placeholder,
}

/// One division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Six digits.
    pub code: &'static str,
    /// Full name.
    pub name: &'static str,
    /// Kind; it decides the split between city and owner.
    pub kind: OwnerKind,
    /// Whether it may name an owner.
    pub standing: Standing,
}

const fn row(code: &'static str, name: &'static str, kind: OwnerKind) -> Division {
    Division { code, name, kind, standing: Standing::InForce }
}

const fn gone(
    code: &'static str,
    name: &'static str,
    kind: OwnerKind,
    standing: Standing,
) -> Division {
    Division { code, name, kind, standing }
}

/// The divisions of Jiaozuo. 410871 is a code of the statistics bureau, not of GB/T 2260; the zone
/// has a finance office of its own and may own a pool.
pub const JIAOZUO: &[Division] = &[
    row("410800", "焦作市", OwnerKind::City),
    gone("410801", "市辖区", OwnerKind::District, Standing::Placeholder),
    row("410802", "解放区", OwnerKind::District),
    row("410803", "中站区", OwnerKind::District),
    row("410804", "马村区", OwnerKind::District),
    row("410811", "山阳区", OwnerKind::District),
    row("410821", "修武县", OwnerKind::County),
    row("410822", "博爱县", OwnerKind::County),
    row("410823", "武陟县", OwnerKind::County),
    gone("410824", "沁阳县", OwnerKind::County, Standing::Retired("410882 沁阳市")),
    row("410825", "温县", OwnerKind::County),
    gone("410826", "孟县", OwnerKind::County, Standing::Retired("410883 孟州市")),
    row("410871", "焦作城乡一体化示范区", OwnerKind::Zone),
    gone("410881", "济源市", OwnerKind::CountyCity, Standing::Retired("419001 济源市")),
    row("410882", "沁阳市", OwnerKind::CountyCity),
    row("410883", "孟州市", OwnerKind::CountyCity),
];

/// The built-in division of a code.
pub fn find(code: &str) -> Option<&'static Division> {
    JIAOZUO.iter().find(|division| division.code == code)
}

fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Name and kind of an owner that joins the book of `city`. A built-in code fills in what is not
/// given; otherwise the name defaults to the code, and the kind to `county` where the city's own
/// code is no division code (a book of another country).
///
/// # Errors
/// `division-other-city`, `division-retired` (with what replaced it), `division-placeholder`,
/// `division-unknown`, `owner-name-differs`, `owner-kind-differs` or `owner-kind-missing`.
pub fn check_owner(
    city: &str,
    code: &str,
    name: Option<&str>,
    kind: Option<OwnerKind>,
) -> Result<(CompactString, OwnerKind), Problem> {
    let refused = |what| Problem::refused(what).with("owner", code).in_column("owner");
    let numbered = is_code(city);
    if numbered && is_code(code) && code.get(..4) != city.get(..4) {
        return Err(refused("division-other-city").with("city", city));
    }
    let division = if numbered { find(code) } else { None };
    if let Some(division) = division {
        return check_built_in(division, name, kind);
    }
    // A zone is the only owner that a city with a built-in list may add to it.
    if find(city).is_some() && numbered && kind != Some(OwnerKind::Zone) {
        let names = JIAOZUO.iter().map(|division| division.code);
        let near = crate::domain::field::nearest(code, names).unwrap_or("-");
        return Err(refused("division-unknown").with("city", city).with("nearest", near));
    }
    let is_city = code == city;
    let kind = match kind {
        Some(kind) if (kind == OwnerKind::City) == is_city => kind,
        Some(kind) => {
            let expected = if is_city { "city" } else { "county, county-city, district, zone" };
            return Err(differs("owner-kind-differs", code, expected, kind.code(), "kind"));
        }
        None if is_city => OwnerKind::City,
        None if !numbered => OwnerKind::County,
        None => {
            let problem = Problem::refused("owner-kind-missing").with("owner", code);
            return Err(problem.in_column("kind").with("field", "kind"));
        }
    };
    Ok((CompactString::new(name.unwrap_or(code)), kind))
}

fn check_built_in(
    division: &Division,
    name: Option<&str>,
    kind: Option<OwnerKind>,
) -> Result<(CompactString, OwnerKind), Problem> {
    let Division { code, name: known, kind: known_kind, standing } = *division;
    let refused = |what| Problem::refused(what).with("owner", code).with("name", known);
    match standing {
        Standing::InForce => {}
        Standing::Retired(now) => {
            return Err(refused("division-retired").with("now", now).in_column("owner"));
        }
        Standing::Placeholder => return Err(refused("division-placeholder").in_column("owner")),
    }
    // A short or foreign name is the book's own business; another division's name is a mix-up.
    let is_other =
        |given: &&str| JIAOZUO.iter().any(|other| other.name == *given && other.code != code);
    if let Some(given) = name.filter(is_other) {
        return Err(differs("owner-name-differs", code, known, given, "name"));
    }
    if let Some(given) = kind.filter(|given| *given != known_kind) {
        let (expected, given) = (known_kind.code(), given.code());
        return Err(differs("owner-kind-differs", code, expected, given, "kind"));
    }
    Ok((CompactString::new(name.unwrap_or(known)), known_kind))
}

fn differs(
    what: &'static str,
    code: &str,
    expected: &str,
    given: &str,
    column: &'static str,
) -> Problem {
    Problem::refused(what)
        .with("owner", code)
        .with("expected", expected)
        .with("given", given)
        .in_column(column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use OwnerKind::{City, County, CountyCity, District, Zone};

    #[test]
    fn fills_in_what_is_built_in() {
        for (code, name, kind) in [
            ("410821", "修武县", County),
            ("410883", "孟州市", CountyCity),
            ("410811", "山阳区", District),
            ("410871", "焦作城乡一体化示范区", Zone),
            ("410800", "焦作市", City),
        ] {
            assert_eq!(check_owner("410800", code, None, None), Ok((name.into(), kind)));
            assert_eq!(
                check_owner("410800", code, Some(name), Some(kind)),
                Ok((name.into(), kind))
            );
        }
        let new_zone = check_owner("410800", "410872", Some("新区"), Some(Zone));
        assert_eq!(new_zone, Ok(("新区".into(), Zone)));
    }

    #[test]
    fn other_books_name_their_owners_themselves() {
        assert_eq!(check_owner("US", "UT", None, None), Ok(("UT".into(), County)));
        let kept = check_owner("US", "UT", Some("Utah"), Some(District));
        assert_eq!(kept, Ok(("Utah".into(), District)));
        assert_eq!(check_owner("US", "US", None, None), Ok(("US".into(), City)));
        let xinxiang = check_owner("410700", "410782", Some("辉县市"), Some(CountyCity));
        assert_eq!(xinxiang, Ok(("辉县市".into(), CountyCity)));
        // 济源 stands directly under the province now, with a book of its own.
        assert_eq!(
            check_owner("419001", "419001", Some("济源市"), None),
            Ok(("济源市".into(), City))
        );
    }

    #[test]
    fn refuses_by_name() {
        let told = |city, code, name, kind| check_owner(city, code, name, kind).unwrap_err();
        let retired = told("410800", "410881", Some("济源市"), None);
        assert_eq!((retired.code, retired.arg("now")), ("division-retired", Some("419001 济源市")));
        assert_eq!(told("410800", "410824", None, None).arg("now"), Some("410882 沁阳市"));
        assert_eq!(told("410800", "410801", None, None).code, "division-placeholder");
        assert_eq!(told("410800", "410782", None, None).code, "division-other-city");
        assert_eq!(told("410800", "410828", None, None).code, "division-unknown");
        assert_eq!(told("410800", "410821", Some("武陟县"), None).code, "owner-name-differs");
        let named = check_owner("410800", "410821", Some("修武"), None).unwrap();
        assert_eq!(named, ("修武".into(), County));
        assert_eq!(told("410800", "410821", None, Some(District)).code, "owner-kind-differs");
        assert_eq!(told("410700", "410782", None, None).code, "owner-kind-missing");
        assert_eq!(told("410700", "410782", None, Some(City)).code, "owner-kind-differs");
        assert_eq!(told("410800", "XIUWU", Some("修武"), None).code, "division-unknown");
    }
}
