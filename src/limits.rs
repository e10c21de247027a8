//! Every bound of the program in one table.
//!
//! A limit is stated once, here, and named wherever it is tested. Text lengths are counted in
//! characters, file sizes in bytes, money in fen (0.01 yuan).

/// Largest amount, in fen, either side of zero: 10^15 yuan.
pub const MONEY_MAX_FEN: i64 = 100_000_000_000_000_000;
/// Longest text of one amount, commas included.
pub const MONEY_TEXT_MAX: usize = 25;
/// Most decimals of a rate or a share.
pub const RATE_DECIMALS_MAX: u32 = 8;
/// Largest numerator or denominator of a share written as a fraction.
pub const FRACTION_PART_MAX: i128 = 1_000_000_000_000_000_000;
/// First and last year of any date.
pub const YEAR_MIN: i16 = 1900;
/// Last year of any date.
pub const YEAR_MAX: i16 = 2199;
/// Longest identifier of a party, loan, note, claim, bank account or owner.
pub const ID_MAX: usize = 64;
/// Longest identifier of an event or subsidy line; it may be made of a period, a loan and a note.
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
/// Longest line of a journal or of a JSON Lines file.
pub const JOURNAL_LINE_MAX: usize = 1024 * 1024;
/// Longest first line of a backup.
pub const BACKUP_HEADER_MAX: usize = 4 * 1024;
/// Deepest nesting of a JSON value taken in from outside.
pub const JSON_DEPTH_MAX: usize = 16;
/// Largest table file (csv, text) taken in.
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
/// Seconds that sled may take over opening or one batch before the index is given up.
pub const INDEX_WAIT_SECONDS: u64 = 60;
/// Most parts of a workbook's archive.
pub const WORKBOOK_PARTS_MAX: usize = 200;
/// Largest part of a workbook, inflated.
pub const WORKBOOK_PART_MAX: u64 = 64 * 1024 * 1024;
/// Largest workbook, all parts inflated.
pub const WORKBOOK_INFLATED_MAX: u64 = 200 * 1024 * 1024;
/// Most rows of a sheet, as the format has it.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;
