//! Bank statements, good and bad.

use super::*;

const PLAIN: &str = "账号：,410000001\n期间,2017-03-01至2017-12-31\n期初余额,\"1,000.00\"\n\n\
    日期,摘要,对方,收入,支出,余额\n\
    2017-03-02,出资,财政局,\"2,000.00\",,\"3,000.00\"\n\
    2017-03-05,代偿,银行,-,500.50,2499.50\n\
    2017-03-05,利息,,0.50,,2500.00\n\
    合计,,,2000.50,500.50,2500.00\n说明,x,,,,\n";

fn read_text(text: &str) -> Result<Statement, Vec<Problem>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("2017.csv");
    std::fs::write(&path, text).unwrap();
    read_any(&path, "RISK-A", &Profile::built_in())
}

fn told(problems: &[Problem]) -> Vec<String> {
    let of = |problem: &Problem| {
        let gap = problem.arg("gap").or(problem.arg("expected")).unwrap_or("-");
        format!("{} {} {gap}", problem.code, problem.place.row.unwrap_or_default())
    };
    problems.iter().map(of).collect()
}

#[test]
fn the_program_knows_some_layouts_by_itself() {
    assert_eq!(Profile::built_in().len(), 9);
}

#[test]
fn movements_come_signed_and_in_the_order_of_time() {
    let statement = read_text(PLAIN).unwrap();
    assert!(statement.breaks.is_empty(), "{:?}", statement.breaks);
    assert_eq!(statement.number.as_deref(), Some("410000001"));
    assert_eq!(statement.opening.to_string(), "1000.00");
    assert_eq!(statement.closing.to_string(), "2500.00");
    assert_eq!(statement.from.unwrap().to_string(), "2017-03-01");
    assert_eq!(statement.to.unwrap().to_string(), "2017-12-31");
    let lines: Vec<String> = statement
        .lines
        .iter()
        .map(|line| format!("{} {} {} {}", line.row, line.date, line.amount, line.memo))
        .collect();
    assert_eq!(
        lines,
        ["6 2017-03-02 2000.00 出资", "7 2017-03-05 -500.50 代偿", "8 2017-03-05 0.50 利息"]
    );
    // The same rows with the newest first.
    let mut rows: Vec<&str> = PLAIN.lines().collect();
    rows[5..8].reverse();
    let reversed = read_text(&rows.join("\n")).unwrap();
    assert!(reversed.breaks.is_empty(), "{:?}", reversed.breaks);
    let amounts =
        |statement: &Statement| statement.lines.iter().map(|line| line.amount).collect::<Vec<_>>();
    assert_eq!(amounts(&reversed), amounts(&statement));
}

#[test]
fn breaks_name_the_row_and_the_gap() {
    let broken = |from: &str, to: &str| {
        assert!(PLAIN.contains(from));
        told(&read_text(&PLAIN.replacen(from, to, 1)).unwrap().breaks)
    };
    // One balance changed: the chain breaks before and after it.
    assert_eq!(
        broken("2499.50", "2499.51"),
        ["statement-arithmetic 7 0.01", "statement-arithmetic 8 -0.01"]
    );
    // A row left out.
    assert_eq!(
        broken("2017-03-05,代偿,银行,-,500.50,2499.50\n", ""),
        ["statement-arithmetic 7 -500.50", "statement-total 8 500.50"]
    );
    // The opening balance changed.
    assert_eq!(broken("\"1,000.00\"", "999.00"), ["statement-arithmetic 6 1.00"]);
    assert_eq!(broken("合计,,,2000.50", "合计,,,2000.51"), ["statement-total 9 0.01"]);
    assert_eq!(broken("2017-03-02", "2016-03-02"), ["statement-dates 6 -"]);
}

