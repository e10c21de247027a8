//! What a suggestion says and which events it hands over, worked by hand, and its wording.

use super::{bank, book, day};
use poolbook::audit::reconcile::{
    BookLine, Explanation, FAULTS, Input, OtherAccount, Place, REASONS, Settings, StatementLine,
    SuggestInput, Suggestion, causes, explain_gap, match_lines, reconciliation, suggest,
};
use poolbook::domain::money::Total;
use serde_json::{Value, json};

const ENGLISH: &str = include_str!("../../src/report/locale/en.ftl");
const CHINESE: &str = include_str!("../../src/report/locale/zh-CN.ftl");

/// Suggestions of account A at the year's end, and what explains the difference of the balances.
fn of(
    statement: &[StatementLine],
    book: &[BookLine],
    others: &[OtherAccount<'_>],
    event: &Value,
) -> (Vec<Vec<Suggestion>>, Explanation) {
    let settings = Settings::default();
    let matching = match_lines(statement, book, &[], &settings);
    let input = Input {
        last_day: day("12-31"),
        statement,
        book,
        statement_opening: Total::ZERO,
        book_opening: Total::ZERO,
        statement_closing: None,
    };
    let form = reconciliation(&input, &matching);
    let by_entry = |_| Some(event.clone());
    let input = SuggestInput {
        bank_account: "A",
        owner: "410821",
        last_day: day("12-31"),
        statement,
        book,
        matching: &matching,
        items: &form.items,
        others,
        event: &by_entry,
        settings: &settings,
    };
    let all = suggest(&input);
    let gap = i64::try_from(form.difference.0).unwrap();
    let explanation = explain_gap(gap, &causes(&input, &all), &settings);
    (all, explanation)
}

fn paid() -> Value {
    json!({
        "event": "pay-subsidy", "id": "pay-7", "date": "2017-11-05", "owner": "410821",
        "bank_account": "A", "amount": "1234.00", "subsidy": "s-7", "maker": "张会计",
        "checker": "李复核",
    })
}

#[test]
fn the_wrong_entry_is_reversed_and_recorded_again() {
    let mut wrong = book("11-05", "-1234.00", 7);
    wrong.owner = "410821".into();
    let (all, explanation) = of(&[bank("11-06", "-1243.00")], &[wrong], &[], &paid());
    let first = &all[0][0];
    assert_eq!(first.fault, "transposed-digits");
    assert_eq!(first.involved, [Place::Statement(0), Place::Book(0)]);
    let told =
        |name| first.evidence.iter().find(|(own, _)| *own == name).map(|(_, text)| &text[..]);
    assert_eq!((told("digits"), told("difference")), (Some("43 → 34"), Some("9.00")));
    assert_eq!((told("bank_amount"), told("entry")), (Some("-1,243.00"), Some("7")));
    let reason = "金额记错：账面 -1,234.00，银行 -1,243.00";
    let draft = json!([
        {"event": "reverse", "id": "reverse-7", "date": "2017-11-05", "owner": "410821",
            "entry": 7, "reason": reason},
        {"event": "pay-subsidy", "id": "pay-7-7-again", "date": "2017-11-05", "owner": "410821",
            "bank_account": "A", "amount": "1243.00", "subsidy": "s-7"},
    ]);
    assert_eq!(first.draft.as_ref(), Some(&draft));
    assert_eq!(first.missing, [""; 0]);
    // Both lines have the same first suggestion, so one cause explains the 9.00.
    assert_eq!(all[1][0].fault, "transposed-digits");
    assert_eq!((explanation.sets.len(), explanation.is_complete), (1, true));
}

#[test]
fn a_payment_sent_back_names_its_subsidy() {
    let mut back = bank("11-09", "1234.00");
    back.memo = "退票：户名不符".into();
    let mut entry = book("11-05", "-1234.00", 7);
    entry.owner = "410821".into();
    let (all, _) = of(&[bank("11-06", "-1234.00"), back], &[entry], &[], &paid());
    assert_eq!((all.len(), all[0][0].fault), (1, "returned-payment"));
    let draft = json!([{
        "event": "return-subsidy", "id": "return-subsidy-2017-11-09-row0", "date": "2017-11-09",
        "owner": "410821", "bank_account": "A", "amount": "1234.00", "memo": "退票：户名不符",
        "reason": "退票：户名不符", "subsidy": "s-7",
    }]);
    assert_eq!(all[0][0].draft.as_ref(), Some(&draft));
}

#[test]
fn a_move_the_wrong_way_is_turned_round() {
    let event = json!({
        "event": "move", "id": "m", "date": "2017-11-05", "owner": "410821", "amount": "50.00",
        "from_bank_account": "A", "to_bank_account": "B",
    });
    let (all, _) = of(&[bank("11-05", "50.00")], &[book("11-05", "-50.00", 3)], &[], &event);
    assert_eq!(all[0][0].fault, "wrong-sign");
    let again = &all[0][0].draft.as_ref().unwrap()[1];
    assert_eq!(
        (&again["from_bank_account"], &again["to_bank_account"]),
        (&json!("B"), &json!("A"))
    );
}

#[test]
fn the_other_account_gets_the_entry() {
    let mut far = book("11-05", "-1234.00", 7);
    far.owner = "410822".into();
    let matching = match_lines(&[], std::slice::from_ref(&far), &[], &Settings::default());
    let other = OtherAccount {
        bank_account: "B",
        owner: "410822",
        statement: &[],
        book: std::slice::from_ref(&far),
        matching: &matching,
    };
    let mut event = paid();
    event["bank_account"] = "B".into();
    event["owner"] = "410822".into();
    let (all, _) = of(&[bank("11-06", "-1234.00")], &[], &[other], &event);
    assert_eq!(all[0][0].fault, "other-account");
    assert_eq!(all[0][0].involved, [Place::Statement(0), Place::OtherBook(0, 0)]);
    let again = &all[0][0].draft.as_ref().unwrap()[1];
    assert_eq!((&again["bank_account"], &again["owner"]), (&json!("A"), &json!("410821")));
}

#[test]
fn a_charge_and_an_unknown_receipt_are_ready_to_record() {
    let mut fee = bank("11-06", "-15.00");
    (fee.memo, fee.id) = ("账户管理费".into(), "abc".into());
    let (all, explanation) = of(&[fee, bank("11-20", "777.00")], &[], &[], &paid());
    let drafts: Vec<&Value> = all.iter().map(|all| &all[0].draft.as_ref().unwrap()[0]).collect();
    assert_eq!(
        (&drafts[0]["event"], &drafts[0]["amount"]),
        (&json!("unknown-receipt"), &json!("777.00"))
    );
    assert_eq!(
        (&drafts[1]["event"], &drafts[1]["id"]),
        (&json!("bank-charge"), &json!("bank-charge-abc"))
    );
    // 777.00 - 15.00: two causes, and no single one.
    assert_eq!((explanation.sets, explanation.searched), (vec![vec![0, 1]], 2));
}

#[test]
fn every_fault_and_reason_has_its_words() {
    for text in [ENGLISH, CHINESE] {
        let has = |key: String| text.contains(&format!("\n{key} = "));
        for word in FAULTS.iter().chain(REASONS).chain(&["matched", "proposed"]) {
            assert!(has(format!("word-{word}")), "{word}");
        }
        FAULTS.iter().for_each(|fault| assert!(has(format!("suggest-{fault}")), "{fault}"));
    }
}

/// What the wording of a fault asks for, in both languages.
pub fn arguments(fault: &str) -> Vec<String> {
    let mut names = Vec::new();
    for text in [ENGLISH, CHINESE] {
        let start = text.find(&format!("\nsuggest-{fault} = ")).unwrap() + 1;
        let message = text[start..].split("\nsuggest-").next().unwrap();
        let message = message.split("\n#").next().unwrap();
        let message = message.split("\n\n").next().unwrap();
        let name = |part: &str| {
            part.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().map(str::to_owned)
        };
        names.extend(message.split('$').skip(1).filter_map(name));
    }
    assert!(!names.is_empty(), "{fault}");
    names
}
