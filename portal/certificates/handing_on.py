"""A certificate that was handed out, as data its owner passes on: an SD-JWT VC with the lines they choose.

Nothing is kept for it: it is made anew from the register, and only while that still says what the paper says. The
caller owns the transaction.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.certificates import issuing, rules
from portal.certificates.desk import Desk
from portal.certificates.events import CertificateDataTaken
from portal.certificates.models import CertificateOrder
from portal.certificates.rules import State
from portal.certificates.sheets import Sheet
from portal.core.events import emit
from portal.core.words import N_

LABELS = {
    "address": N_("Address"),
    "persons": N_("Person on the certificate"),
    "amounts": N_("Amount on the certificate"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line that can be shown or kept back: a msgid, and what stands there."""

    label: str
    value: str


def lines(session: Session, desk: Desk, order: CertificateOrder) -> list[Line]:
    """What can be shown, in the order `electronic` counts. Raises NotHandedOut, RecordChanged and all that stops a
    paper."""
    return [
        Line(LABELS[name], one if isinstance(one, str) else " ".join(map(str, _texts(one))))
        for name, value in _disclosable(_sheet(session, desk, order)).items()
        for one in (value if isinstance(value, list) else [value])
    ]


def electronic(session: Session, desk: Desk, order: CertificateOrder, shown: Collection[int]) -> str:
    """The electronic certificate with the lines of these places; its owner is told of each."""
    from joserfc.jwk import ECKey

    from portal.certificates.sealing import electronic as sealing

    sheet, keys = _sheet(session, desk, order), desk.seal()
    marks = issuing.marks_of(desk, order)
    always = {
        "iss": desk.base_url,
        "iat": int(marks.issued_at.timestamp()),
        "vct": f"{desk.base_url}/certificates/{order.kind}",
        "issue_number": marks.issue_number,
        "title": sheet.title(),
        "issued_by": sheet.issuer.title,
        "issued_on": marks.issued_on.isoformat(),
    }
    key, disclosable = ECKey.import_key(keys.electronic), _disclosable(sheet)
    whole = sealing.issue(key, kid=keys.electronic_kid, always=always, lines=disclosable)
    event = CertificateDataTaken(
        order_id=order.id,
        resident_id=order.resident_id,
        reference=order.reference,
        lines=len(shown),
        of=sum(len(one) if isinstance(one, list) else 1 for one in disclosable.values()),
    )
    emit(session, event)
    return sealing.present(whole, shown)


def _sheet(session: Session, desk: Desk, order: CertificateOrder) -> Sheet:
    if order.state != State.PRINTED or order.revoked_at is not None:
        raise rules.NotHandedOut
    try:
        return issuing.same_sheet(session, desk, order)
    except rules.RegisterChanged:
        raise rules.RecordChanged from None


def _disclosable(sheet: Sheet) -> Mapping[str, Any]:
    claims = sheet.claims()
    found: dict[str, Any] = {"address": claims["address"], "persons": claims["persons"]}
    if isinstance(amounts := claims.get("amounts"), dict):
        found["amounts"] = [{"name": name, "value": value} for name, value in amounts.items()]
    return found


def _texts(value: Mapping[str, Any]) -> list[Any]:
    """The values of one line, those within one of them after each other."""
    return [
        part
        for one in value.values()
        for part in ([x for pair in one.items() for x in pair] if isinstance(one, dict) else [one])
    ]
