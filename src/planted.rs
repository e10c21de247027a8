//! Bugs planted on purpose to test the tests: the tests that guard against one must fail while it
//! is active (`tests/planted.rs`).
//!
//! In a release build the answer is a constant `false`, and the compiler leaves nothing of it. In a
//! build with debug assertions a test switches on one bug at a time; nothing else can, no environment
//! variable and no setting.

/// One bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Bug {
    /// A group is acknowledged without a sync of the journal.
    AcknowledgedUnsynced = 1,
    /// The head counts a group before the group is on the disk.
    HeadBeforeData,
    /// Every slot is written to the same place of the head.
    HeadNotAlternating,
    /// The names of a new book are not made durable.
    NamesUnsynced,
    /// The journal's name is not durable when the head's is.
    HeadNamedFirst,
    /// The checksum of a line is not compared.
    LineChecksumIgnored,
    /// The checksum of a slot of the head is not compared.
    SlotChecksumIgnored,
    /// A journal that is shorter than its length in the head is accepted.
    ShortJournalAccepted,
    /// An unfinished group at the end is counted.
    TornGroupCounted,
    /// A failed sync is tried again, and its success is trusted.
    SyncTriedAgain,
    /// A failed write is tried again through the same handle.
    WriteTriedAgain,
    /// The handle continues after a failure.
    PoisonForgotten,
    /// The copy of a torn tail is not durable when the tail is cut.
    QuarantineUnsynced,
    /// The tail is cut before it is copied.
    CutBeforeCopy,
    /// A torn tail is treated as damage.
    TornTailIsDamage,
    /// Damage behind the head is treated as a torn tail.
    DamageIsTornTail,
    /// Entries found behind the head are counted in it without being made durable.
    TailBelieved,
    /// After a failed sync in an earlier process, a sync that succeeds is trusted.
    LaterSyncBelieved,
    /// A slot left by an earlier process is assumed to be on the disk.
    SlotBelieved,
    /// The root of the journal is not compared with that of the head.
    RootNotCompared,
    /// The index is trusted even if it does not lead to the journal.
    IndexBelieved,
    /// The older of two slots counts.
    OlderSlotCounts,
    /// A leaf of the tree is hashed with the prefix of a node.
    LeafPrefix,
    /// A discarded group stays in the file.
    TailLeft,
    /// A refused opening leaves a lock file.
    RefusalLeavesLock,
    /// A panic of the index is passed on.
    IndexUnguarded,
    /// One person may make and check.
    SamePerson,
    /// Half a fen is rounded to the even fen.
    HalfEven,
    /// A voucher number is assigned twice.
    VoucherTwice,
    /// A closed period accepts entries.
    ClosedPeriodOpen,
    /// Debit and credit are exchanged in one posting.
    SidesExchanged,
    /// The credit of a posting is missing.
    CellUnbalanced,
    /// An entry is reversed again.
    ReversedTwice,
    /// Claims do not count in their ceilings.
    CapsUncounted,
    /// Another event with a known id counts as already recorded.
    IdReused,
    /// Sums wrap around instead of being refused.
    SumWraps,
    /// The time of recording may go back.
    ClockBack,
    /// The auditor ignores entries that do not balance.
    AuditorBlind,
    /// The auditor ignores gaps in the voucher numbers.
    GapAccepted,
    /// A backup gets its name before its bytes are on the disk.
    BackupUnsynced,
    /// A backup is reported as complete before its name is durable.
    BackupNameUnsynced,
    /// The head of a restored book counts lines that are not on the disk.
    RestoredUnsynced,
    /// The leaf hashes are reported as kept before their name is durable.
    LeavesNameUnsynced,
    /// A failed call of the disk counts as proof that a file is missing, and no test that an index
    /// is empty precedes a replay.
    SilenceIsAbsence,
    /// A key of a working is out of order.
    KeysUnsorted,
    /// All entries behind the head are counted.
    TailUnjudged,
}

/// Whether a bug is there: never.
#[cfg(not(debug_assertions))]
pub const fn planted(_: Bug) -> bool {
    false
}

#[cfg(debug_assertions)]
static PLANTED: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// Whether a bug is there.
#[cfg(debug_assertions)]
pub fn planted(bug: Bug) -> bool {
    PLANTED.load(std::sync::atomic::Ordering::Relaxed) == bug as u8
}

/// Plants one bug instead of the last one, or removes it.
#[cfg(debug_assertions)]
pub fn plant(bug: Option<Bug>) {
    PLANTED.store(bug.map_or(0, |bug| bug as u8), std::sync::atomic::Ordering::SeqCst);
}
