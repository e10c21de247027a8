#!/usr/bin/env python3
"""Second verifier of poolbook journals: plain Python 3.9 or later, no other file, no other module.

It was written from src/notes/format.md alone and shares nothing with the program, so that an
auditor need not trust the program to check a book. It reads

  a book's directory         journal.jsonl and head
  a journal.jsonl            lines with their checksums
  an exported journal        the JSON lines alone (poolbook export journal)
  a backup                   poolbook backup FILE
  an owner's proof pack      poolbook export audit: *.pack.jsonl

and says whether it is sound, or which record is the first bad one and why.

  python3 second_verifier.py [--json] [--checkpoint FILE]... [--no-sm3] PATH...
  python3 second_verifier.py --self-test

Exit codes: 0 sound, 1 the bytes are sound and what they say is not, 2 usage, 66 there is nothing
to read, 76 bytes are damaged or history differs from a checkpoint, 77 a newer or an older format.

What it cannot tell: whether the rules were applied rightly (it decides no event again), whether a
signature on a checkpoint is good (compare the printed check code), and a history that was forged as
a whole, unless you hold an earlier root or checkpoint.
"""

import base64
import collections
import datetime
import hashlib
import json
import os
import re
import struct
import sys
import unicodedata

SOUND, FINDINGS, USAGE, NO_INPUT, DAMAGED, NEWER = 0, 1, 2, 66, 76, 77
FORMAT = 2
LINE_MAX = 1048576
FUNDS = ("RISK", "INT", "GFEE")
FUND_OF = {code: fund for fund, codes in {
    "RISK": "1002.01 1218.02 1218.03 1219.02 2307.01 2307.02 2307.03 4001.04 4609.01 5001.01 5001.04",
    "INT": "1002.02 2303.01 2401.01 4001.02 5001.02",
    "GFEE": "1002.03 2303.02 2401.02 4001.03 5001.03"}.items() for code in codes.split()}
ENTRY_KEYS = set("approver attachments checker date document effective event id lines maker memo"
                 " more recorded reverses rules seq voucher working".split())
LINE_KEYS = ("account", "amount", "bank_account", "claim", "fund", "loan", "owner", "party", "side",
             "source")
AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,15})\.[0-9]{2}")
ACCOUNT = re.compile(r"[0-9]{4}(\.[0-9]{2})?")
RECORDED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def person(name):
    """What all spellings of a person's name have in common."""
    wide = unicodedata.normalize("NFKC", name or "").casefold()
    return "".join(letter for letter in wide if letter.isalnum())


class Stop(Exception):
    """What ends a check early: exit code, code, detail."""


# ---- checksums and hashes -------------------------------------------------------------------

