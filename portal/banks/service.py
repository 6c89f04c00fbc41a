"""Looking up a pair of codes, and taking a list in. Without a list nothing is known and nothing refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.banks import rules
from portal.banks.models import Bank, BankBranch
from portal.core import clock
from portal.core.audit import Action, did

Entry = rules.Entry
Fault = rules.Fault
Named = rules.Named
ListCutOff = rules.ListCutOff
Key = tuple[str, str]


def look(session: Session, bank: str, branch: str) -> Named | Fault | None:
    """The names of two codes, or what is wrong with one of them today; None where no list was taken in yet."""
    if not has_list(session):
        return None
    today, found = clock.today(), _bank(session, bank)
    wrong = rules.fault_of_bank(found, _heir(session, found), today)
    place = _branch(session, bank, branch)
    moved = place if place and place.heir[1] and place.is_over(today) else None
    if wrong and not (moved and found):
        return wrong
    wrong = rules.fault_of_branch(place, _heirs(session, moved), today) or wrong
    if wrong or found is None or place is None:
        return wrong
    return Named(found.name, place.name)


def names(session: Session, bank: str, branch: str) -> str:
    """What stands beside two codes, also those of a bank that is no more; "" where the list says nothing."""
    found, place = _bank(session, bank), _branch(session, bank, branch)
    return " ".join(one.name for one in (found, place) if one)


def has_list(session: Session) -> bool:
    return session.scalar(select(Bank.code).limit(1)) is not None


def _bank(session: Session, code: str) -> Entry | None:
    found = session.get(Bank, code)
    return Entry(code, "", found.name, found.kana, found.closed_on, (found.successor, "")) if found else None


def _branch(session: Session, bank: str, code: str) -> Entry | None:
    found = session.get(BankBranch, (bank, code))
    if found is None:
        return None
    heir = (found.successor_bank, found.successor_branch)
    return Entry(bank, code, found.name, found.kana, found.closed_on, heir)


def _heir(session: Session, bank: Entry | None) -> Entry | None:
    """Who has the business of a bank today: who took over may have been taken over too."""
    today = clock.today()
    for _step in range(rules.MOST_STEPS):
        if bank is None or not bank.is_over(today):
            return bank
        bank = _bank(session, bank.heir[0])
    return None


def _heirs(session: Session, branch: Entry | None) -> Named | None:
    if branch is None:
        return None
    bank, place = _bank(session, branch.heir[0]), _branch(session, *branch.heir)
    return Named(bank.name, place.name) if bank and place else None


def known_keys(session: Session) -> frozenset[Key]:
    """All codes the list knows, as (bank, branch or "")."""
    return frozenset(_known(session))


# --- taking a list in -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """How many entries were new, changed and as before, and how many of those known here ended because they are gone."""

    new: int
    changed: int
    same: int
    gone: int


def preview(session: Session, entries: Sequence[Entry], *, whole: bool) -> Taken:
    """What `take` would do. Raises ListCutOff."""
    return _compare(session, entries, whole=whole)[0]


def take(session: Session, entries: Sequence[Entry], *, whole: bool) -> Taken:
    """Bring a list in; entries of a *whole* one that are known here and not in it end today. Raises ListCutOff."""
    counts, new, changed, gone = _compare(session, entries, whole=whole)
    for table, of_banks in ((Bank, True), (BankBranch, False)):
        mine = [_row(entry) for entry in new if (not entry.branch) is of_banks]
        if mine:
            session.execute(insert(table), mine)
        keys = ("code",) if of_banks else ("bank_code", "code")
        for entry in changed:
            if (not entry.branch) is of_banks:
                row = _row(entry)
                session.execute(
                    update(table).where(*(getattr(table, key) == row.pop(key) for key in keys)).values(**row)
                )
    for bank, branch in gone:
        this: Any = (Bank, Bank.code == bank) if not branch else (
            BankBranch, (BankBranch.bank_code == bank) & (BankBranch.code == branch)
        )  # fmt: skip
        session.execute(update(this[0]).where(this[1]).values(closed_on=clock.today()))
    if counts.new or counts.changed or counts.gone:
        did(session, Action.CHANGE, whose=None, what="banks", case_ref=f"{counts.new + counts.changed} rows")
    return counts


def _compare(
    session: Session, entries: Sequence[Entry], *, whole: bool
) -> tuple[Taken, list[Entry], list[Entry], list[Key]]:
    known = _known(session)
    new = [entry for entry in entries if entry.key not in known]
    changed = [entry for entry in entries if entry.key in known and known[entry.key] != entry]
    said, today = {entry.key for entry in entries}, clock.today()
    still = [key for key, entry in known.items() if not entry.is_over(today)]
    gone = [key for key in still if key not in said] if whole else []
    if len(still) >= rules.LEAST_KNOWN and len(gone) * 100 > len(still) * rules.MOST_GONE:
        raise rules.ListCutOff(gone=len(gone), known=len(still))
    same = len(entries) - len(new) - len(changed)
    return Taken(len(new), len(changed), same, len(gone)), new, changed, gone


def _known(session: Session) -> dict[Key, Entry]:
    banks = session.execute(select(Bank.code, Bank.name, Bank.kana, Bank.closed_on, Bank.successor))
    found = {
        (code, ""): Entry(code, "", name, kana, closed, (heir, "")) for code, name, kana, closed, heir in banks
    }  # fmt: skip
    table = BankBranch
    rows = session.execute(
        select(table.bank_code, table.code, table.name, table.kana, table.closed_on, table.successor_bank,
               table.successor_branch)
    )  # fmt: skip
    return found | {
        (bank, code): Entry(bank, code, name, kana, closed, (heir, place))
        for bank, code, name, kana, closed, heir, place in rows
    }


def _row(entry: Entry) -> dict[str, Any]:
    said = {"name": entry.name, "kana": entry.kana, "closed_on": entry.closed_on}
    if not entry.branch:
        return {"code": entry.bank, "successor": entry.heir[0], **said}
    heirs = {"successor_bank": entry.heir[0], "successor_branch": entry.heir[1]}
    return {"bank_code": entry.bank, "code": entry.branch, **heirs, **said}
