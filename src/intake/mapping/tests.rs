//! Mappings of foreign tables, good and bad.

use super::*;
use crate::intake::rejects::RejectList;

const MAPPING: &str = r#"
[dates]
formats = ["%m/%d/%Y", "%d-%b-%y"]
first_year = 1950
[money]
prefixes = ["$"]
[lookup.owner]
values = { IN = "Indiana", UT = "Utah" }
[[require]]
check = "Lost <= Amount"
reason = "more lost than lent"
[[require]]
when = ["Lost > 0"]
check = "[Lost on] != ''"
reason = "no date of the loss"
[[event]]
event = "party"
once = "{Bank}"
id = { code = "bank/{Bank}" }
date = "1990-01-01"
party = { code = "{Bank}" }
name = "{Bank}"
kind = "银行"
[[event]]
event = "enrol"
id = "{Loan}/enrol"
date = { date = "Approved" }
owner = { lookup = "owner", column = "State" }
loan = "{Loan}"
firm = "firm-{Loan}"
bank = { code = "{Bank}" }
amount = { money = "Amount" }
due = { add_months = "Approved", months = "Term" }
pool_share = { fraction = ["Guaranteed", "Amount"] }
rate = "0%"
first_loan = false
[[event]]
event = "npl"
when = ["[Lost on] != ''", "Lost > 0", "State in ('IN', 'UT')"]
id = "{Loan}/npl"
date = { date = "Lost on", formats = ["%d-%b-%y"] }
loan = "{Loan}"
"#;

const HEADERS: &str = "Loan,State,Bank,Approved,Term,Amount,Guaranteed,Lost,Lost on\n";

fn open(mapping: &str, rows: &str) -> Result<MappedTable, Problem> {
    let dir = tempfile::tempdir().unwrap().keep();
    let path = dir.join("t.csv");
    std::fs::write(&path, format!("{HEADERS}{rows}")).unwrap();
    MappedTable::open(&path, Mapping::parse(mapping)?)
}

#[test]
fn one_row_gives_the_events_whose_conditions_it_meets() {
    let mut table = open(
        MAPPING,
        "1,IN,\"PNC, N.A.\",2/28/1997,60,60000,48000,0,\n\
         2,UT,\"PNC, N.A.\",3/31/1997,1,\"$60,000.50\",40000,10,4-Oct-99\n",
    )
    .unwrap();
    let mut ids = Vec::new();
    table
        .ids(&mut |id| {
            ids.push(id.to_owned());
            Ok(())
        })
        .unwrap();
    assert_eq!(ids, ["bank/PNC-N.A.", "1/enrol", "2/enrol", "2/npl"]);
    let mut lines = Vec::new();
    table
        .events(&mut |event, row| {
            lines.push(format!("{row} {}", event.to_json()));
            Ok(())
        })
        .unwrap();
    assert_eq!(
        lines,
        [
            r#"2 {"date":"1990-01-01","event":"party","id":"bank/PNC-N.A.","kind":"bank","name":"PNC, N.A.","party":"PNC-N.A."}"#,
            r#"2 {"amount":"60000.00","bank":"PNC-N.A.","date":"1997-02-28","due":"2002-02-28","event":"enrol","firm":"firm-1","first_loan":false,"id":"1/enrol","loan":"1","owner":"Indiana","pool_share":"48000/60000","rate":"0"}"#,
            r#"3 {"amount":"60000.50","bank":"PNC-N.A.","date":"1997-03-31","due":"1997-04-30","event":"enrol","firm":"firm-2","first_loan":false,"id":"2/enrol","loan":"2","owner":"Utah","pool_share":"4000000/6000050","rate":"0"}"#,
            r#"3 {"date":"1999-10-04","event":"npl","id":"2/npl","loan":"2"}"#,
        ]
    );
}

#[test]
fn bad_rows_go_to_the_rejects_with_their_reason() {
    let mut table = open(
        MAPPING,
        "1,IN,A,2/28/1997,60,60000,48000,60001,4-Oct-99\n\
         2,IN,A,2/28/1997,60,60000,48000,5,\n\
         3,RI,A,2/28/1997,60,60000,48000,0,\n\
         4,IN,A,2/30/1997,60,60000,48000,0,\n\
         5,IN,A,2/28/1997,x,60000,48000,0,\n\
         6,IN,A,2/28/1997,60,60000,60001,0,\n\
         7,IN,A&,2/28/1997,60,60000,48000,0,\n\
         8,IN,A,2/28/1997,60,60000,48000,,\n\
         9,IN,A,2/28/1997,60,60000,48000,0,\n",
    )
    .unwrap();
    let mut list = RejectList::default();
    let mut taken = Vec::new();
    table
        .events_or_rejects(
            &mut |events, row| {
                // The book refuses the events of row 8, so the party of its bank is still missing.
                if row == 8 {
                    return Err(Problem::refused("available-short"));
                }
                taken.extend(events.iter().map(|event| event.id.to_string()));
                Ok(())
            },
            &mut list,
        )
        .unwrap();
    let told: Vec<String> = list
        .problems
        .iter()
        .map(|problem| {
            let column = problem.place.column.as_deref().unwrap_or("-");
            format!("{} {} {column}", problem.place.row.unwrap(), problem.code)
        })
        .collect();
    assert_eq!(
        told,
        [
            "2 row-check Lost",
            "3 row-check Lost on",
            "4 mapping-lookup-missing State",
            "5 date-format-listed Approved",
            "6 mapping-number Term",
            "7 rate-range pool_share",
            "8 available-short -",
            "9 mapping-number Lost",
        ]
    );
    assert_eq!(taken, ["bank/A", "9/enrol"]);
}

