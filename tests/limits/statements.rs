//! The bounds of files of banks. What is at a bound is read to its end, where the disk bears it.

use super::Held::{Elsewhere, Refused};
use super::{Bound, usize_of, with_file, with_holes};
use crate::statements_hostile::{HEADER, MOVEMENT, archive, rows_of, workbook};
use crate::support::random::Random;
use poolbook::intake::profile::Profile;
use poolbook::intake::rows::{Bounds, Options, visit_rows};
use poolbook::intake::statement::read_file;
use poolbook::limits::{
    MESSAGE_BYTES_MAX, STATEMENT_BYTES_MAX, STATEMENT_CELLS_MAX, STATEMENT_COLUMNS_MAX,
    STATEMENT_PART_MAX, STATEMENT_PART_TAGS_MAX, STATEMENT_RATIO_MAX, STATEMENT_ROWS_MAX,
    STATEMENT_WORKBOOK_BYTES_MAX, XML_DEPTH_MAX, XML_EVENTS_MAX, XML_TEXT_MAX,
};
use std::fmt::Display;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;

pub const HELD: &[Bound] = &[
    (
        "STATEMENT_BYTES_MAX",
        // At the bound it is read, up to the hole.
        Refused("file-too-large", |more| {
            let size = STATEMENT_BYTES_MAX + more;
            with_holes("a.csv", HEADER.as_bytes(), size, |path| {
                held(path, STATEMENT_BYTES_MAX, &["encoding-invalid"])
            })
        }),
    ),
    (
        "STATEMENT_ROWS_MAX",
        Refused("too-many-rows", |more| {
            let rows = "1\n".repeat(STATEMENT_ROWS_MAX + usize_of(more));
            with_file("a.csv", rows.as_bytes(), |path| {
                let options = Options { bounds: Bounds::STATEMENT, ..Options::default() };
                super::told(visit_rows(path, &options, &mut |_, _| Ok(ControlFlow::Continue(()))))
            })
        }),
    ),
    // A file that holds so many movements takes long to read.
    (
        "STATEMENT_ROWS_MAX",
        Elsewhere("src/intake/statement/message.rs", "movements_of_one_file_are_counted"),
    ),
    (
        "STATEMENT_COLUMNS_MAX",
        Refused("too-many-columns", |more| {
            let more = ",x".repeat(STATEMENT_COLUMNS_MAX + usize_of(more) - 5);
            let text = format!("{}{more}\n2017-03-01,,1.00,,1.00\n", HEADER.trim_end());
            with_file("a.csv", text.as_bytes(), |path| held(path, STATEMENT_COLUMNS_MAX, &[]))
        }),
    ),
    (
        "STATEMENT_WORKBOOK_BYTES_MAX",
        // At the bound it is looked at, and is no sound workbook.
        Refused("file-too-large", |more| {
            let size = STATEMENT_WORKBOOK_BYTES_MAX + more;
            with_holes("a.xlsx", b"PK\x03\x04", size, |path| {
                held(path, STATEMENT_WORKBOOK_BYTES_MAX, &["workbook-damaged"])
            })
        }),
    ),
    ("STATEMENT_CELLS_MAX", Refused("too-many-cells", cells)),
    (
        "STATEMENT_PART_MAX",
        Refused("archive-bomb", |more| {
            let bytes = tagged(usize_of(STATEMENT_PART_MAX / 1024), 1024);
            let bytes = [bytes, vec![b' '; usize_of(more)]].concat();
            of_part("xl/media/a.xml", &bytes, STATEMENT_PART_MAX)
        }),
    ),
    (
        "STATEMENT_PART_TAGS_MAX",
        Refused("archive-bomb", |more| {
            let bytes = tagged(STATEMENT_PART_TAGS_MAX + usize_of(more), 5);
            of_part("xl/media/a.xml", &bytes, STATEMENT_PART_TAGS_MAX)
        }),
    ),
    ("STATEMENT_RATIO_MAX", Refused("archive-bomb", ratio)),
    (
        "MESSAGE_BYTES_MAX",
        Refused("file-too-large", |more| {
            let size = MESSAGE_BYTES_MAX + more;
            let found = with_holes("a.xml", camt("").as_bytes(), size, |path| {
                held(path, MESSAGE_BYTES_MAX, &["encoding-invalid"])
            });
            let start = MESSAGE.as_bytes();
            let other = with_holes("a.sta", start, size, |path| {
                held(path, MESSAGE_BYTES_MAX, &["encoding-invalid"])
            });
            assert_eq!(found, other);
            found
        }),
    ),
    (
        "XML_TEXT_MAX",
        Refused("xml-too-large", |more| {
            let text = super::long(XML_TEXT_MAX, more);
            of_camt(&format!("<a>{text}</a>"), XML_TEXT_MAX)
        }),
    ),
    (
        "XML_TEXT_MAX",
        Refused("mt940-field", |more| {
            // A field in two lines; the line feed between them counts for nothing.
            let half = "x".repeat(XML_TEXT_MAX / 2);
            let rest = super::long(XML_TEXT_MAX / 2, more);
            let text = format!("{MESSAGE}:62F:C170301CNY1,00\n:86:{half}\n{rest}\n");
            with_file("a.sta", text.as_bytes(), |path| held(path, "", &[]))
        }),
    ),
    (
        "XML_DEPTH_MAX",
        Refused("xml-too-large", |more| {
            // Three elements are open around it.
            let depth = XML_DEPTH_MAX - 3 + usize_of(more);
            let nest = "<a>".repeat(depth) + &"</a>".repeat(depth);
            of_camt(&nest, XML_DEPTH_MAX)
        }),
    ),
    (
        "XML_EVENTS_MAX",
        Refused("xml-too-large", |more| {
            // Each processing instruction is one; nothing else makes so small a file.
            of_camt(
                &"<?a?>".repeat(XML_EVENTS_MAX - events(&camt("")) + usize_of(more)),
                XML_EVENTS_MAX,
            )
        }),
    ),
];