#[test]
fn rows_that_cannot_be_read_are_all_named() {
    let text = PLAIN.replace("0.50,,2500.00", "0.505,,").replace("2017-03-02", "2/3/2017");
    let problems = read_text(&text).unwrap_err();
    let of = |problem: &Problem| {
        let column = problem.place.column.clone().unwrap_or_default();
        format!("{} {} {column}", problem.place.row.unwrap(), problem.code)
    };
    let told: Vec<String> = problems.iter().map(of).collect();
    assert_eq!(told, ["6 date-no-format 日期", "8 statement-precision 收入"]);
    let both = read_text(&PLAIN.replace("\"2,000.00\",,", "\"2,000.00\",1.00,")).unwrap_err();
    assert_eq!(both.first().unwrap().code, "statement-both-sides");
    assert_eq!(read_text("a,b\n1,2\n").unwrap_err().first().unwrap().code, "profile-missing");
}

#[test]
fn a_statement_without_movements_keeps_its_opening_balance() {
    let statement = read_text("期初余额,12.00\n日期,摘要,收入,支出,余额\n").unwrap();
    assert_eq!(statement.closing.to_string(), "12.00");
    let empty = read_text("日期,摘要,收入,支出,余额\n").unwrap_err();
    assert_eq!(empty.first().unwrap().code, "statement-empty");
}

#[test]
fn signed_and_flagged_amounts() {
    let profile = |mode: &str, more: &str| {
        let text = format!(
            "profile = \"t\"\n[header]\nmatch = [\"date\", \"amount\"]\n[columns]\ndate = \"date\"\namount = \"amount\"\nbalance = \"balance\"\n{more}[amount]\nmode = \"{mode}\"\nprefix = [\"CNY\"]\n"
        );
        Profile::parse(&text)
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.csv");
    let closing = |text: &str, profile: &Profile| {
        std::fs::write(&path, text).unwrap();
        let statement = read(&path, "A", profile).unwrap();
        assert!(statement.breaks.is_empty());
        format!("{} {}", statement.opening, statement.closing)
    };
    let signed = profile("signed", "").unwrap();
    assert_eq!(
        closing(
            "date,amount,balance\n2017-01-01,+10000.00,\"CNY 10,000.00\"\n2017-01-02,-1.00,9999\n",
            &signed
        ),
        "0.00 9999.00"
    );
    let flagged = profile("flag", "flag = \"flag\"\n").unwrap();
    assert_eq!(
        closing("date,flag,amount,balance\n2017-01-01,贷 Cr,5,5\n2017-01-02,借 Dr,3,2\n", &flagged),
        "0.00 2.00"
    );
    assert_eq!(profile("flag", "").unwrap_err().code, "profile-column-missing");
}

/// The demonstration folder: every statement is consistent, and one printed figure of each layout
/// is checked.
#[test]
fn the_statements_of_a_whole_year_hold_together() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jiaozuo-2017");
    let folder = crate::intake::folder::read(&dir).unwrap();
    let mut profiles: Vec<Profile> =
        folder.profiles.iter().map(|path| Profile::read(path).unwrap()).collect();
    profiles.extend(Profile::built_in());
    let mut closing = std::collections::BTreeMap::new();
    for file in &folder.statements {
        let statement = read_any(&file.path, &file.bank_account, &profiles).unwrap();
        assert!(statement.breaks.is_empty(), "{}: {:?}", file.bank_account, statement.breaks);
        assert_eq!(statement.to.unwrap().to_string(), "2017-12-31");
        closing.insert(file.bank_account.clone(), statement.closing.to_string());
    }
    assert_eq!(closing["RISK-ICBC-410821"], "2627272.89");
    assert_eq!(closing["RISK-CCB-410821"], "1503106.49");
    assert_eq!(closing["RISK-HXRCB-410823"], "4511253.08");
}

