//! How banks really write their files: containers, dates, amounts, marks, messages.
//!
//! `fixtures/statements/cases` holds a file of each kind that was once misread or refused. All of them
//! tell one of two accounts, so that what is right is known without reading any of them: [`BASE`] (the
//! sums are added up by hand) and [`SHORT`]. The variants below are made here from the same rows.

mod messages;

use crate::reconciling::{columns, report, run};
use crate::support::fixture;
use poolbook::intake::profile::{Given, Profile};
use poolbook::intake::statement::draft::{Comments, draft};
use poolbook::intake::statement::{Statement, read_file};
use poolbook::problem::Problem;
use std::io::Write as _;

/// Opening, in, out, closing, movements: 1,000,000.00 + 500,000.00 - 120,000.00 + 1,234.50.
const BASE: &str = "1000000.00 501234.50 120000.00 1381234.50 3";
/// 1,000,000.00 + 300,000.00 - 86,400.00.
const SHORT: &str = "1000000.00 300000.00 86400.00 1213600.00 2";

fn figures(rows: &serde_json::Value) -> Vec<String> {
    columns(rows, &["opening", "money_in", "money_out", "closing", "movements"])
}

/// The cases that the program must read with the profile that it drafts itself.
const TABLES: &[(&str, &str)] = &[
    ("10-html-table.xls", BASE),
    ("10-mhtml.xls", BASE),
    ("10-spreadsheetml-2003.xls", BASE),
    ("11-numeric-voucher.xls", SHORT),
    ("11-short-numeric-account.xls", BASE),
    ("11-short-numeric-serial.xlsx", BASE),
    ("15-date-chinese-time-words.csv", BASE),
    ("15-date-chinese-time.csv", BASE),
    ("15-date-dots-time.csv", BASE),
    ("15-date-iso-t.csv", BASE),
    ("15-date-java-tenths.csv", BASE),
    ("15-date-morning-afternoon.csv", BASE),
    ("16-equals-quoted-all.xls", BASE),
    ("16-equals-quoted-amounts.csv", BASE),
    ("16-equals-quoted-dates.csv", BASE),
    ("19-four-decimals-both.csv", SHORT),
    ("19-four-decimals-noughts.csv", BASE),
    ("19-three-noughts.csv", BASE),
    ("20-pipe-delimited-gbk.txt", BASE),
    ("20-pipe-with-thousands.txt", SHORT),
    ("27-ctrl-z-at-end.csv", BASE),
    ("27-direction-marks.csv", BASE),
    ("30-decimal-comma.csv", BASE),
    ("30-filler-na.csv", BASE),
    ("30-filler-two-dashes.csv", BASE),
    ("30-filler-wu.csv", BASE),
    ("30-nbsp-entity.csv", BASE),
    ("30-nbsp-thousands.csv", BASE),
];

/// Cases whose columns are named here: they are about the day that stands in one of them.
const NAMED: &[(&str, [&str; 3])] = &[
    ("15-date-two-blanks.csv", ["交易日期", "存入金额", "取出金额"]),
    ("15-time-column-before-date-column.csv", ["交易日期", "收入金额", "支出金额"]),
];

/// Messages, which need no profile.
const MESSAGES: &[&str] = &[
    "24-mt940-940-line-first.sta",
    "24-mt940-blank-before-type.sta",
    "24-mt940-blank-entry-date.sta",
    "24-mt940-no-20.sta",
    "24-mt940-no-type.sta",
    "24-mt940-value-date-30-february.sta",
    "25-camt-zipped.zip",
];