def crc_table():
    """CRC-32C (Castagnoli, reflected 0x82F63B78) of every byte."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC = crc_table()
CRC_BYTES = [bytes(value >> shift & 255 for value in CRC) for shift in (0, 8, 16, 24)]


def crc32c(data, crc=0xFFFFFFFF):
    for byte in data:
        crc = CRC[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def crc32c_of_all(lines):
    """The same for many lines at once, column by column: the bytes of the states of all lines stand
    in four long integers, and `translate` looks a whole column up. Twenty times as fast."""
    order = sorted(range(len(lines)), key=lambda n: -len(lines[n]))
    width, active, crcs = max(map(len, lines), default=0), len(lines), [0] * len(lines)
    sheet = b"".join(lines[n].ljust(width, b"\0") for n in order)
    state = [int.from_bytes(b"\xff" * active, "little")] * 4
    for column in range(width + 1):
        shorter = active
        while shorter and (len(lines[order[shorter - 1]]) <= column or shorter < 16):
            shorter -= 1
        if shorter < active:                       # these lines end here, or too few are left
            parts = [part.to_bytes(active, "little") for part in state]
            for row in range(shorter, active):
                crc = sum(part[row] << 8 * n for n, part in enumerate(parts))
                crcs[order[row]] = crc32c(lines[order[row]][column:], crc)
            state = [int.from_bytes(part[:shorter], "little") for part in parts]
            active = shorter
        if not active:
            return crcs
        index = state[0] ^ int.from_bytes(sheet[column:active * width:width], "little")
        index = index.to_bytes(active, "little")
        found = [int.from_bytes(index.translate(table), "little") for table in CRC_BYTES]
        state = [found[0] ^ state[1], found[1] ^ state[2], found[2] ^ state[3], found[3]]
    return crcs


def sha256(data):
    return hashlib.sha256(data).digest()


def sm3_plain(data):
    """SM3 (GB/T 32905-2016), for an OpenSSL that lacks it. A thousand times slower."""
    mask = 0xFFFFFFFF

    def rol(x, n):
        n %= 32
        return ((x << n) | (x >> (32 - n))) & mask

    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
             0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + b"\0" * ((55 - len(data)) % 64) + struct.pack(">Q", 8 * len(data))
    for at in range(0, len(padded), 64):
        w = list(struct.unpack(">16I", padded[at:at + 64]))
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ rol(w[j - 3], 15)
            w.append(x ^ rol(x, 15) ^ rol(x, 23) ^ rol(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            ss1 = rol((rol(a, 12) + e + rol(0x79CC4519 if j < 16 else 0x7A879D8A, j)) & mask, 7)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & mask & g)
            tt1 = (ff + d + (ss1 ^ rol(a, 12)) + (w[j] ^ w[j + 4])) & mask
            tt2 = (gg + h + ss1 + w[j]) & mask
            a, b, c, d = tt1, a, rol(b, 9), c
            e, f, g, h = tt2 ^ rol(tt2, 9) ^ rol(tt2, 17), e, rol(f, 19), g
        state = [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]
    return struct.pack(">8I", *state)


def sm3_of_openssl():
    try:
        hashlib.new("sm3", b"")
        return lambda data: hashlib.new("sm3", data).digest()
    except ValueError:
        return None


class Tree:
    """RFC 6962: leaf = H(0, entry), node = H(1, left, right); kept as its complete subtrees."""

    def __init__(self, digest):
        self.digest, self.count, self.nodes = digest, 0, []

    def append(self, entry):
        node, count = self.digest(b"\0" + entry), self.count
        while count & 1:
            node = self.digest(b"\1" + self.nodes.pop() + node)
            count >>= 1
        self.nodes.append(node)
        self.count += 1

    def copy(self):
        tree = Tree(self.digest)
        tree.count, tree.nodes = self.count, list(self.nodes)
        return tree

    def root(self):
        if not self.nodes:
            return self.digest(b"")
        node = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            node = self.digest(b"\1" + left + node)
        return node


def included(entry, seq, size, proof, root):
    """RFC 9162, 2.1.3.2: whether the entry of number `seq` (from 1) stands in the tree."""
    place, last, node = seq - 1, size - 1, sha256(b"\0" + entry)
    if not 0 <= place <= last or len(proof) > 64:
        return False
    for other in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = sha256(b"\1" + other + node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(b"\1" + node + other)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


# ---- the contents of entries ----------------------------------------------------------------

def no_twins(pairs):
    """An object whose keys are all different."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


def no_float(text):
    raise ValueError("a number that is no integer: " + text)


PLAIN = json.JSONDecoder(object_pairs_hook=no_twins, parse_float=no_float, parse_constant=no_float)
CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fen(text):
    """An amount in fen (0.01 yuan)."""
    if not isinstance(text, str) or not AMOUNT.fullmatch(text):
        raise ValueError("no amount: %r" % (text,))
    return int(text.replace(".", ""))


