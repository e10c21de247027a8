//! Files made to harm: each ends in a clear error, whatever it claims. The large ones are made here
//! and not kept. Nothing is timed here; `src/notes/performance.md` tells time and memory.

use poolbook::intake::profile::Profile;
use poolbook::intake::rows::{Bounds, Options, visit_rows};
use poolbook::intake::statement::{look::look, read_file};
use poolbook::limits::{
    STATEMENT_BYTES_MAX, STATEMENT_COLUMNS_MAX, STATEMENT_PART_MAX, STATEMENT_PART_TAGS_MAX,
    STATEMENT_ROWS_MAX, TABLE_CELL_MAX,
};
use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::Path;

pub const HEADER: &str = "日期,摘要,收入,支出,余额\n";

/// Code and place of what reading a file ends with; sniffing ends with the same or says more.
fn end(path: &Path) -> String {
    let profiles = Profile::built_in();
    let read = read_file(path, None, &profiles);
    if let Err(problem) = look(path, &profiles) {
        let same = read.as_ref().err().and_then(|problems| problems.first()).map(|p| p.code);
        assert_eq!(Some(problem.code), same, "{}", path.display());
    }
    match read {
        Ok(statements) => {
            format!("{} lines", statements.iter().map(|s| s.lines.len()).sum::<usize>())
        }
        Err(problems) => {
            let row = problems[0].place.row;
            format!("{}{}", problems[0].code, row.map(|row| format!(" {row}")).unwrap_or_default())
        }
    }
}

fn of_bytes(name: &str, bytes: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    end(&path)
}

/// A file of a size, of which only its beginning takes room on the disk.
fn sparse(start: &[u8], size: u64) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    std::fs::write(&path, start).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(size).unwrap();
    end(&path)
}

fn text(rows: &str) -> String {
    of_bytes("a.csv", format!("{HEADER}{rows}").as_bytes())
}

#[test]
fn what_is_no_plain_file_is_refused_without_opening_it() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(end(dir.path()), "file-unreadable");
    assert_eq!(end(Path::new("/dev/zero")), "file-not-regular");
    let pipe = dir.path().join("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(end(&pipe), "file-not-regular");
    assert_eq!(end(&dir.path().join("absent.csv")), "file-missing");
}

#[test]
fn texts_without_end_or_sense() {
    assert_eq!(of_bytes("a.csv", b""), "profile-missing");
    assert_eq!(of_bytes("a.csv", b"\n\n\n"), "profile-missing");
    // A gigabyte in one line, and as much as is just allowed.
    assert_eq!(sparse(HEADER.as_bytes(), 1 << 30), "file-too-large");
    assert_eq!(sparse(HEADER.as_bytes(), STATEMENT_BYTES_MAX + 1), "file-too-large");
    assert_eq!(sparse(HEADER.as_bytes(), STATEMENT_BYTES_MAX), "encoding-invalid");
    let line = format!("{HEADER}2017-03-01,{}", "x".repeat(9 << 20));
    assert_eq!(of_bytes("a.csv", line.as_bytes()), "row-too-long");
    let quote = format!("{HEADER}2017-03-01,\"{}", "x\n".repeat(5 << 20));
    assert_eq!(of_bytes("a.csv", quote.as_bytes()), "row-too-long");
    // NUL bytes, and GB18030 broken off in the middle of a character.
    assert_eq!(text("2017-03-01,\0,1.00,,1.00\n"), "encoding-invalid");
    let whole = encoding_rs::GB18030.encode(HEADER).0.into_owned();
    assert_eq!(of_bytes("a.csv", &[&whole[..], &[0x81]].concat()), "encoding-invalid");
    assert_eq!(of_bytes("a.csv", &[&whole[..], &[0x81, 0x20, b'\n']].concat()), "encoding-invalid");
    assert_eq!(of_bytes("a.csv", &[0xFF; 64]), "encoding-invalid");
}