/// Reads rows under headings that no bank's known layout has, so that figures must prove them.
fn undecided(head: &str, rows: &str, more: &str) -> (Vec<&'static str>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.csv");
    std::fs::write(&path, format!("{head}day,into,out,left\n{rows}")).unwrap();
    let text = format!(
        "profile = \"t\"\n[header]\nmatch = [\"day\"]\n[columns]\ndate = \"day\"\nin = \"into\"\nout = \"out\"\nbalance = \"left\"\n{more}"
    );
    let statement = read(&path, "A", &Profile::parse(&text).unwrap()).unwrap();
    let amounts = statement.lines.iter().map(|line| line.amount.to_string()).collect();
    (statement.doubts().map(|problem| problem.code).collect(), amounts)
}

#[test]
fn a_column_is_proved_by_a_balance_apart_from_its_row() {
    let of = |head: &str, rows: &str| undecided(head, rows, "").0;
    let (into, out) = ("2017-01-01,5.00,,15.00\n", "2017-01-02,,2.00,13.00\n");
    assert_eq!(of("", into), ["statement-unproved"]);
    // Only the second row has a balance before it; the first is alone in its column.
    assert_eq!(of("", &format!("{into}{out}")), ["statement-unproved"]);
    assert_eq!(of("", &format!("{into}{out}2017-01-03,1.00,,14.00\n")), [""; 0]);
    assert_eq!(of("期初余额,10.00\n", into), [""; 0]);
    // A balance of zero is a balance, even if the column's word for no amount is the same.
    let empty = "[amount]\nempty = [\"0.00\"]\n";
    let all = "2017-01-01,5.00,0.00,5.00\n";
    assert_eq!(undecided("期初余额,0.00\n", all, empty).0, [""; 0]);
    // A printed opening balance that disagrees with the row is a gap, and does not prove the sign.
    assert_eq!(of("期初余额,20.00\n", into), ["statement-arithmetic"]);
    assert_eq!(of("总收入：5.00\n", into), [""; 0]);
    assert_eq!(of("总支出：5.00\n", into), ["statement-total", "statement-unproved"]);
    // Totals under the columns count if the sign of the other column is proved.
    assert_eq!(of("", &format!("{into}{out}合计,5.00,2.00,\n")), [""; 0]);
    assert_eq!(of("", &format!("{into}合计,5.00,0.00,\n")), ["statement-unproved"]);
    // A printed total of zero is a total.
    let empty = "[amount]\nempty = [\"0.00\"]\n";
    let wrong = format!("{into}合计,0.00,,\n");
    assert_eq!(undecided("期初余额,10.00\n", &wrong, empty).0, ["statement-total"]);
    // The amount of a row that moves no money may be in another column.
    assert_eq!(of("", "2017-01-01,,,15.00\n"), ["statement-unproved-nothing"]);
    assert_eq!(of("期初余额,15.00\n", "2017-01-01,,,15.00\n"), [""; 0]);
}

/// With two columns in one stretch between balances, only one meaning gives the second balance; if
/// both sums are equal, two meanings do.
#[test]
fn sums_prove_columns_where_rows_have_no_balance() {
    let of = |rows: &str| undecided("期初余额,10.00\n", rows, "").0;
    assert_eq!(of("2017-01-01,5.00,,\n2017-01-02,,2.00,13.00\n"), [""; 0]);
    assert_eq!(
        of("2017-01-01,2.00,,\n2017-01-02,,2.00,10.00\n"),
        ["statement-unproved", "statement-unproved"]
    );
    assert_eq!(
        of("2017-01-01,5.00,,15.00\n2017-01-02,,2.00,\n"),
        ["statement-unproved", "statement-end-open"]
    );
}

/// A negative amount in the column of money out is money that came back, unless the balances show
/// that the column is written with its sign.
#[test]
fn the_balances_say_what_a_minus_means() {
    let of = |rows: &str, more: &str| undecided("期初余额,10.00\n", rows, more);
    assert_eq!(of("2017-01-01,,-25.00,35.00\n", ""), (vec![], vec!["25.00".to_owned()]));
    assert_eq!(of("2017-01-01,,-25.00,-15.00\n", ""), (vec![], vec!["-25.00".to_owned()]));
    let alone = |more: &str| undecided("", "2017-01-01,,-25.00,35.00\n", more).1;
    assert_eq!(alone("[amount]\nminus = \"out\"\n"), ["-25.00"]);
    assert_eq!(alone("[amount]\nminus = \"back\"\n"), ["25.00"]);
}

