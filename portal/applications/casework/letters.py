"""Decision letters (決定通知書): number, reasons (行政手続法第8条) and how to appeal (教示), frozen when issued.

The words of the template are data (letter.json). The PDF is drawn anew for each download from the frozen sheet: the same
sheet gives the same bytes, and no file with a name on it lies anywhere.
"""

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.applications import cases, rules
from portal.applications.casework.models import CaseLetter
from portal.applications.casework.rules import LetterNotDrawable, LetterNotFound, Outcome
from portal.applications.events import LetterIssued
from portal.applications.models import Application
from portal.applications.rules import Kind
from portal.companies import service as companies
from portal.core import audit, clock, text, wareki
from portal.core.audit import Action
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.press import press
from portal.residents import service as residents

HERE = Path(__file__).parent
LAYOUT = HERE / "layouts" / "letter.typ"


@cache
def _template() -> dict[str, Any]:
    template: dict[str, Any] = json.loads((HERE / "letter.json").read_text(encoding="utf-8"))
    return template


def issue(session: Session, case: Application, outcome: Outcome, words: str) -> None:
    """Write the letter of a decision that was taken; the person finds it with the application."""
    letter = CaseLetter(
        id=new_id(),
        application_id=case.id,
        outcome=str(outcome),
        number=_template()["number"].format(reference=case.reference),
        sheet=compose(session, case, outcome, words),
        issued_at=clock.now(),
    )
    session.add(letter)
    session.flush()
    audit.did(session, Action.CREATE, whose=case.whose, what="applications.letter", case_ref=case.reference)
    cases.write_timeline(session, case.id, str(Kind.LETTER), text=rules.KIND_WORDS[Kind.LETTER], facts={})
    if case.resident_id:
        emit(session, LetterIssued(**cases.facts_of(case), letter_id=letter.id, outcome=str(outcome)))


def compose(session: Session, case: Application, outcome: Outcome, words: str) -> dict[str, Any]:
    """Every word on the letter, for a preview too: nothing is kept here."""
    from portal.web.i18n import catalogue  # here: the worker, which writes few letters, need not carry pages

    template, procedure = _template(), cases.procedure_of(case)
    said, japanese = template[str(outcome)], catalogue("ja").gettext
    facts = {"procedure": japanese(procedure.title), "submitted": _day(case.submitted_at or case.saved_at)}
    number = template["number"].format(reference=case.reference)
    title = said["title"].format(**facts)
    return {
        "title": f"{title} {case.reference}",
        "heading": title,
        "author": template["issuer"]["title"],
        "keywords": [case.reference],
        "number": number,
        "date": wareki.japanese(clock.today()),
        "addressee": _addressee(session, case),
        "issuer": template["issuer"],
        "opening": said["opening"].format(**facts),
        "facts": [
            ["手続き", facts["procedure"]],
            ["受付番号", case.reference],
            ["根拠", japanese(procedure.legal.law)],
        ],
        "decision": said["decision"],
        "reasons_label": said["reasons"],
        "reasons": words.split("\n") if words else [],
        "appeal": [[one["heading"], one["text"]] for one in template["appeal"]],
        "contact": f"{procedure.responsible or '集中処理センター'}　電話 {procedure.contact}",
    }


def _addressee(session: Session, case: Application) -> dict[str, str]:
    """Whom the letter goes to: as registered, or as typed where nobody signed in."""
    if case.company_id is not None:
        company, _row = companies.register_row(session, case.company_id)
        return {"postal": "", "address": company.address, "name": company.name, "suffix": "御中"}
    if case.resident_id is None:
        typed = next((one for one in case.answers.values() if isinstance(one, dict) and "town" in one), {})
        address = f"{typed.get('town', '')}{typed.get('street', '')} {typed.get('building', '')}".strip()
        postal = text.show_postal_code(str(typed.get("postal", "")))
        return {"postal": postal, "address": address, "name": str(case.answers.get("name", ""))}
    person = residents.look_up(session, case.resident_id, case_ref=case.reference)
    postal = text.show_postal_code(person.postal_code)
    return {"postal": postal, "address": person.address, "name": person.known_as}


def _day(at: datetime) -> str:
    day: date = at.astimezone(clock.JST).date()
    return wareki.japanese(day)


def draw(sheet: dict[str, Any], at: datetime) -> bytes:
    """The PDF (A4); LetterNotDrawable rather than a wrong sign in a name."""
    kept, addressee = press(), sheet["addressee"]
    if kept.undrawable((addressee["name"], addressee["address"], *sheet["reasons"])):
        raise LetterNotDrawable
    return kept.draw(LAYOUT, sheet, at)


def of_case(session: Session, application_id: UUID) -> list[CaseLetter]:
    """The letters of a case, the oldest first."""
    query = select(CaseLetter).where(CaseLetter.application_id == application_id)
    return list(session.scalars(query.order_by(CaseLetter.issued_at)))


def open_letter(session: Session, case: Application, letter_id: UUID) -> CaseLetter:
    """One letter of this case."""
    found = session.get(CaseLetter, letter_id, populate_existing=True)
    if found is None or found.application_id != case.id:
        raise LetterNotFound
    return found


def opened_by_owner(session: Session, letter: CaseLetter) -> None:
    """The person fetched it; the first time counts and stays (the day a period to appeal may begin)."""
    letter_id = letter.id
    if letter.opened_at is None:
        audit.afterwards(session, lambda later: _mark_opened(later, letter_id))


def _mark_opened(session: Session, letter_id: UUID) -> None:
    session.execute(
        update(CaseLetter)
        .where(CaseLetter.id == letter_id, CaseLetter.opened_at.is_(None))
        .values(opened_at=clock.now())
    )