#[test]
fn texts_at_their_limits_and_beyond() {
    let wide = |columns: usize| {
        let extra = ",x".repeat(columns - 5);
        let header = HEADER.trim_end();
        of_bytes("a.csv", format!("{header}{extra}\n2017-03-01,,1.00,,1.00\n").as_bytes())
    };
    assert_eq!(wide(STATEMENT_COLUMNS_MAX), "1 lines");
    assert_eq!(wide(STATEMENT_COLUMNS_MAX + 1), "too-many-columns 1");
    assert_eq!(of_bytes("a.csv", ",".repeat(1_000_000).as_bytes()), "too-many-columns 1");
    let memo = |length: usize| text(&format!("2017-03-01,{},1.00,,1.00\n", "x".repeat(length)));
    assert_eq!(memo(TABLE_CELL_MAX), "1 lines");
    assert_eq!(memo(TABLE_CELL_MAX + 1), "cell-too-long 2");
    // Blank rows count for nothing, rows of blanks count.
    let rows = |count: usize| text(&",\n".repeat(count));
    assert_eq!(rows(STATEMENT_ROWS_MAX - 1), "statement-empty");
    let over = format!("too-many-rows {}", STATEMENT_ROWS_MAX + 1);
    assert_eq!(rows(STATEMENT_ROWS_MAX), over);
}