/// A message with the newest entry first is reversed, also within a day, without a remark.
#[test]
fn messages_with_the_newest_entry_first_are_turned() {
    let text = ":20:S\n:25:X/1\n:60F:C170101CNY10,00\n:61:1701090109C3,00NTRFNONREF\n:61:1701090109D2,00NTRFNONREF\n:61:1701050105C1,00NTRFNONREF\n:62F:C170109CNY12,00\n-\n";
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sta");
    std::fs::write(&path, text).unwrap();
    let statement = read_any(&path, "A", &[]).unwrap();
    let lines: Vec<String> = statement
        .lines
        .iter()
        .map(|line| format!("{} {} {}", line.date, line.amount, line.balance))
        .collect();
    assert_eq!(lines, ["2017-01-05 1.00 11.00", "2017-01-09 -2.00 9.00", "2017-01-09 3.00 12.00"]);
    assert_eq!((statement.remarks, statement.breaks), (vec![], vec![]));
}

/// Payer and payee have columns each and the own number is unknown: the direction of the money
/// shows the other party.
#[test]
fn without_an_own_number_the_moneys_way_tells_the_other_party() {
    let profile = Profile::parse(
        "profile = \"t\"\n[header]\nmatch = [\"day\"]\n[columns]\ndate = \"day\"\namount = \"sum\"\nbalance = \"left\"\npayer-name = \"from\"\npayer-account = \"fa\"\npayee-name = \"to\"\npayee-account = \"ta\"\n[amount]\nmode = \"signed\"\n",
    )
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.csv");
    let rows = "day,sum,left,from,fa,to,ta\n2017-01-01,5,5,甲,1,本,9\n2017-01-02,-2,3,本,9,乙,2\n";
    std::fs::write(&path, rows).unwrap();
    let statement = read(&path, "A", &profile).unwrap();
    let others: Vec<_> =
        statement.lines.iter().map(|line| format!("{} {}", line.name, line.account)).collect();
    assert_eq!(others, ["甲 1", "乙 2"]);
}

/// A day is sorted only if its balances allow exactly one order.
#[test]
fn rows_are_ordered_by_their_balances() {
    let of = |rows: &str| {
        let (codes, amounts) = undecided("", rows, "");
        (codes.into_iter().filter(|code| !code.contains("unproved")).collect::<Vec<_>>(), amounts)
    };
    let amounts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let swapped = "2017-01-01,5.00,,15.00\n2017-01-02,,2.00,12.00\n2017-01-02,,1.00,14.00\n2017-01-03,1.00,,13.00\n";
    assert_eq!(of(swapped), (vec![], amounts(&["5.00", "-1.00", "-2.00", "1.00"])));
    // Two days that changed places are put back; balances that do not chain are not.
    let days = "2017-01-02,,2.00,13.00\n2017-01-01,5.00,,15.00\n2017-01-03,1.00,,14.00\n";
    assert_eq!(of(days), (vec![], amounts(&["5.00", "-2.00", "1.00"])));
    let gap = "2017-01-01,5.00,,15.00\n2017-01-02,,2.00,13.01\n2017-01-03,1.00,,14.00\n";
    assert_eq!(of(gap).0, ["statement-arithmetic", "statement-arithmetic"]);
    // The interest of the previous day, booked a day later: it gets its own day, with the balance
    // of that day.
    let back = "2017-01-02,5.00,,15.00\n2017-01-01,1.00,,16.00\n2017-01-03,,2.00,14.00\n";
    assert_eq!(of(back), (vec![], amounts(&["1.00", "5.00", "-2.00"])));
}