def yuan(fen):
    return "%s%d.%02d" % ("-" if fen < 0 else "", abs(fen) // 100, abs(fen) % 100)


def last_day(period):
    """The last month of `2017`, `2017Q4` or `2017-10`, and its last day."""
    year, month = int(period[:4]), 12
    if period[4:5] == "Q":
        month = 3 * int(period[5:])
    elif period[4:5] == "-":
        month = int(period[5:])
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    return "%04d-%02d" % (year, month), str(following - datetime.timedelta(days=1))


class Contents:
    """Everything that entries say, checked one after the other by code of its own."""

    def __init__(self, note):
        self.note = note                                     # note(entry, code, detail)
        self.only = None                                     # the owner of a pack
        self.recorded, self.more, self.last = "", 0, 0
        self.ids, self.vouchers = {}, collections.Counter()
        self.lines_of, self.reversed, self.reversals = {}, {}, set()
        self.years, self.closed = {}, {}                     # entry: year; owner: last closed day
        self.bank_fund, self.cash = {}, collections.Counter()    # owner, fund, bank account
        self.days = {}                                       # (owner, fund, date): [sum, entry]
        self.months = collections.defaultdict(collections.Counter)   # owner: (fund, account, month)

    def take(self, seq, raw, head):
        """Checks the bytes of one entry; `head` is the tree before its group."""
        try:
            text = raw.decode("utf-8")
            entry = PLAIN.decode(text)
            self.shape(entry)
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            self.note(seq, "entry-unreadable", str(error))
            return None
        if CANONICAL.encode(entry) != text:
            self.note(seq, "entry-not-canonical", "keys in order, no spaces, shortest escapes")
        if not unicodedata.is_normalized("NFC", text):
            self.note(seq, "entry-not-canonical", "a text is not in NFC")
        if not self.only:
            self.place(seq, entry)
        lines = self.lines(seq, entry)
        self.voucher(seq, entry)
        self.reversal(seq, entry, lines)
        if entry["event"]["event"] == "correct":
            self.correction(seq, entry)
        if entry["event"]["event"] == "close":
            self.close(seq, entry, head)
        if entry["event"]["event"] == "approve-claim" and "parts" in entry.get("working", {}):
            self.claim_parts(seq, entry["event"].get("claim"), entry["working"])
        return entry

    @staticmethod
    def shape(entry):
        """That the keys are those of an entry; the events' own fields are not looked at."""
        if set(entry) - ENTRY_KEYS:
            raise ValueError("unknown key: %s" % sorted(set(entry) - ENTRY_KEYS))
        datetime.date.fromisoformat(entry["date"])
        if not RECORDED.fullmatch(entry["recorded"]) or not isinstance(entry["id"], str):
            raise ValueError("recorded or id")
        if not isinstance(entry["event"]["event"], str):
            raise ValueError("event")
        for number in (entry["seq"], entry.get("more", 1), entry.get("reverses", 1)):
            if type(number) is not int or number < 1:
                raise ValueError("a number that counts entries")
        for line in entry.get("lines", []) + entry.get("memo", []):
            if set(line) - set(LINE_KEYS) or line["side"] not in ("debit", "credit"):
                raise ValueError("a line: %s" % line)
            if line["fund"] not in FUNDS or not ACCOUNT.fullmatch(line["account"]):
                raise ValueError("a line: %s" % line)
            fen(line["amount"])
        if set(entry.get("voucher", {})) not in (set(), {"month", "number", "owner", "word"}):
            raise ValueError("voucher")

    def place(self, seq, entry):
        if entry["seq"] != seq:
            self.note(seq, "entry-seq", "%d expected, %d found" % (seq, entry["seq"]))
        if entry["recorded"] < self.recorded:
            self.note(seq, "recorded-order", "%s after %s" % (entry["recorded"], self.recorded))
        self.recorded = max(self.recorded, entry["recorded"])
        more = entry.get("more", 0)
        if self.more and more != self.more - 1:
            self.note(seq, "entry-group-broken", "%d expected, %d found" % (self.more - 1, more))
        self.more, self.last = more, seq
        first = self.ids.setdefault(entry["id"], seq)
        if first != seq:
            self.note(seq, "id-doubled", "%s stands in entry %d" % (entry["id"], first))
        own = entry["event"]
        if entry.get("maker") is None and own["event"] != "open-book":
            self.note(seq, "entry-unnamed", own["event"])
        if entry.get("checker") is not None and person(entry.get("maker")) == person(entry["checker"]):
            self.note(seq, "maker-is-checker", entry["maker"])
        if own["event"] == "bank-account":
            self.fund_of_bank(seq, own.get("bank_account"), own.get("fund"))

    def fund_of_bank(self, seq, bank, fund):
        if self.bank_fund.setdefault(bank, fund) != fund:
            self.note(seq, "line-bank-account-fund", "%s serves %s" % (bank, self.bank_fund[bank]))

    def lines(self, seq, entry):
        """Each line by itself, the sum of each cell, and money that was not there."""
        kept = []
        for register in ("lines", "memo"):
            lines, cells = entry.get(register, []), collections.Counter()
            if len(lines) == 1:
                self.note(seq, "entry-line-count", "one line in " + register)
            for line in lines:
                amount, account, fund = fen(line["amount"]), line["account"], line["fund"]
                signed = amount if line["side"] == "debit" else -amount
                if amount <= 0:
                    self.note(seq, "line-amount", line["amount"])
                if account.startswith("9") != (register == "memo"):
                    self.note(seq, "line-register", "%s in %s" % (account, register))
                if FUND_OF.get(account, fund) != fund:
                    self.note(seq, "line-fund", "%s in %s" % (account, fund))
                cells[line["owner"], fund] += signed
                self.months[line["owner"]][fund, account, entry["date"][:7]] += signed
                if account.startswith("1002."):
                    self.money(seq, entry["date"], line, signed)
                kept.append(tuple(line.get(key) for key in LINE_KEYS))
            for (owner, fund), total in cells.items():
                if total:
                    code = "memo-unbalanced" if register == "memo" else "entry-unbalanced"
                    self.note(seq, code, "%s %s by %s" % (owner, fund, yuan(total)))
        return kept

    def money(self, seq, date, line, signed):
        owner, fund, bank = line["owner"], line["fund"], line.get("bank_account")
        if bank is None:
            self.note(seq, "line-bank-account", "a deposit without its bank account")
        else:
            self.fund_of_bank(seq, bank, fund)
        self.cash[owner, fund, bank] += signed
        if self.only not in (None, owner):
            return                                           # a pack holds a part of others' money
        if signed < 0 and self.cash[owner, fund, bank] < 0:
            held = yuan(self.cash[owner, fund, bank])
            self.note(seq, "cash-below-zero", "%s %s %s holds %s" % (owner, fund, bank, held))
        day = self.days.setdefault((owner, fund, date), [0, seq])
        day[0] += signed
        if signed < 0:
            day[1] = seq

    def voucher(self, seq, entry):
        word = "记" if entry.get("lines") else "备" if entry.get("memo") else None
        voucher = entry.get("voucher")
        if voucher is None:
            if word:
                self.note(seq, "voucher-missing", word)
            return
        if voucher["word"] != word:
            self.note(seq, "voucher-word", "%s expected, %s found" % (word, voucher["word"]))
        if voucher["month"] != entry["date"][:7]:
            self.note(seq, "voucher-month", "%s on %s" % (voucher["month"], entry["date"]))
        run = voucher["owner"], voucher["month"], voucher["word"]
        expected = self.vouchers[run] + 1
        if voucher["number"] != expected and self.only in (None, run[0]):
            found = "%s: %d expected, %s found" % (" ".join(run), expected, voucher["number"])
            self.note(seq, "voucher-number", found)
        self.vouchers[run] = max(voucher["number"], expected - 1)

    def reversal(self, seq, entry, lines):
        turn = {"debit": "credit", "credit": "debit"}
        place = LINE_KEYS.index("account")
        carried = entry.get("working", {}).get("carried", {}) if "reverses" in entry else {}
        told = list(lines)
        for number, account in carried.items():
            at = int(number) - 1 if number.isdigit() else -1
            if not 0 <= at < len(told) or told[at][place] != "3501" or account[:1] not in "45":
                return self.note(seq, "reversal-lines", "line %s carried from %s" % (number, account))
            told[at] = told[at][:place] + (account,) + told[at][place + 1:]
        lines, self.years[seq] = told, entry["date"][:4]
        self.lines_of[seq] = hash(frozenset(collections.Counter(lines).items()))
        target, own = entry.get("reverses"), entry["event"]
        if own["event"] == "reverse" and own.get("entry") != target:
            self.note(seq, "reversal-target", "%s told, %s done" % (own.get("entry"), target))
        if target is None:
            return
        self.reversals.add(seq)
        if target >= seq or target not in self.lines_of and not self.only:
            return self.note(seq, "reversal-target", str(target))
        side = LINE_KEYS.index("side")
        turned = [line[:side] + (turn[line[side]],) + line[side + 1:] for line in lines]
        if target in self.reversals:
            self.note(seq, "reversal-of-reversal", str(target))
        elif hash(frozenset(collections.Counter(turned).items())) != self.lines_of.get(target):
            self.note(seq, "reversal-lines", "not the lines of %d turned" % target)
        elif target in self.years:
            owner = entry["voucher"]["owner"] if "voucher" in entry else own.get("owner")
            closed = self.closed.get(owner, "") >= self.years[target] + "-12-31"
            results = [str(number) for number, line in enumerate(lines, 1) if line[place][0] in "45"]
            if sorted(carried) != (sorted(results) if closed else []):
                self.note(seq, "reversal-lines", "income and expense of %s" % self.years[target])
        if self.reversed.setdefault(target, seq) != seq:
            self.note(seq, "reversal-twice", "%d by %d" % (target, self.reversed[target]))

    def correction(self, seq, entry):
        """The register lines of a correction are what its steps have more or less than before it."""
        sums = collections.Counter()

        def add(lines, sign):
            for line in lines:
                signed = fen(line["amount"]) * (sign if line["side"] == "debit" else -sign)
                sums[line["owner"], line["fund"], line["account"]] += signed
        try:
            told = entry["working"]["corrected"]
            if told["fact"]["entry"] != entry["event"]["entry"] or entry.get("lines"):
                raise ValueError("another fact, or lines on balance")
            for step in [told["fact"]] + told["followed"]:
                add(step.get("memo", []), -1)
                add(step.get("memo_was", step.get("memo", [])), 1)
            add(entry.get("memo", []), 1)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            return self.note(seq, "correction-lines", str(error))
        for place, amount in sorted(sums.items()):
            if amount:
                self.note(seq, "correction-lines", "%s by %s" % (" ".join(place), yuan(amount)))

    def close(self, seq, entry, head):
        """The digest of the balances, and the journal that the close was made on."""
        own, working = entry["event"], entry.get("working", {})
        try:
            owner = entry["voucher"]["owner"] if "voucher" in entry else own["owner"]
            month, day = last_day(own["period"])
        except (KeyError, ValueError, TypeError):
            return self.note(seq, "entry-unreadable", "a close without owner or period")
        if own.get("stage") != "soft":
            self.closed[owner] = day
        sums = collections.Counter()
        for (fund, account, of), amount in self.months[owner].items():
            if of <= month:
                sums[FUNDS.index(fund), account] += amount
        text = "poolbook/trial-balance/1\n%s %s\n" % (owner, day)
        for (fund, account), net in sorted(sums.items()):
            if net:
                side = "debit" if net > 0 else "credit"
                text += "%s %s %s %s\n" % (FUNDS[fund], account, side, yuan(abs(net)))
        if hashlib.sha256(text.encode()).hexdigest() != working.get("digest"):
            self.note(seq, "close-digest", "%s %s" % (owner, own["period"]))
        told = working.get("journal", {})
        if head and (told.get("entries"), told.get("root")) != (head.count, head.root().hex()):
            self.note(seq, "close-root", "made on another journal")

    def claim_parts(self, seq, claim, working):
        """Each party's share of the loss so far, less what it bears by earlier claims."""
        try:
            base, parts, left = fen(working["base"]), working["parts"], working.get("earlier", {})
            whole = base + fen(left.get("base", "0.00"))
            expected = {}
            for party, share in working["shares"].items():
                over, _, under = share.partition("/")
                ones, _, decimals = over.partition(".")
                over, under = int(ones + decimals), int(under or 1) * 10 ** len(decimals)
                due = (2 * whole * over + under) // (2 * under)
                expected[party] = max(due - fen(left.get(party, "0.00")), 0)
            others = sum(due for party, due in expected.items() if party != working["balancing"])
            expected[working["balancing"]] = base - others
            found = {party: fen(parts[party]) for party in expected}
        except (KeyError, ValueError, TypeError, ZeroDivisionError, AttributeError) as error:
            return self.note(seq, "claim-parts", "%s: %s" % (claim, error))
        if found != expected:
            told = " ".join("%s %s" % (party, yuan(due)) for party, due in expected.items())
            self.note(seq, "claim-parts", "%s should be %s" % (claim, told))

    def end(self):
        """An unfinished group; business dates on whose evenings a cell's money was below zero."""
        if self.more:
            self.note(self.last, "entry-group-broken", "%d more should follow" % self.more)
        held, below = collections.Counter(), set()
        for (owner, fund, date), (amount, entry) in sorted(self.days.items()):
            held[owner, fund] += amount
            if held[owner, fund] >= 0:
                below.discard((owner, fund))
            elif (owner, fund) not in below:
                below.add((owner, fund))
                found = "%s %s on %s: %s" % (owner, fund, date, yuan(held[owner, fund]))
                self.note(entry, "cell-below-zero", found)

    def cells(self):
        sums = collections.Counter()
        for (owner, fund, _), amount in self.cash.items():
            sums[owner, fund] += amount
        return {"%s %s" % cell: yuan(amount) for cell, amount in sorted(sums.items())}


# ---- files ----------------------------------------------------------------------------------

def other_format(version):
    """What is said of files of a format that is not read here."""
    if version > FORMAT:
        return Stop(NEWER, "format-newer", "format %d" % version)
    return Stop(NEWER, "format-older", "format %d, an older one than %d: read the events out with "
                "poolbook export events and record them in a new book" % (version, FORMAT))


def format_of(raw):
    """The format that the first entry names; the first format named none."""
    try:
        entry = PLAIN.decode(raw.decode("utf-8"))
        named = entry.get("working", {}).get("format", 1)
        return named if entry["event"]["event"] == "open-book" and isinstance(named, int) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def slot_of(data):
    """One slot of the head, or nothing when it is damaged."""
    if len(data) != 4096 or data[:8] != b"POOLBOOK":
        return None
    if struct.unpack(">I", data[4092:])[0] != crc32c(data[:4092]):
        return None
    version, k, generation, entries, length = struct.unpack(">IIQQQ", data[8:40])
    if version != FORMAT:
        raise other_format(version)
    tree = Tree(sha256)
    tree.count, tree.nodes = entries, [data[72 + 32 * n:104 + 32 * n] for n in range(min(k, 64))]
    sound = k == bin(entries).count("1") and (entries == 0) == (length == 0)
    sound = sound and entries <= length and generation < 1 << 63 and not any(data[72 + 32 * k:4092])
    return (generation, entries, length, data[40:72]) if sound and tree.root() == data[40:72] else None


def checkpoint_of(text):
    """Origin, entries, both roots and the check code of a checkpoint."""
    body = text.split("\n\n")[0] + "\n\n"
    lines = body.split("\n")
    if re.fullmatch(r"poolbook/[^/]+/[0-9a-f]{16}", lines[0]):
        raise other_format(1)
    try:
        root = base64.b64decode(lines[2], validate=True)
        sm3 = [base64.b64decode(line[4:], validate=True) for line in lines if line[:4] == "sm3 "]
        entries = int(lines[1])
        if {len(root), *map(len, sm3)} != {32}:
            raise ValueError("a root")
    except (ValueError, IndexError):
        raise Stop(DAMAGED, "checkpoint-unreadable", lines[0])
    bits = int.from_bytes(sha256(b"poolbook-check-code/1\n" + body.encode()), "big") >> 156
    code = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> 5 * n & 31] for n in range(19, -1, -1))
    code = "-".join(code[n:n + 5] for n in range(0, 20, 5))
    return {"origin": lines[0], "entries": entries, "root": root, "sm3": sm3[:1], "code": code}


