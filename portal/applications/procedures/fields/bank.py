"""A bank account as a transfer needs it: names and codes of bank and branch, kind, number, holder by the banks' rules."""

from portal.applications.procedures.fields.component import (
    Component,
    KnownFacts,
    NotUnderstood,
    Typed,
    each_part,
    read_parts,
)
from portal.applications.procedures.schema import FormField
from portal.applications.procedures.words import fault_of
from portal.banks import service as banks
from portal.core import text, zengin
from portal.core.text import TextRefused

LIST = "bank list"
"""Under this name `known` may hold the look-up of the list."""
PARTS = ("bank", "bank_code", "branch", "branch_code", "kind", "number", "holder")
ACCOUNT_KINDS = ("ordinary", "current", "savings")
LONGEST = 60
BANK_CODE, BRANCH_CODE, NUMBER = 4, 3, 7  # digits (統一金融機関コード・店番)


def _name(typed: str) -> str:
    return text.single_line(typed, longest=LONGEST)


def _kind(chosen: str) -> str:
    if chosen not in ACCOUNT_KINDS:
        raise TextRefused("choose")
    return chosen


READERS = {
    "bank": _name,
    "bank_code": lambda typed: text.digits(typed, count=BANK_CODE),
    "branch": _name,
    "branch_code": lambda typed: text.digits(typed, count=BRANCH_CODE),
    "kind": _kind,
    "number": lambda typed: text.digits(typed, count=NUMBER),
    "holder": zengin.holder,
}


def _read(asked: FormField, typed: Typed, known: KnownFacts) -> dict[str, str]:
    """With the national list at hand its names count, and codes it does not know are refused."""
    said = read_parts(asked, typed, READERS)
    look = known.get(LIST)
    found = look(said["bank_code"], said["branch_code"]) if look else None
    if isinstance(found, banks.Fault):
        fault = fault_of(found.refused.code, found.refused.facts)
        raise NotUnderstood({f"{asked.name}-{found.part}_code": fault})
    return said | {"bank": found.bank, "branch": found.branch} if found else said


BANK = Component(_read, lambda asked, answer: each_part(asked, answer, PARTS), PARTS, "bank", ("kind",))