/// Reads a statement. Only its bound may refuse it, unless what stops the reading is among `others`.
fn held(path: &Path, limit: impl Display, others: &[&str]) -> Result<(), String> {
    let Err(problems) = read_file(path, None, &Profile::built_in()) else { return Ok(()) };
    let problem = &problems[0];
    if others.contains(&problem.code) {
        return Ok(());
    }
    let by = problem.arg("limit").unwrap_or_default();
    assert_eq!(by, limit.to_string(), "{problem}");
    Err(problem.code.to_owned())
}

/// A sound workbook with one part more.
fn of_part(name: &str, bytes: &[u8], limit: impl Display) -> Result<(), String> {
    let sound = rows_of(MOVEMENT);
    let bytes = workbook("", &sound, &[(name, bytes)]);
    with_file("a.xlsx", &bytes, |path| held(path, limit, &[]))
}

/// So many tags, each with blanks behind it to so many bytes, which do not pack too well.
fn tagged(tags: usize, each: usize) -> Vec<u8> {
    let mut random = Random(7);
    let mut bytes = Vec::with_capacity(tags * each);
    for number in 1..=tags {
        bytes.extend([b'<', b'a' + random.below(26) as u8, b'/', b'>']);
        bytes.extend((4..each.min(12)).map(|_| b'a' + random.below(26) as u8));
        bytes.resize(number * each, b' ');
    }
    bytes
}

/// A part that inflates to 200 times what it is packed to: some noise, and noughts to that size.
fn ratio(more: u64) -> Result<(), String> {
    let mut random = Random(7);
    let noise: Vec<u8> = (0..4_600).map(|_| random.next() as u8).collect();
    // What another nought packs to wavers by a byte, so not every noise has such a size.
    let (bytes, size) = (4_400..noise.len())
        .find_map(|length| {
            let sized = |size| [&noise[..length], &vec![0; usize_of(size) - length]].concat();
            let mut size = 1_090_000;
            for _ in 0..6 {
                size = STATEMENT_RATIO_MAX * packed(&sized(size));
            }
            let fits = |more| STATEMENT_RATIO_MAX * packed(&sized(size + more)) == size;
            (fits(0) && fits(1)).then(|| (sized(size + more), size))
        })
        .unwrap();
    assert!(size > 1 << 20);
    of_part("xl/media/a.bin", &bytes, size)
}

/// Bytes that a part takes in an archive.
fn packed(bytes: &[u8]) -> u64 {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive(&[("a", bytes)]))).unwrap();
    let part = archive.by_index(0).unwrap();
    part.compressed_size()
}

/// A sheet of so many cells, a hundred in a row.
fn cells(more: u64) -> Result<(), String> {
    let (mut rows, mut random) = (String::new(), Random(7));
    for number in 0..STATEMENT_CELLS_MAX + usize_of(more) {
        if number % 100 == 0 {
            rows.push_str(if number == 0 { "<row>" } else { "</row><row>" });
        }
        rows.push_str(&format!("<c><v>{}</v></c>", random.below(100)));
    }
    let bytes = workbook("", &(rows + "</row>"), &[]);
    with_file("a.xlsx", &bytes, |path| {
        let options = Options { bounds: Bounds::STATEMENT, ..Options::default() };
        let mut seen = 0;
        let read = visit_rows(path, &options, &mut |_, cells| {
            seen += cells.len();
            Ok(ControlFlow::Continue(()))
        });
        let whole = (read.is_ok(), seen == STATEMENT_CELLS_MAX);
        assert_eq!(whole, (more == 0, more == 0), "{read:?}");
        super::told(read)
    })
}

/// The beginning of a SWIFT message.
const MESSAGE: &str = ":20:A\n:25:B\n:28C:1\n:60F:C170301CNY1,00\n";

/// A message of one statement without movements, with more inside it.
fn camt(more: &str) -> String {
    let balance = |kind: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">1.00</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2017-03-01</Dt></Dt></Bal>"
        )
    };
    let (opening, closing) = (balance("OPBD"), balance("CLBD"));
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt>\
         {opening}{more}{closing}</Stmt></BkToCstmrStmt></Document>"
    )
}

/// Tags, and texts between them.
fn events(xml: &str) -> usize {
    let texts = xml.split('>').filter(|rest| !rest.is_empty() && !rest.starts_with('<'));
    xml.matches('<').count() + texts.count()
}

fn of_camt(more: &str, limit: usize) -> Result<(), String> {
    with_file("a.xml", camt(more).as_bytes(), |path| held(path, limit, &[]))
}