#[test]
fn the_banks_files_are_read_by_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (name, expected) in TABLES {
        let file = fixture("statements/cases").join(name);
        let file = file.to_str().unwrap();
        let _ = std::fs::remove_file(dir.join("p.toml"));
        let drafted = run(dir, &["statement", "profile", "new", "--from", file, "-o", "p.toml"]);
        assert_eq!(drafted.code, 0, "{name}: {}", drafted.err);
        let checked =
            run(dir, &["--format", "json", "statement", "check", file, "--profile", "p.toml"]);
        assert_eq!(checked.code, 0, "{name}: {}", checked.err);
        assert_eq!(figures(&checked.json()["rows"]), [*expected], "{name}");
    }
    for (name, [date, money_in, money_out]) in NAMED {
        let profile = format!(
            "profile = \"own\"\n[header]\nmatch = [\"{date}\", \"{money_in}\", \"{money_out}\", \"余额\"]\n\
             [columns]\ndate = \"{date}\"\nin = \"{money_in}\"\nout = \"{money_out}\"\nbalance = \"余额\"\n"
        );
        std::fs::write(dir.join("own.toml"), profile).unwrap();
        let file = fixture("statements/cases").join(name);
        let file = file.to_str().unwrap();
        let (code, checked) = report(dir, &["statement", "check", file, "--profile", "own.toml"]);
        assert_eq!((code, figures(&checked["rows"])), (0, vec![BASE.to_owned()]), "{name}");
    }
    for name in MESSAGES {
        let file = fixture("statements/cases").join(name);
        let (code, checked) = report(dir, &["statement", "check", file.to_str().unwrap()]);
        assert_eq!((code, figures(&checked["rows"])), (0, vec![BASE.to_owned()]), "{name}");
    }
    // A count of days says neither since when nor that it is one: the key that helps is named.
    let file = fixture("statements/cases").join("15-date-serial-without-style.xlsx");
    let file = file.to_str().unwrap();
    std::fs::remove_file(dir.join("p.toml")).unwrap();
    run(dir, &["statement", "profile", "new", "--from", file, "-o", "p.toml"]);
    let refused = run(dir, &["statement", "check", file, "--profile", "p.toml"]);
    assert_eq!(refused.code, 65, "{}", refused.err);
    assert!(
        refused.err.contains("[date-serial]") && refused.err.contains("serial = 1900"),
        "{}",
        refused.err
    );
    let text = std::fs::read_to_string(dir.join("p.toml")).unwrap();
    let text = if text.contains("[date]") {
        text.replace("[date]\n", "[date]\nserial = 1900\n")
    } else {
        text + "\n[date]\nserial = 1900\n"
    };
    std::fs::write(dir.join("p.toml"), text).unwrap();
    let (code, checked) = report(dir, &["statement", "check", file, "--profile", "p.toml"]);
    assert_eq!((code, figures(&checked["rows"])), (0, vec![BASE.to_owned()]));
}

/// Reads bytes by the profile that the program drafts for them.
fn drafted(name: &str, bytes: &[u8]) -> Result<Statement, Vec<Problem>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let own = draft(&path, Given::default()).map_err(|problem| vec![problem])?;
    let comments = Comments { intro: "", columns: "", missing: "", side: "", left: "" };
    let text = own.toml("own", &comments);
    let profile = Profile::parse(&text).map_err(|problem| vec![problem])?;
    let mut read = read_file(&path, None, &[profile])?;
    assert_eq!(read.len(), 1);
    Ok(read.remove(0))
}