class Check:
    """One file or directory, looked at from the first byte to the last."""

    def __init__(self, path, checkpoints, sm3):
        self.path, self.kind, self.findings, self.damaged = path, "", [], False
        self.sha, self.sm3 = Tree(sha256), Tree(sm3) if sm3 else None
        self.contents = Contents(self.note)
        self.checkpoints, self.codes, self.first_leaf = checkpoints, [], b""

    def note(self, entry, code, detail=""):
        self.findings.append((entry, code, detail))

    def damage(self, entry, code, detail=""):
        self.damaged = True
        self.note(entry, code, detail)

    def run(self):
        exit_code = None
        try:
            if os.path.isdir(self.path):
                self.directory()
            else:
                self.file()
            self.contents.end()
            self.held()
        except Stop as stop:
            exit_code, code, detail = stop.args
            self.note(None, code, detail)
        except OSError as error:
            exit_code = NO_INPUT
            self.note(None, "file-missing", str(error))
        return exit_code or (DAMAGED if self.damaged else FINDINGS if self.findings else SOUND)

    def directory(self):
        self.kind, slots = "book", []
        head = os.path.join(self.path, "head")
        if os.path.exists(head):
            with open(head, "rb") as file:
                data = file.read(8193)
            slots = [slot_of(data[:4096]), slot_of(data[4096:8192])]
            for number, slot in enumerate(slots):
                if slot is None:
                    # One sound slot proves what was acknowledged.
                    found = self.note if any(slots) else self.damage
                    found(None, "head-damaged", "slot %d" % number)
            if len(data) > 8192:
                self.damage(None, "head-damaged", "too long")
        else:
            self.damage(None, "head-missing")
        journal = os.path.join(self.path, "journal.jsonl")
        with open(journal, "rb") as file:
            self.journal(file, os.path.getsize(journal), max(filter(None, slots), default=None))

    def file(self):
        size = os.path.getsize(self.path)
        with open(self.path, "rb") as file:
            first = file.readline(65536)
            if b"poolbook/backup/" in first:
                self.backup(file, first, size)
            elif b"poolbook/pack/" in first:
                self.kind = "pack"
                file.seek(0)
                self.pack(file)
            else:
                file.seek(0)
                self.kind = "export" if first[:1] == b"{" else "journal"
                self.journal(file, size, None)

    def backup(self, file, first, size):
        self.kind = "backup"
        try:
            header = PLAIN.decode(first.decode("utf-8"))
            length = header["bytes"]
            if header["schema"] == "poolbook/backup/1":
                raise other_format(1)
            if header["schema"] != "poolbook/backup/2" or size != len(first) + length + 72:
                raise ValueError("length or schema")
        except (ValueError, KeyError, TypeError) as error:
            return self.damage(None, "backup-damaged", str(error))
        whole, left = hashlib.sha256(first), length
        while left > 0:
            part = file.read(min(left, 1 << 20))
            whole.update(part)
            left -= len(part) or left
        if file.read() != b"sha256 " + whole.hexdigest().encode() + b"\n":
            return self.damage(None, "backup-damaged", "digest")
        file.seek(len(first))
        self.journal(file, length, None)
        told = header.get("entries"), header.get("root")
        if told != (self.sha.count, self.sha.root().hex()):
            self.damage(None, "backup-damaged", "root")
        if self.sm3 and header.get("sm3") != self.sm3.root().hex():
            self.damage(None, "backup-damaged", "sm3")

    def journal(self, file, length, slot):
        """The lines of a journal; `slot` is what its head says, if it has one."""
        framed, before, open_group, offset = self.kind != "export", None, False, 0
        at_head = slot is None or slot[1] == 0
        for line, size, crc in self.lines(file, length, framed):
            whole, seq, offset = line[-1:] == b"\n", self.sha.count + 1, offset + size
            if not whole and slot and at_head:
                # Never acknowledged: the next writer sets it aside.
                self.note(seq, "line-torn", "an unfinished line behind the head")
                break
            raw = line[9 if framed else 0:len(line) - whole]
            if not open_group:
                before = self.sha.copy()
            self.append(raw)
            if not whole:
                self.damage(seq, "line-torn", "no line feed at its end")
            elif framed and not re.match(rb"[0-9a-f]{8} ", line):
                self.damage(seq, "line-unframed", "eight digits and a space expected")
            elif framed and line[:8] != b"%08x" % crc:
                self.damage(seq, "line-damaged", "the checksum is wrong")
            else:
                if seq == 1 and self.kind in ("journal", "export"):
                    named = format_of(raw)
                    if named not in (None, FORMAT):
                        raise other_format(named)
                entry = self.contents.take(seq, raw, before)
                more = entry.get("more", 0) if entry else re.search(rb'"more":[1-9]', raw)
                open_group = bool(more)
            if not at_head and slot[1] == self.sha.count:
                at_head = True
                if (slot[2], slot[3]) != (offset, self.sha.root()):
                    self.damage(None, "root-differs", "not the entries that the head counts")
        if slot and (not at_head or slot[2] > length):
            self.damage(None, "journal-short", "%d entries expected" % slot[1])
        if open_group and slot and at_head and before.count >= slot[1]:
            self.note(self.sha.count, "group-torn", "an unfinished group behind the head")
            self.sha = before
        elif open_group:
            self.damage(self.sha.count, "group-torn", "more entries should follow")

    @staticmethod
    def lines(file, left, framed):
        """Each line, its bytes in the file, and the checksum of what stands behind the frame."""
        while left > 0:
            batch = []
            while left > 0 and len(batch) < 1000 and sum(size for _, size in batch[-1:]) < 65536:
                line = file.readline(min(left, LINE_MAX + 10))
                size = len(line) or left
                while line[-1:] != b"\n" and LINE_MAX < size < left:   # too long: look for its end
                    rest = file.readline(min(left - size, 1 << 20))
                    size += len(rest)
                    if rest[-1:] == b"\n":
                        break
                left -= size
                batch.append((line, size))
            crcs = crc32c_of_all([line[9:].rstrip(b"\n") for line, _ in batch if framed])
            for n, (line, size) in enumerate(batch):
                yield line, size, crcs[n] if framed else 0

    def append(self, raw):
        self.sha.append(raw)
        if self.sm3:
            self.sm3.append(raw)
        if self.sha.count == 1:
            self.first_leaf = self.sha.root()
        for point in self.checkpoints:
            if point["entries"] == self.sha.count:
                sm3 = [self.sm3.root()] if self.sm3 and point["sm3"] else []
                origin = point["origin"].split("/")[-1] == self.first_leaf.hex()[:16]
                same = self.sha.root() == point["root"] and sm3 == point["sm3"][:len(sm3)] and origin
                self.codes.append((same, point["code"]))
                if not same:
                    self.damage(None, "history-differs", "checkpoint of %d entries" % self.sha.count)

    def held(self):
        for point in self.checkpoints:
            if self.kind != "pack" and point["entries"] > self.sha.count:
                self.damage(None, "rolled-back", "checkpoint of %d entries" % point["entries"])

    def pack(self, file):
        """An owner's entries, each proved, all of them, and the trial balance over them."""
        header = self.record(file.readline())
        if header.get("schema") == "poolbook/pack/1":
            raise other_format(1)
        owner, start, end = header["owner"], header["from"], header["to"]
        point = checkpoint_of(header["checkpoint"])
        self.contents.only, own, rows, seen = owner, Tree(sha256), [], collections.Counter()
        sums, last, ended = collections.defaultdict(lambda: [0, 0, 0]), ("", 0), None
        for line in file:
            row = self.record(line)
            if ended is not None or line[-1:] != b"\n":
                raise Stop(DAMAGED, "pack-damaged", "the last line is not `end`")
            kind, seq = row["t"], row.get("seq")
            if kind == "end":
                ended = row
                continue
            seen[kind] += 1
            if kind == "trial-balance":
                rows.append([row[key] for key in
                             ("fund", "account", "opening", "debit", "credit", "closing")])
                continue
            raw = row["json"].encode()
            hashes = [base64.b64decode(text, validate=True) for text in row["hashes"]]
            if not included(raw, seq, point["entries"], hashes, point["root"]):
                self.damage(seq, "proof-differs", "not proved by the checkpoint")
            if last >= (kind, seq) and last[0] == kind:
                self.damage(seq, "pack-damaged", "numbers do not rise")
            last, entry = (kind, seq), self.record(row["json"].encode() + b"\n")
            if entry.get("seq") != seq:
                self.note(seq, "entry-seq", "%s found" % entry.get("seq"))
            if kind == "entry":
                own.append(raw)
                self.contents.take(seq, raw, None)
                self.roll(sums, entry, owner, start, end)
            elif kind == "shared" and seq == 1:
                if point["origin"].split("/")[-1] != sha256(b"\0" + raw).hex()[:16]:
                    self.damage(seq, "history-differs", "origin of the checkpoint")
            elif kind == "commitment":
                self.committed(seq, entry, owner, point, own)
        counts = {"entries": seen["entry"], "shared": seen["shared"], "commitment": 1, "t": "end",
                  "trial_balance": seen["trial-balance"]}
        if ended != counts or seen["commitment"] != 1 or header["entries"] != seen["entry"]:
            self.damage(None, "pack-damaged", "lines are missing or too many")
        wanted = [[FUNDS[fund], account, yuan(opening), yuan(debit), yuan(credit),
                   yuan(opening + debit - credit)]
                  for (fund, account), (opening, debit, credit) in sorted(sums.items())
                  if opening or debit or credit]
        if rows != wanted:
            self.note(None, "trial-balance", "not what the entries give")
        self.sha, self.codes = own, [(True, point["code"])]

    def record(self, line):
        """A line of a pack; what is no object of the form is damage."""
        try:
            row = PLAIN.decode(line.decode("utf-8"))
            if CANONICAL.encode(row).encode() + b"\n" != line:
                raise ValueError("not canonical")
            return collections.defaultdict(str, row)
        except (ValueError, RecursionError, TypeError) as error:
            raise Stop(DAMAGED, "pack-damaged", str(error))

    @staticmethod
    def roll(sums, entry, owner, start, end):
        """Adds the owner's lines to opening, debit and credit of each account."""
        for line in (entry["lines"] or []) + (entry["memo"] or []):
            if line["owner"] == owner and entry["date"] <= end:
                row, amount = sums[FUNDS.index(line["fund"]), line["account"]], fen(line["amount"])
                if entry["date"] >= start:
                    row[1 if line["side"] == "debit" else 2] += amount
                else:
                    row[0] += amount if line["side"] == "debit" else -amount

    def committed(self, seq, entry, owner, point, own):
        told = {"count": own.count, "owner": owner, "root": own.root().hex()}
        owners = (entry["working"] or {}).get("owners", [])
        if seq != point["entries"] or entry["event"]["event"] != "checkpoint":
            self.damage(seq, "pack-damaged", "not the checkpoint's own entry")
        elif told not in owners and (own.count or any(row["owner"] == owner for row in owners)):
            self.damage(seq, "pack-incomplete", "not all entries of %s, or others" % owner)