pub fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A workbook of one sheet with these rows and this dimension, and more parts.
pub fn workbook(dimension: &str, rows: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/"#;
    const MAIN: &str = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;
    let root = format!(r#"{RELATIONS}officeDocument" Target="xl/workbook.xml"/></Relationships>"#);
    let book = format!(
        r#"<workbook {MAIN}><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let sheets = format!(
        r#"{RELATIONS}worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#
    );
    let sheet =
        format!(r#"<worksheet {MAIN}>{dimension}<sheetData>{rows}</sheetData></worksheet>"#);
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", sheets.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.extend(more);
    archive(&parts)
}

/// The header row and one movement whose cells may be anything.
pub fn rows_of(cells: &str) -> String {
    let head: String = ('A'..='E')
        .zip(HEADER.trim_end().split(','))
        .map(|(column, name)| {
            format!(r#"<c r="{column}1" t="inlineStr"><is><t>{name}</t></is></c>"#)
        })
        .collect();
    format!(
        r#"<row r="1">{head}</row><row r="2"><c r="A2" t="inlineStr"><is><t>2017-03-01</t></is></c>{cells}</row>"#
    )
}

pub const MOVEMENT: &str = r#"<c r="C2"><v>1</v></c><c r="E2"><v>1</v></c>"#;

fn of_workbook(dimension: &str, cells: &str, more: &[(&str, &[u8])]) -> String {
    of_bytes("a.xlsx", &workbook(dimension, &rows_of(cells), more))
}

#[test]
fn workbooks_are_believed_nothing() {
    assert_eq!(of_workbook("", MOVEMENT, &[]), "1 lines");
    // The range that a workbook claims to fill is not asked for.
    assert_eq!(of_workbook(r#"<dimension ref="A1:XFD1073741824"/>"#, MOVEMENT, &[]), "1 lines");
    let far = format!(r#"{MOVEMENT}</row><row r="1048576"><c r="A1048576"><v>1</v></c>"#);
    // A figure where a day would stand, and no amount, is no movement.
    assert_eq!(of_workbook("", &far, &[]), "1 lines");
    let beyond = format!(r#"{MOVEMENT}</row><row r="1073741824"><c r="A1073741824"><v>1</v></c>"#);
    assert!(of_workbook("", &beyond, &[]).starts_with("too-many-columns"));
    let wide = format!(r#"{MOVEMENT}<c r="XFD2"><v>1</v></c>"#);
    assert_eq!(of_workbook("", &wide, &[]), "too-many-columns 2");
    // A cell that calculates is refused, its value is not believed.
    let formula = r#"<c r="C2"><f>1+1</f><v>1</v></c><c r="E2"><v>1</v></c>"#;
    assert_eq!(of_workbook("", formula, &[]), "sheet-has-formula 2");
    let shared = r#"<c r="C2"><f t="shared" si="0"/><v>1</v></c><c r="E2"><v>1</v></c>"#;
    assert_eq!(of_workbook("", shared, &[]), "sheet-has-formula 2");
}

#[test]
fn workbooks_that_swell_are_not_opened() {
    let zeros = vec![b' '; 8 << 20];
    assert_eq!(of_workbook("", MOVEMENT, &[("xl/media/a.xml", &zeros)]), "archive-bomb");
    let part = vec![b' '; usize::try_from(STATEMENT_PART_MAX).unwrap() + 1];
    assert_eq!(of_workbook("", MOVEMENT, &[("xl/styles.xml", &part)]), "archive-bomb");
    // Many small texts cost more memory than their bytes.
    let items = format!("<sst>{}</sst>", "<si/>".repeat(STATEMENT_PART_TAGS_MAX + 1));
    assert_eq!(
        of_workbook("", MOVEMENT, &[("xl/sharedStrings.xml", items.as_bytes())]),
        "archive-bomb"
    );
    // One cell that goes on and on.
    let long: String = (0..3u32 << 20)
        .map(|i| char::from(b'a' + (u64::from(i) * u64::from(i) % 23) as u8))
        .collect();
    let cell = format!(r#"<c r="B2" t="inlineStr"><is><t>{long}</t></is></c>"#);
    assert_eq!(of_workbook("", &cell, &[]), "archive-bomb");
    let types = b"<!DOCTYPE sst [<!ENTITY a \"aaaa\">]><sst><si><t>&a;</t></si></sst>";
    assert_eq!(of_workbook("", MOVEMENT, &[("xl/sharedStrings.xml", types)]), "xml-doctype");
    let many: Vec<(String, Vec<u8>)> = (0..300).map(|i| (format!("p{i}"), Vec::new())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    assert_eq!(of_workbook("", MOVEMENT, &many), "archive-bomb");
    assert_eq!(of_workbook("", MOVEMENT, &[("xl/vbaProject.bin", b"x")]), "workbook-macros");
}

#[test]
fn cells_of_a_workbook_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.xlsx");
    std::fs::write(&path, workbook("", &rows_of(MOVEMENT), &[])).unwrap();
    let read = |cells: usize| {
        let bounds = Bounds { cells, ..Bounds::STATEMENT };
        let options = Options { bounds, ..Options::default() };
        let read = visit_rows(&path, &options, &mut |_, _| Ok(ControlFlow::Continue(())));
        read.map(|_| ()).map_err(|problem| problem.code)
    };
    assert_eq!(read(8), Ok(()));
    assert_eq!(read(7), Err("too-many-cells"));
}

#[test]
fn old_workbooks_that_calculate_or_claim() {
    let path = crate::support::fixture("statements/cmbc.xls");
    let whole = std::fs::read(path).unwrap();
    assert_eq!(of_bytes("a.xls", &whole), "7 lines");
    // The first number becomes a formula: its record changes its kind.
    let kinds = |bytes: &[u8]| {
        (512..bytes.len() - 18).find(|at| bytes[*at..].starts_with(&[0x03, 0x02, 14, 0])).unwrap()
    };
    let mut changed = whole.clone();
    let at = kinds(&changed);
    changed[at..at + 2].copy_from_slice(&[0x06, 0x00]);
    let told = of_bytes("a.xls", &changed);
    assert!(told == "sheet-has-formula 7" || told == "workbook-damaged", "{told}");
    // A cell far below: the rectangle between would be filled.
    let mut far = whole.clone();
    far[at + 4..at + 8].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x00]);
    assert_eq!(of_bytes("a.xls", &far), "too-many-cells");
    for cut in [512, 1024, 2048, whole.len() - 1] {
        let told = of_bytes("a.xls", &whole[..cut]);
        assert!(told.starts_with("workbook-damaged") || told == "7 lines", "{cut}: {told}");
    }
}

#[test]
fn messages_without_end_or_sense() {
    let camt = |body: &str| {
        let text = format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt>{body}"
        );
        of_bytes("a.xml", text.as_bytes())
    };
    assert_eq!(camt("</BkToCstmrStmt></Document>"), "statement-empty");
    assert_eq!(camt(""), "xml-damaged 1");
    assert_eq!(camt(&"<a>".repeat(1_000_000)), "xml-too-large 1");
    assert_eq!(camt(&"x".repeat(2 << 20)), "xml-too-large 1");
    assert_eq!(camt(&format!("<a b=\"{}\"/>", "x".repeat(2 << 20))), "xml-too-large 1");
    assert_eq!(camt("<a>&file;</a>"), "xml-entity 1");
    let doctype =
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><!-- camt.053 --><a>&x;</a>";
    assert_eq!(of_bytes("a.xml", doctype.as_bytes()), "xml-doctype 1");
    assert_eq!(camt(&" ".repeat(33 << 20)), "file-too-large");
    let swift = |rest: &str| {
        of_bytes("a.sta", format!(":20:A\n:25:B\n:28C:1\n:60F:C170301CNY1,00\n{rest}").as_bytes())
    };
    assert_eq!(swift(":62F:C170301CNY1,00\n"), "0 lines");
    assert_eq!(swift(""), "statement-balance-missing 1");
    assert_eq!(swift(&format!(":61:{}", "1".repeat(2 << 20))), "row-too-long 5");
    assert_eq!(swift(&format!(":86:{}", "x\n".repeat(1 << 20))), "mt940-field 5");
    assert_eq!(swift(":61:1702301301D1,00NMSC\n"), "mt940-field 5");
    assert_eq!(swift(":60F:C170301CNY1,00\n"), "mt940-field 5");
    assert_eq!(swift(":61:170301D99999999999999999999,00NMSCX\n"), "amount-range 5");
    assert_eq!(swift(":61:170301元\n"), "mt940-field 5");
}

/// Web pages, archives of pages and workbooks as XML: nesting, width, spans, length, loops of names.
#[test]
fn pages_made_to_harm_end_in_a_clear_error() {
    let page = |body: &str| of_bytes("a.xls", format!("<html><body>{body}").as_bytes());
    let head = "<tr><td>日期<td>摘要<td>收入<td>支出<td>余额</tr>";
    let row = "<tr><td>2017-03-01<td>到位<td>5.00<td><td>5.00</tr>";
    assert_eq!(page(&format!("<table>{head}{row}")), "1 lines");
    assert_eq!(page(&"<table><tr><td>".repeat(100_000)), "xml-too-large");
    assert_eq!(
        page(&format!("<table>{}", "<td>x".repeat(STATEMENT_COLUMNS_MAX + 1))),
        "too-many-columns 1"
    );
    assert_eq!(page(&format!("<td>{}", "x".repeat(TABLE_CELL_MAX + 1))), "cell-too-long 1");
    assert_eq!(page(&format!("<td class='{}", "x".repeat(3 << 20))), "xml-too-large 1");
    assert_eq!(page(&format!("<!--{}", "x".repeat(3 << 20))), "xml-too-large 1");
    // Spans as large as they can be written, in a thousand rows: nothing is made of them.
    let spans = "<tr><td rowspan=4294967295 colspan=4294967295></tr>".repeat(1000);
    assert_eq!(page(&format!("<table>{spans}")), "profile-missing");
    assert_eq!(page(&format!("<table>{spans}</table><table>{head}{row}</table>")), "1 lines");
    assert_eq!(page(&"</table></td></tr></div>".repeat(10_000)), "profile-missing");
    assert_eq!(
        page(&format!(
            "<table>{head}<tr><td>2017-03-01<td>a<td>&#0;&#xD800;&nosuch;5.00<td><td>5.00"
        )),
        "statement-amount 2"
    );
    assert_eq!(of_bytes("a.xls", b"<table><tr><td>\xFF\xFF</table>"), "encoding-invalid");
    assert_eq!(of_bytes("a.xls", b"<html>\0\0\0"), "encoding-invalid");
    let workbook = |rows: &str| {
        of_bytes("a.xls", format!("<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet Name=\"S\"><Table>{rows}</Table></Worksheet></Workbook>").as_bytes())
    };
    assert_eq!(
        workbook(
            "<Row Index=\"4294967295\"><Cell Index=\"4294967295\"><Data>x</Data></Cell></Row>"
        ),
        "too-many-columns 4294967295"
    );
    assert_eq!(workbook(&"<Row>".repeat(40)), "xml-too-large 1");
    assert_eq!(of_bytes("a.xls", b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a 'b'>]><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>"), "xml-doctype 1");
    let parts = format!(
        "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n{}--b--\n",
        "--b\nContent-Type: text/html\n\n<table><td>x\n".repeat(300)
    );
    assert_eq!(of_bytes("a.mht", parts.as_bytes()), "archive-bomb");
}

/// A zip that swells, lies about its sizes, or holds another zip.
#[test]
fn zips_made_to_harm_end_in_a_clear_error() {
    let zip = |files: &[(&str, &[u8])]| {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let nought = vec![b' '; 40 << 20];
    assert_eq!(of_bytes("a.zip", &zip(&[("a.xml", &nought)])), "archive-bomb");
    assert_eq!(
        of_bytes("a.zip", &zip(&[("a.zip", &zip(&[("a.zip", &zip(&[("a.xml", b"<x/>")]))]))])),
        "file-kind"
    );
    let mut lying = zip(&[("a.xml", &nought[..2 << 20])]);
    // The sizes in the directory say that there is next to nothing.
    let directory = lying.windows(4).position(|mark| mark == b"PK\x01\x02").unwrap();
    lying[directory + 24..directory + 28].copy_from_slice(&[1, 0, 0, 0]);
    let told = of_bytes("a.zip", &lying);
    assert!(
        ["archive-bomb", "workbook-damaged", "profile-missing"].contains(&told.as_str()),
        "{told}"
    );
    assert_eq!(of_bytes("a.zip", &zip(&[("../../etc/passwd.csv", b"x")])), "profile-missing");
}
