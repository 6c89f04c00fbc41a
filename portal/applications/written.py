"""An answer in words, in the reader's language: for the check page, the sheet and the pages that review a case."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from portal.applications import sheet
from portal.applications.procedures.schema import FormField, Kind
from portal.core import text
from portal.core.words import N_
from portal.web.i18n import gettext, show_date, show_yen

YES_NO: Mapping[str, str] = {"yes": N_("Yes"), "no": N_("No")}
ACCOUNT_KINDS: Mapping[str, str] = {
    "ordinary": N_("Ordinary account"),
    "current": N_("Current account"),
    "savings": N_("Savings account"),
}
People = Mapping[str, Mapping[str, str]]


def words_of(field: FormField, answer: Any, people: People) -> str:
    """An answer in words; empty if there is none. Rows are lines."""
    if answer in (None, [], ""):
        return ""
    return WRITERS.get(field.type, _as_typed)(field, answer, people)


def answer_words(row: sheet.Row) -> str:
    """What the person answered, in words."""
    return words_of(row.field, row.answer, row.people)


def known_words(row: sheet.Row) -> str:
    """What the register said, in words."""
    return words_of(row.field, row.known, row.people)


def _as_typed(field: FormField, answer: Any, people: People) -> str:
    return str(answer)


def _number(field: FormField, answer: int, people: People) -> str:
    return f"{answer:,}"


def _amount(field: FormField, answer: int, people: People) -> str:
    return show_yen(answer)


def _date(field: FormField, answer: str, people: People) -> str:
    return show_date(date.fromisoformat(answer))


def _address(field: FormField, answer: Mapping[str, str], people: People) -> str:
    line = f"〒{text.show_postal_code(answer['postal'])} {answer['town']}{answer['street']}"
    return f"{line} {answer['building']}".strip()


def _account(field: FormField, answer: Mapping[str, str], people: People) -> str:
    words = ACCOUNT_KINDS[answer["kind"]]
    kind = gettext(words)
    bank = f"{answer['bank']} ({answer['bank_code']})" if answer.get("bank_code") else answer["bank"]
    branch = f"{answer['branch']} ({answer['branch_code']})" if answer.get("branch_code") else answer["branch"]
    return f"{bank} {branch} {kind} {answer['number']} {answer['holder']}"


def _people(field: FormField, answer: list[str], people: People) -> str:
    return "、".join(people[one]["name"] for one in answer if one in people)


def _licence(field: FormField, answer: str, people: People) -> str:
    return people[answer]["name"] if answer in people else ""


def _files(field: FormField, answer: list[str], people: People) -> str:
    return "\n".join(people[one]["name"] for one in answer if one in people)


def _phone(field: FormField, answer: str, people: People) -> str:
    return text.show_phone(answer)


def _yes_no(field: FormField, answer: str, people: People) -> str:
    return gettext(YES_NO[answer])


def _choice(field: FormField, answer: str, people: People) -> str:
    return next((gettext(option.label) for option in field.options if option.value == answer), answer)


def _rows(field: FormField, answer: list[Mapping[str, Any]], people: People) -> str:
    return "\n".join(f"{number}. {_row(field, cells, people)}" for number, cells in enumerate(answer, 1))


def _row(field: FormField, cells: Mapping[str, Any], people: People) -> str:
    told = ((column, words_of(column, cells.get(column.name), people)) for column in field.columns)
    return " / ".join(
        gettext("%(field)s: %(answer)s", field=gettext(column.label), answer=words) for column, words in told if words
    )


WRITERS: Mapping[Kind, Callable[[FormField, Any, People], str]] = {
    Kind.NUMBER: _number,
    Kind.AMOUNT: _amount,
    Kind.DATE: _date,
    Kind.ADDRESS: _address,
    Kind.BANK: _account,
    Kind.MEMBERS: _people,
    Kind.LICENCE: _licence,
    Kind.ATTACHMENT: _files,
    Kind.PHONE: _phone,
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
    Kind.ROWS: _rows,
}