def report(check, exit_code, as_json):
    named = sorted((f for f in check.findings if f[0] is not None), key=lambda f: f[0])
    first = (named or check.findings or [None])[0]
    out = {
        "path": check.path, "kind": check.kind, "exit": exit_code,
        "verdict": {SOUND: "sound", FINDINGS: "findings", DAMAGED: "damaged"}.get(exit_code, "refused"),
        "entries": check.sha.count, "root": check.sha.root().hex(),
        "sm3": check.sm3.root().hex() if check.sm3 and check.kind != "pack" else None,
        "cash": check.contents.cells(), "findings": len(check.findings),
        "first": dict(zip(("entry", "code", "detail"), first)) if first else None,
        "checkpoints": [{"same": same, "code": code} for same, code in check.codes],
    }
    if as_json:
        return print(json.dumps(out, ensure_ascii=False))
    print("%(path)s: %(kind)s of %(entries)d entries: %(verdict)s\nsha256 %(root)s" % out)
    print("sm3    %s" % (out["sm3"] or "not computed"))
    for cell, amount in out["cash"].items():
        print("cash   %s %s" % (cell, amount))
    for point in out["checkpoints"]:
        print("checkpoint %(code)s: %(same)s" % point)
    if first:
        print("first of %d findings: entry %s: %s: %s" % ((len(check.findings),) + first))


