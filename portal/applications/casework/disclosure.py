"""Everything kept about a case: what a request for disclosure (個人情報保護法第76条) is answered with."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications.casework import corrections, notes, opinions
from portal.applications.casework.models import CaseDecision, CaseLetter
from portal.applications.models import Application, ApplicationEvent, Assistance, AssistedCorrection
from portal.applications.rules import ApplicationNotFound
from portal.applications.signatures.models import Signature
from portal.core import audit
from portal.core.reference import read_reference

HELPED = ("begun_at", "label", "verified_how", "confirmed_how")


def disclosure(session: Session, typed_reference: str) -> dict[str, Any]:
    """Everything kept about a case, as JSON-ready values: what a request for disclosure is answered with."""
    query = select(Application).where(Application.reference == read_reference(typed_reference))
    case = session.scalars(query).one_or_none()
    if case is None:
        raise ApplicationNotFound
    audit.looked(session, whose=case.whose, what="applications.disclosure", case_ref=case.reference)
    return {
        "reference": case.reference,
        "procedure": case.procedure,
        "state": case.state,
        "answers": case.answers,
        "register": case.known,
        "timeline": _rows(session, ApplicationEvent, case, ("at", "kind", "actor_label", "text", "facts")),
        "corrections": [
            {"field": one.field, "reason": one.reason, "comment": one.comment, "reply": one.reply}
            | {"before": one.before, "after": one.after, "asked_at": one.asked_at.isoformat()}
            for one_round in corrections.rounds(session, case.id)
            for one in one_round.requests
        ],
        "decisions": _rows(session, CaseDecision, case, ("proposed_at", "outcome", "state", "words", "proposed_label")),
        "notes": [
            {"at": note.at.isoformat(), "by": note.author_label, "text": note.text}
            for note in notes.of_case(session, case.id)
        ],
        "opinions": [
            {"asked_at": one.asked_at.isoformat(), "question": one.question, "answer": one.answer}
            for one in opinions.of_case(session, case.id)
        ],
        "signatures": _rows(session, Signature, case, ("checked_at",)),
        "letters": _rows(session, CaseLetter, case, ("issued_at", "number", "outcome", "sheet")),
        "assistance": _rows(session, Assistance, case, HELPED),
        "assisted_corrections": _rows(session, AssistedCorrection, case, HELPED),
    }


def _rows(session: Session, table: Any, case: Application, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = session.scalars(select(table).where(table.application_id == case.id).order_by(getattr(table, columns[0])))
    found = [{name: getattr(row, name) for name in columns} for row in rows]
    return [row | {columns[0]: row[columns[0]].isoformat()} for row in found]