/// Headings of money in and out, in either order of the columns.
#[test]
fn headings_of_money_are_known_in_either_order() {
    for (money_in, money_out) in [
        ("转入", "转出"),
        ("存入金额", "支取金额"),
        ("进账", "出账"),
        ("入账金额", "扣账金额"),
        ("收款金额", "扣款金额"),
        ("贷方", "借方"),
        ("Credit", "Debit"),
        ("流入", "流出"),
        ("收到", "支付金额"),
        ("汇入", "汇出"),
        ("增加", "减少"),
        ("收", "支"),
        ("收入（元）", "支出（元）"),
        ("贷方发生额(收入)", "借方发生额(支出)"),
        ("Deposits", "Withdrawals"),
        ("Paid in", "Paid out"),
    ] {
        let orders = [
            format!(
                "交易日期,{money_in},{money_out},余额\n2017-10-09,500000.00,,1500000.00\n2017-10-20,,120000.00,1380000.00\n2017-12-21,1234.50,,1381234.50\n"
            ),
            format!(
                "交易日期,{money_out},{money_in},余额\n2017-10-09,,500000.00,1500000.00\n2017-10-20,120000.00,,1380000.00\n2017-12-21,,1234.50,1381234.50\n"
            ),
        ];
        for text in orders {
            let read =
                drafted("a.csv", text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            let amounts: Vec<_> = read.lines.iter().map(|line| line.amount.to_string()).collect();
            assert_eq!(amounts, ["500000.00", "-120000.00", "1234.50"], "{text}");
            assert_eq!(read.closing.to_string(), "1381234.50");
        }
    }
}

/// The movements of the base.
const ROWS: [(&str, &str); 3] =
    [("2017-10-09", "500000.00"), ("2017-10-20", "-120000.00"), ("2017-12-21", "1234.50")];

fn is_base(name: &str, bytes: &[u8]) {
    let read = drafted(name, bytes).unwrap_or_else(|problems| {
        panic!("{name} {problems:?}\n{}", String::from_utf8_lossy(bytes))
    });
    let told: Vec<_> =
        read.lines.iter().map(|line| (line.date.to_string(), line.amount.to_string())).collect();
    let told: Vec<_> = told.iter().map(|(date, amount)| (date.as_str(), amount.as_str())).collect();
    let shown = String::from_utf8_lossy(bytes);
    assert_eq!(told, ROWS, "{name} {shown}");
    assert_eq!(
        (read.opening.to_string(), read.closing.to_string()),
        ("1000000.00".to_owned(), "1381234.50".to_owned())
    );
    assert_eq!(read.breaks, [], "{name} {shown}");
}

fn code_of(name: &str, bytes: &[u8]) -> &'static str {
    match drafted(name, bytes) {
        Ok(read) => panic!("{name} is read: {read:?}"),
        Err(problems) => problems[0].code,
    }
}

const HEAD: [&str; 6] = ["交易日期", "收入金额", "支出金额", "余额", "对方户名", "摘要"];

/// Rows of cells: date, in, out, balance, name, purpose.
fn cells(
    date: impl Fn(&str) -> String,
    amount: impl Fn(&str) -> String,
    nothing: &str,
) -> Vec<Vec<String>> {
    let row = |day: &str, sides: [&str; 2], balance: &str, name: &str, memo: &str| {
        let side = |text: &str| if text.is_empty() { nothing.to_owned() } else { amount(text) };
        vec![
            date(day),
            side(sides[0]),
            side(sides[1]),
            amount(balance),
            name.to_owned(),
            memo.to_owned(),
        ]
    };
    vec![
        HEAD.map(str::to_owned).to_vec(),
        row("2017-10-09", ["500,000.00", ""], "1,500,000.00", "财政局", "拨付"),
        row("2017-10-20", ["", "120,000.00"], "1,380,000.00", "农商行", "代偿"),
        row("2017-12-21", ["1,234.50", ""], "1,381,234.50", "", "结息"),
    ]
}

fn plain_cells() -> Vec<Vec<String>> {
    cells(str::to_owned, str::to_owned, "")
}