def self_test():
    """Published values: RFC 3720 B.4, GB/T 32905-2016 A.1, RFC 6962 test roots."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c_of_all([bytes(32)] * 20 + [b"123456789"]) == [0x8A9136AA] * 20 + [0xE3069283]
    abc = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3_plain(b"abc").hex() == abc
    assert sm3_of_openssl() is None or sm3_of_openssl()(b"abc").hex() == abc
    tree = Tree(sha256)
    for leaf in (b"", b"\0", b"\x10"):
        tree.append(leaf)
    expected = "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert tree.root().hex() == expected
    print("self-test passed")


def main(arguments):
    points, paths, as_json, sm3 = [], [], False, True
    arguments = iter(arguments)
    for argument in arguments:
        if argument == "--self-test":
            return self_test()
        if argument == "--json":
            as_json = True
        elif argument == "--no-sm3":
            sm3 = False
        elif argument == "--checkpoint":
            path = next(arguments, "")
            try:
                with open(path, encoding="utf-8") as file:
                    points.append(checkpoint_of(file.read(8192)))
            except (Stop, OSError, ValueError) as error:
                first = {"entry": None, "code": "checkpoint-unreadable", "detail": str(error)}
                exit_code = NO_INPUT if isinstance(error, OSError) else DAMAGED
                print(json.dumps({"path": path, "exit": exit_code, "first": first}))
                return exit_code
        elif argument.startswith("-"):
            print(__doc__, file=sys.stderr)
            return USAGE
        else:
            paths.append(argument)
    if not paths:
        print(__doc__, file=sys.stderr)
        return USAGE
    worst = SOUND
    for path in paths:
        check = Check(path, points, (sm3_of_openssl() or sm3_plain) if sm3 else None)
        exit_code = check.run()
        report(check, exit_code, as_json)
        worst = max(worst, exit_code)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
