//! All bounds of the program in one table.
//!
//! A limit is defined once, here, and used by name wherever it is tested. Text lengths are counted
//! in characters, file sizes in bytes, money in fen (0.01 yuan).

/// Format of a book's files: the number in the head, in the first entry and in files made from a
/// book.
pub const FORMAT: u32 = 2;
/// Most bytes behind the journal's counted entries that are not lines, and most bytes of an
/// unfinished group that are copied to quarantine.
pub const TAIL_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Largest amount, in fen, positive or negative: 10^15 yuan.
pub const MONEY_MAX_FEN: i64 = 100_000_000_000_000_000;
/// Longest text of one amount, commas included.
pub const MONEY_TEXT_MAX: usize = 25;
/// Most decimals of a rate or a share.
pub const RATE_DECIMALS_MAX: u32 = 8;
/// Largest numerator or denominator of a share written as a fraction.
pub const FRACTION_PART_MAX: i128 = 1_000_000_000_000_000_000;
/// First year of any date.
pub const YEAR_MIN: i16 = 1900;
/// Last year of any date.
pub const YEAR_MAX: i16 = 2199;
/// Longest identifier of a party, loan, note, claim, bank account or owner.
pub const ID_MAX: usize = 64;
/// Longest identifier of an event or subsidy line, which may consist of a period, a loan and a
/// note.
pub const EVENT_ID_MAX: usize = 200;
/// Longest name of an owner, firm or bank.
pub const NAME_MAX: usize = 100;
/// Longest document number, memo or reason.
pub const MEMO_MAX: usize = 2_000;
/// Most attachments of one event.
pub const ATTACHMENTS_MAX: usize = 100;
/// Largest text of rules or rates adopted by one event.
pub const RULES_TEXT_MAX: usize = 256 * 1024;
/// Most cases tried to prove that the bands of a rules text leave no gap.
pub const BAND_CASES_MAX: usize = 200_000;
/// Most lines of one entry.
pub const LINES_MAX: usize = 500;
/// Most entries that one correction reverses and records again, so that its journal line stays
/// within its bound.
pub const CORRECT_STEPS_MAX: usize = 200;
/// Largest whole number of a field.
pub const COUNT_MAX: u64 = 1_000_000_000;
/// Most lines of a statement, and most lines of the book, that one match names.
pub const MATCH_LINES_MAX: usize = 100;
/// Most parts of one statement.
pub const STATEMENT_PARTS_MAX: u64 = 2_000;
/// Largest JSON of the movements of one part of a statement.
pub const STATEMENT_PART_BYTES: usize = 400 * 1024;
/// Most open items of a certificate.
pub const CERTIFICATE_OPEN_MAX: usize = 5_000;
/// Most later entries on a certified day that are remembered.
pub const CERTIFICATE_TOUCHES_MAX: usize = 32;
/// Longest line of a journal or of a JSON Lines file.
pub const JOURNAL_LINE_MAX: usize = 1024 * 1024;
/// Largest checkpoint text.
pub const CHECKPOINT_BYTES_MAX: usize = 8 * 1024;
/// Most signatures of one checkpoint.
pub const CHECKPOINT_SIGNATURES_MAX: usize = 32;
/// Most hashes of one proof: a path in a tree of 2^64 entries.
pub const PROOF_HASHES_MAX: usize = 64;
/// Largest proof file: a journal line with every quote escaped, and the rest of the proof.
pub const PROOF_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Largest file of a key.
pub const KEY_BYTES_MAX: u64 = 16 * 1024;
/// Longest first line of a backup.
pub const BACKUP_HEADER_MAX: usize = 4 * 1024;
/// Deepest nesting of a JSON value from outside.
pub const JSON_DEPTH_MAX: usize = 16;
/// Largest table file (csv, text) that is read.
pub const TABLE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Most rows of one table.
pub const TABLE_ROWS_MAX: usize = 2_000_000;
/// Most columns of one table.
pub const TABLE_COLUMNS_MAX: usize = 256;
/// Longest cell of a table.
pub const TABLE_CELL_MAX: usize = 32 * 1024;
/// Largest workbook file.
pub const WORKBOOK_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// Most non-empty cells read from one workbook.
pub const WORKBOOK_CELLS_MAX: usize = 2_000_000;
/// Largest settings file (book.toml, rules, rates, mapping, profile).
pub const SETTINGS_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Seconds a second process waits for the book.
pub const LOCK_WAIT_SECONDS: u64 = 5;
/// Seconds that a reader waits for a process that has the index open, before it builds one in
/// memory.
pub const INDEX_COPY_WAIT_SECONDS: u64 = 3;
/// Seconds that sled may take for opening or for one batch before the index is given up.
pub const INDEX_WAIT_SECONDS: u64 = 60;
/// Most parts of a workbook's archive.
pub const WORKBOOK_PARTS_MAX: usize = 200;
/// Largest part of a workbook, inflated.
pub const WORKBOOK_PART_MAX: u64 = 64 * 1024 * 1024;
/// Largest workbook, all parts inflated.
pub const WORKBOOK_INFLATED_MAX: u64 = 200 * 1024 * 1024;
/// Most rows of a sheet in the workbook format.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;
/// Largest file of a bank statement as a table (csv, text).
pub const STATEMENT_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Most rows of a bank statement, and most movements of one file.
pub const STATEMENT_ROWS_MAX: usize = 1_000_000;
/// Most columns of a bank statement.
pub const STATEMENT_COLUMNS_MAX: usize = 200;
/// Largest workbook that holds a bank statement.
pub const STATEMENT_WORKBOOK_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Most cells read from the workbook of a bank statement, over all sheets of an old workbook.
pub const STATEMENT_CELLS_MAX: usize = 1_000_000;
/// Largest part of a statement's workbook besides its sheets (shared texts, styles), inflated.
pub const STATEMENT_PART_MAX: u64 = 16 * 1024 * 1024;
/// Most tags of such a part: each shared text of a workbook stays in memory.
pub const STATEMENT_PART_TAGS_MAX: usize = 1_500_000;
/// Largest ratio of inflated to packed size of a part of a statement's workbook, beyond 1 MiB.
pub const STATEMENT_RATIO_MAX: u64 = 200;
/// Largest file of a message format (camt.053, MT940).
pub const MESSAGE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Longest text between two tags of an XML file, or field of a message format.
pub const XML_TEXT_MAX: usize = 1024 * 1024;
/// Deepest nesting of XML elements.
pub const XML_DEPTH_MAX: usize = 32;
/// Most events (tags, texts) of an XML file.
pub const XML_EVENTS_MAX: usize = 5_000_000;