#[test]
fn one_text_stands_for_one_thing() {
    let mut table = open(
        &MAPPING.replace("once = \"{Bank}\"", "once = \"{State}\""),
        "1,IN,A,2/28/1997,60,60000,48000,0,\n2,IN,B,2/28/1997,60,60000,48000,0,\n",
    )
    .unwrap();
    let problem = table.events(&mut |_, _| Ok(())).unwrap_err();
    assert_eq!((problem.code, problem.place.row), ("mapping-once-differs", Some(3)));
}

#[test]
fn mistakes_of_the_mapping_name_their_key() {
    let check = |from: &str, to: &str, code: &str, key: &str| {
        assert!(MAPPING.contains(from), "{from}");
        let problem = open(&MAPPING.replacen(from, to, 1), "").err().unwrap();
        assert_eq!((problem.code, problem.arg("key").unwrap_or("-")), (code, key), "{problem}");
    };
    check("[money]", "[mony]", "key-unknown", "mony");
    check("first_year = 1950", "", "date-century-missing", "dates.formats");
    check("%m/%d/%Y", "%q", "date-format-unknown", "dates.formats");
    check("event = \"enrol\"", "event = \"enroll\"", "mapping-event-unknown", "event[1].event");
    check("rate = ", "rat = ", "mapping-field-unknown", "event[1].rat");
    check("rate = \"0%\"", "", "mapping-field-missing", "event[1].rate");
    check("rate = \"0%\"", "rate = 0", "mapping-value", "event[1].rate");
    check("{ money = ", "{ mony = ", "mapping-value", "event[1].amount");
    check("months = \"Term\"", "month = 1", "mapping-value", "event[1].due.month");
    check("lookup = \"owner\"", "lookup = \"x\"", "mapping-value", "event[1].owner.lookup");
    check("Lost <= Amount", "Lost =< Amount", "mapping-condition", "require[0].check");
    check("Lost <= Amount", "Lost <= 'x'", "mapping-condition", "require[0].check");
    check("\"Lost > 0\", ", "\"Lost >\", ", "mapping-condition", "event[2].when[1]");
    check("\"{Loan}/npl\"", "\"{Loan/npl\"", "mapping-template", "event[2].id");
    check("Lost <= Amount", "Lst <= Amount", "mapping-column-missing", "-");
}

/// A real loan tape, compared with figures that `fixtures/sba-7a/calculate.py` computes from it.
#[test]
fn a_real_tape_gives_what_was_computed_apart() {
    use crate::domain::money::Total;
    use crate::domain::rate::Share;
    use std::collections::BTreeMap;

    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sba-7a");
    let mapping = Mapping::read(&dir.join("mapping.toml")).unwrap();
    let mut tape = MappedTable::open(&dir.join("loans-in-ut-ri.csv"), mapping).unwrap();
    let mut loans: HashMap<String, (String, Share)> = HashMap::new();
    // Loans, guaranteed, disbursed, charged-off loans, charged off, compensation.
    let mut sums: BTreeMap<String, (u64, Total, Total, u64, Total, Total)> = BTreeMap::new();
    let mut list = RejectList::default();
    let mut take = |events: Vec<Event>, _: u64| {
        for event in events {
            match event.kind {
                Kind::Enrol(own) => {
                    let owner = event.owner.unwrap().to_string();
                    let share = own.pool_share.unwrap();
                    let sum = sums.entry(owner.clone()).or_default();
                    sum.0 += 1;
                    // The tape is in whole dollars, so the fraction's upper part is `SBA_Appv`.
                    sum.1.0 += share.fraction().parts().0 * 100;
                    loans.insert(own.loan.to_string(), (owner, share));
                }
                Kind::Disburse(own) => {
                    let (owner, _) = &loans[own.loan.as_str()];
                    sums.get_mut(owner).unwrap().2.0 += i128::from(own.amount.fen());
                }
                Kind::FileClaim(own) => {
                    let (owner, share) = &loans[own.loan.as_str()];
                    let sum = sums.get_mut(owner).unwrap();
                    sum.3 += 1;
                    sum.4.0 += i128::from(own.base.fen());
                    sum.5.0 += i128::from(share.of(own.base).unwrap().fen());
                }
                _ => {}
            }
        }
        Ok(())
    };
    tape.events_or_rejects(&mut take, &mut list).unwrap();

    let read = |name: &str| csv::Reader::from_path(dir.join(name)).unwrap().into_records();
    let expected: Vec<Vec<String>> = read("expected.csv")
        // The share that the pool bears is in the book, not on the tape.
        .map(|record| record.unwrap().iter().take(7).map(str::to_owned).collect())
        .collect();
    let found: Vec<Vec<String>> = sums
        .into_iter()
        .map(|(owner, (loans, guaranteed, drawn, bad, lost, paid))| {
            let (loans, bad) = (loans.to_string(), bad.to_string());
            let amounts = [guaranteed, drawn, lost, paid].map(|sum| sum.to_string());
            let [guaranteed, drawn, lost, paid] = amounts;
            vec![owner, loans, guaranteed, drawn, bad, lost, paid]
        })
        .collect();
    assert_eq!(found, expected);
    let rejects: Vec<(String, String)> = read("rejects.csv")
        .map(|record| record.unwrap())
        .map(|record| (record[0].to_owned(), record[3].to_owned()))
        .collect();
    let told: Vec<(String, String)> = list
        .problems
        .iter()
        .map(|problem| {
            let row = problem.place.row.unwrap().to_string();
            (row, problem.arg("reason").unwrap_or(problem.code).to_owned())
        })
        .collect();
    assert_eq!(told, rejects);
}
