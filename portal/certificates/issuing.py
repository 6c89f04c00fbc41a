"""From an order to its paper: what it says today, checked against what was ordered, drawn, signed and sealed.

The caller owns the transaction. Everything that could differ between two drawings comes from the order's own row.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.certificates import checking, contents, kinds, orders, rules
from portal.certificates.desk import Caller, Desk, Document
from portal.certificates.kinds import Channel, Kind
from portal.certificates.ledgers import service as ledgers
from portal.certificates.models import CertificateOrder
from portal.certificates.paper import press
from portal.certificates.register import Household
from portal.certificates.seal_sheet import SealCertificate
from portal.certificates.sheets import OMITTED, Marks, PersonOnRecord, Sheet
from portal.certificates.tax_sheets import IncomeCertificate, TaxPaymentCertificate
from portal.core import clock
from portal.core.ids import ResidentId

PAGE = re.compile(rb"/Type\s*/Page\b")


def check_may_have(session: Session, desk: Desk, resident_id: ResidentId, channel: Channel) -> str:
    """The ward that attests, if the rules let this channel hand a paper out today; opens nobody's data."""
    standing = desk.register.standing(session, resident_id)
    if standing is None:
        raise rules.NotOnRegister
    rules.check_may_have(standing.applicant, clock.today(), channel)
    return standing.ward


def check_has(session: Session, resident_id: ResidentId, kind: Kind) -> None:
    """Whether there is anything to certify of this kind; opens nobody's data."""
    if kind is Kind.SEAL and not ledgers.has_seal(session, resident_id):
        raise rules.SealNotRegistered
    if kind in kinds.TAXES:
        table = "tax_assessments" if kind is Kind.INCOME else "tax_accounts"
        if not ledgers.years_of(session, resident_id)[table]:
            raise rules.NoTaxRecords


def sheet_for(
    session: Session,
    desk: Desk,
    caller: Caller | CertificateOrder,
    kind: Kind,
    options: Mapping[str, str],
    *,
    case_ref: str,
) -> Sheet:
    """What the paper says today, if it may be handed out: opens the people on it, on record once an order."""
    resident_id = ResidentId(caller.resident_id)
    check_may_have(session, desk, resident_id, Channel(caller.channel))
    check_has(session, resident_id, kind)
    household = desk.register.household(session, resident_id, contents.wish(kind, options, case_ref))
    if household is None:
        raise rules.NotOnRegister
    if kind in kinds.RECORDS:
        return contents.resident_record(household, kind, options)
    person = next(one.person for one in household.members if one.resident_id == resident_id)
    if kind is Kind.SEAL:
        return _seal(session, resident_id, household, person, case_ref)
    return _tax(session, resident_id, household, person, kind, int(options["year"]), case_ref)


def _seal(
    session: Session, resident_id: ResidentId, household: Household, person: PersonOnRecord, case_ref: str
) -> SealCertificate:
    found = ledgers.seal_of(session, resident_id, case_ref=case_ref)
    if found is None:
        raise rules.SealNotRegistered
    return SealCertificate(
        person=person,
        address=household.address,
        impression=found.impression,
        millimetres=(found.width / 10, found.height / 10),
        issuer=contents.issuer(household.ward),
    )


def _tax(
    session: Session,
    resident_id: ResidentId,
    household: Household,
    person: PersonOnRecord,
    kind: Kind,
    year: int,
    case_ref: str,
) -> IncomeCertificate | TaxPaymentCertificate:
    issuer, address = contents.issuer(""), household.address
    if kind is Kind.INCOME:
        assessment = ledgers.assessment_of(session, resident_id, year, case_ref=case_ref)
        if assessment is None:
            raise rules.NoTaxRecord
        return IncomeCertificate(person=person, address=address, year=year, issuer=issuer, assessment=assessment)
    accounts = ledgers.accounts_of(session, resident_id, year, case_ref=case_ref)
    if not accounts:
        raise rules.NoTaxRecord
    return TaxPaymentCertificate(person=person, address=address, year=year, issuer=issuer, accounts=accounts)


def same_sheet(session: Session, desk: Desk, found: CertificateOrder) -> Sheet:
    """The paper of an order, if it is still its owner's card's and still says what was ordered. Raises RegisterChanged."""
    resident_id = ResidentId(found.resident_id)
    if found.card and not desk.register.holds_card(session, resident_id, found.card):
        raise rules.OrderOwnerWrong
    sheet = sheet_for(session, desk, found, Kind(found.kind), found.options, case_ref=found.reference)
    if not hmac.compare_digest(contents.digest(desk.key, sheet), found.digest):
        raise rules.RegisterChanged
    return sheet


def document(desk: Desk, order: CertificateOrder, sheet: Sheet) -> Document:
    """The sealed PDF."""
    from portal.certificates.sealing import pdf_seal  # here: only who draws papers carries the library

    marks = marks_of(desk, order)
    text = statement_of(desk, marks, sheet)
    drawn = press().certificate(sheet, marks, text, embedded(marks, sheet, text))
    pdf = pdf_seal.sealer(desk.seal()).seal(drawn, marks.issued_at)
    return Document(
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        keyword=f"order:{order.id}",
        copies=order.copies,
        pages=len(PAGE.findall(drawn)),  # the seal's update repeats the page it stands on
        owner=marks.owner,
    )


def marks_of(desk: Desk, order: CertificateOrder) -> Marks:
    """The numbers of a paid order. Raises OrderStateWrong before payment."""
    if order.paid_at is None or order.issue_number is None or order.verification_code is None:
        raise rules.OrderStateWrong(state=order.state)
    exemption = kinds.EXEMPTIONS.get(kinds.purpose_of(order.options))
    return Marks(
        order_id=order.id,
        issue_number=order.issue_number,
        verification_code=order.verification_code,
        verification_url=checking.address(desk.base_url, order.issue_number, order.verification_code),
        issued_at=order.paid_at,
        issued_on=order.paid_at.astimezone(clock.JST).date(),
        owner=orders.owner_mark(order.card, order.id) if order.card else "",
        free_for=exemption.printed if exemption else "",
    )


def statement_of(desk: Desk, marks: Marks, sheet: Sheet) -> str:
    """The text of the large code."""
    from portal.certificates.sealing import statement

    claims = sheet.claims() | {"on": marks.issued_on.isoformat()}
    return statement.sign(
        desk.seal().statement,
        issuer=desk.base_url,
        issued_at=marks.issued_at,
        number=marks.issue_number,
        contents=claims,
    )


def _without_number(person: Any) -> Any:
    """A personal number stands on the paper, for who reads the paper; programs have no business with it (番号法 19条)."""
    if not isinstance(person, dict) or person.get("my_number") in (None, OMITTED):
        return person
    return person | {"my_number": "記載あり"}


def embedded(marks: Marks, sheet: Sheet, statement_text: str) -> str:
    """The file inside the PDF: what the paper shows as data (JSON), and its signed statement."""
    facts = {key: value for key, value in sheet.facts().items() if not key.startswith("impression")}
    if isinstance(people := facts.get("persons"), list):
        facts["persons"] = [_without_number(one) for one in people]
    found = {
        "issue_number": marks.issue_number,
        "issued_on": marks.issued_on.isoformat(),
        "claims": sheet.claims(),
        "as_printed": facts,
        "statement": statement_text,
    }
    return json.dumps(found, ensure_ascii=False, sort_keys=True, indent=1)