/// Cells as text, in quotes where they need them.
fn text(rows: &[Vec<String>], delimiter: char) -> String {
    let cell = |cell: &String| {
        let quote = cell.contains([delimiter, '"', '\n']);
        if quote { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    let line = |row: &Vec<String>| {
        row.iter().map(cell).collect::<Vec<_>>().join(&delimiter.to_string()) + "\n"
    };
    rows.iter().map(line).collect()
}

#[test]
fn dates_with_times_are_days() {
    let ymd = |day: &str, form: &str| {
        let (year, month, date) = (&day[..4], &day[5..7], &day[8..]);
        form.replace('Y', year).replace('M', month).replace('D', date)
    };
    for form in [
        "Y-M-D 09:12:33",
        "Y-M-D  9:12",
        "Y-M-DT09:12:33.273",
        "Y-M-DT09:12:33Z",
        "Y-M-D 09:12:33.0",
        "Y-M-D-09.15.22.418273",
        "Y/M/D 上午 12:05",
        "Y/M/D 下午 12:05:00",
        "Y/M/D 下午3:40",
        "Y.M.D 09:12",
        "Y年M月D日 09:12",
        "Y年M月D日09时12分33秒",
        "YMD091233",
        "YMD 09:12:33",
        "YMD",
        "Y-M-D\u{A0}09:12",
        "Y/M/D 3:40:01 pm",
    ] {
        is_base("a.csv", text(&cells(|day| ymd(day, form), str::to_owned, ""), ',').as_bytes());
    }
    let code = |form: &str| {
        code_of("a.csv", text(&cells(|day| ymd(day, form), str::to_owned, ""), ',').as_bytes())
    };
    let short = |day: &str| day[2..].to_owned();
    assert_eq!(
        code_of("a.csv", text(&cells(short, str::to_owned, ""), ',').as_bytes()),
        "date-short-year"
    );
    // No time of the day stands behind them.
    for form in ["Y-M-D 25:00", "Y/M/D 上午 13:05", "Y-M-D 9点", "Y-M-D x"] {
        assert_eq!(code(form), "date-no-format", "{form}");
    }
}

#[test]
fn amounts_in_the_ways_of_banks() {
    let parted = |by: &str| {
        let by = by.to_owned();
        move |amount: &str| amount.replace(',', &by)
    };
    for by in [" ", "\u{A0}", "\u{2009}", "\u{202F}", "\u{3000}", "'", "’", ",", ""] {
        is_base("a.csv", text(&cells(str::to_owned, parted(by), ""), ',').as_bytes());
    }
    for form in [
        "￥A",
        "A元",
        "+A",
        "A00",
        "A0000",
        "\u{202D}A\u{202C}",
        "&nbsp;A&nbsp;",
        "=\"A\"",
        "'A",
        "CNY A",
    ] {
        let amount = |amount: &str| form.replace('A', amount);
        is_base("a.csv", text(&cells(str::to_owned, amount, ""), ',').as_bytes());
    }
    for nothing in [
        "-", "--", "---", "—", "——", "－", "/", "N/A", "n/a", "NA", "无", "空", "null", "0.00",
        "&nbsp;", " ",
    ] {
        is_base("a.csv", text(&cells(str::to_owned, str::to_owned, nothing), ';').as_bytes());
    }
    let comma = |amount: &str| amount.replace(',', "x").replace('.', ",").replace('x', ".");
    for (by, with) in [('.', "."), ('.', " "), ('.', "")] {
        let amount = |amount: &str| comma(amount).replace(by, with);
        is_base("a.csv", text(&cells(str::to_owned, amount, ""), ';').as_bytes());
    }
    let finer = |amount: &str| format!("{amount}5");
    let read = code_of("a.csv", text(&cells(str::to_owned, finer, ""), ',').as_bytes());
    assert_eq!(read, "statement-precision");
}

#[test]
fn marks_quotes_and_delimiters() {
    for delimiter in [',', '\t', ';', '|'] {
        let rows = text(&plain_cells(), delimiter);
        is_base("a.txt", rows.as_bytes());
        // Lines above the header hold no delimiter, or another one.
        is_base("a.txt", format!("对账单\n打印日期 2018-01-02, 第1页\n{rows}").as_bytes());
        is_base("a.txt", format!("\u{FEFF}{rows}\u{1A}").as_bytes());
        is_base("a.txt", &encoding_rs::GB18030.encode(&rows).0);
        let utf16: Vec<u8> = rows.encode_utf16().flat_map(u16::to_le_bytes).collect();
        is_base("a.xls", &utf16);
    }
    let quoted: Vec<Vec<String>> = plain_cells()
        .iter()
        .map(|row| row.iter().map(|cell| format!("=\"{cell}\"")).collect())
        .collect();
    is_base("a.csv", text(&quoted, ',').as_bytes());
    let bare: String = quoted.iter().map(|row| row.join("\t") + "\n").collect();
    is_base("a.xls", bare.as_bytes());
    let marked = text(&plain_cells(), ',')
        .replace("2017", "\u{200E}\u{2066}2017")
        .replace("收入", "收\u{FEFF}入");
    is_base("a.csv", marked.as_bytes());
}

/// The rows as the tables of a page; `td` says how a cell is written.
fn page(td: impl Fn(usize, usize, &str) -> String) -> String {
    let row = |(at, row): (usize, &Vec<String>)| {
        let cells: String =
            row.iter().enumerate().map(|(column, cell)| td(at, column, cell)).collect();
        format!("<tr>{cells}</tr>\n")
    };
    plain_cells().iter().enumerate().map(row).collect()
}

#[test]
fn tables_of_web_pages() {
    let rows = page(|_, _, cell| format!("<td x:str nowrap>{cell}</td>"));
    let bare = page(|_, _, cell| format!("<TD><font color=red>&nbsp;{cell}</font>"));
    let pages = [
        format!("<html><head><title>x</title></head><body><table>{rows}</table></body></html>"),
        format!("<table>{bare}"),
        format!(
            "<!DOCTYPE html>\n<html><body><div>账号：410501 币种：人民币</div><table><thead>{rows}</table>"
        ),
        format!(
            "<html><body><table><tr><td>户名<td colspan=5>专户</table><p>明细</p><table>{rows}</table><table><tr><td colspan=6>合计</table>"
        ),
        format!("<html><table><tr><td><table>{rows}</table></td></tr></table></html>"),
        format!(
            "\u{FEFF}\n<meta charset=utf-8><style>td{{}}</style><script>var a = '<td>';</script><table>{rows}</table>"
        ),
        format!(
            "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><body><table>{rows}</table></body></html>"
        ),
    ];
    for page in &pages {
        is_base("a.xls", page.as_bytes());
        is_base("a.xls", &encoding_rs::GBK.encode(page.trim_start_matches('\u{FEFF}')).0);
    }
    let utf16: Vec<u8> =
        format!("\u{FEFF}{}", pages[0]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    is_base("a.xls", &utf16);
    let entities = rows.replace("财政局", "&#36130;&#x653F;局").replace("拨付", "拨&amp;付");
    is_base("a.xls", format!("<table>{entities}</table>").as_bytes());
    // A header of two rows: 发生额 spans two columns, the others span two rows.
    let two = "<tr><td rowspan=2>交易日期<td colspan=2>发生额<td rowspan=2>余额<td rowspan=2>对方户名<td rowspan=2>摘要</tr><tr><td>贷方<td>借方</tr>";
    let body = rows.split_once("</tr>\n").unwrap().1;
    is_base("a.xls", format!("<table>{two}{body}</table>").as_bytes());
    let archive = |encoding: &str, page: &str| {
        format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{page}\r\n--x--\r\n"
        )
    };
    is_base("a.mht", archive("8bit", &pages[0]).as_bytes());
    let escaped: String = pages[0].bytes().map(|byte| format!("={byte:02X}")).collect();
    let folded: Vec<&str> =
        escaped.as_bytes().chunks(75).map(|line| std::str::from_utf8(line).unwrap()).collect();
    is_base("a.xls", archive("quoted-printable", &folded.join("=\r\n")).as_bytes());
}

#[test]
fn workbooks_as_xml() {
    let workbook = |rows: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
                 <Worksheet ss:Name=\"明细\"><Table>{rows}</Table></Worksheet></Workbook>"
        )
    };
    let written = |number: bool| {
        let mut rows = String::new();
        for (at, row) in plain_cells().iter().enumerate() {
            rows.push_str("<Row>");
            for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let (kind, cell) = match (at, column) {
                    (1.., 0) if number => ("DateTime", format!("{cell}T00:00:00.000")),
                    (1.., 1..=3) if number => ("Number", cell.replace(',', "")),
                    _ => ("String", cell.clone()),
                };
                rows.push_str(&format!(
                    "<Cell ss:Index=\"{}\"><Data ss:Type=\"{kind}\">{cell}</Data></Cell>",
                    column + 1
                ));
            }
            rows.push_str("</Row>");
        }
        rows
    };
    is_base("a.xls", workbook(&written(false)).as_bytes());
    is_base("a.xml", workbook(&written(true)).as_bytes());
    let formula = written(true).replacen(
        "<Cell ss:Index=\"4\">",
        "<Cell ss:Index=\"4\" ss:Formula=\"=1+1\">",
        2,
    );
    assert_eq!(code_of("a.xls", workbook(&formula).as_bytes()), "sheet-has-formula");
}

/// An office's own table may come in the same containers.
#[test]
fn events_are_recorded_from_a_web_page_and_through_a_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let made = run(dir, &["init", "--city", "410800"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let join = |id: &str, owner: &str, name: &str| {
        format!(
            "<tr><td>{id}</td><td>加入</td><td>2017-01-01</td><td>{owner}</td><td>{name}</td><td>县</td></tr>"
        )
    };
    let head =
        "<tr><td>编号</td><td>事件</td><td>日期</td><td>县区</td><td>名称</td><td>类别</td></tr>";
    let page = format!("<html><table>{head}{}</table></html>", join("J-1", "410821", "修武县"));
    std::fs::write(dir.join("加入.xls"), page).unwrap();
    let done = run(dir, &["record", "加入.xls"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_poolbook"))
        .current_dir(dir)
        .env("POOLBOOK_LANG", "en")
        .env("POOLBOOK_MAKER", "李砚秋")
        .args(["record", "/dev/stdin"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // A table, for the name says nothing of JSON: so the pipe is read more than once.
    let table = "event,id,date,owner,name,kind\njoin,J-2,2017-01-01,410822,博爱县,county\n";
    child.stdin.take().unwrap().write_all(table.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let journal = std::fs::read_to_string(dir.join("book/journal.jsonl")).unwrap();
    assert!(journal.contains("\"J-1\"") && journal.contains("\"J-2\""), "{journal}");
}

/// Number cells lose nothing below 10^15 and are read as their digits.
#[test]
fn numbers_that_lost_nothing_are_names() {
    let book = |serial: f64| {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (column, name) in (0u16..).zip(["交易日期", "流水号", "收入", "支出", "余额"])
        {
            sheet.write(0, column, name).unwrap();
        }
        sheet.write(1, 0, "2017-03-01").unwrap();
        sheet.write(1, 1, serial).unwrap();
        sheet.write(1, 2, 1).unwrap();
        sheet.write(1, 4, 1).unwrap();
        sheet.write(2, 0, "2017-03-02").unwrap();
        sheet.write(2, 3, 0.25).unwrap();
        sheet.write(2, 4, 0.75).unwrap();
        book.save_to_buffer().unwrap()
    };
    let serial = |number: f64| match drafted("a.xlsx", &book(number)) {
        Ok(read) => read.lines[0].serial.as_deref().unwrap_or("-").to_owned(),
        Err(problems) => problems[0].code.to_owned(),
    };
    assert_eq!(serial(1_000_000.0), "1000000");
    assert_eq!(serial(999_999_999_999_999.0), "999999999999999");
    assert_eq!(serial(1_000_000_000_000_000.0), "digits-lost");
    assert_eq!(serial(41_050_100_000_000_010_000.0), "digits-lost");
    assert_eq!(serial(12.5), "digits-lost");
    assert_eq!(serial(-7.0), "digits-lost");
}
