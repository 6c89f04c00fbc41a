"""The calls of a body's own system: notices to companies by their 法人番号, and how many have read them."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Action, Purpose, did
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.permissions import Scope
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.procurement.registers.service import body_of
from portal.web.access import Access, NotFound
from portal.web.room import Room

room = Room("company_notices_api", __name__, "/api/v1")
BODY = Access.client(Scope.COMPANIES)
# The body's own words, as they are: not looked up in the catalogues.
AS_WRITTEN = ("%(title)s", "%(body)s")
LONGEST_TITLE, LONGEST_BODY, MOST = 100, 4_000, 1_000


class NoticeTextWrong(Refusal):
    code = "company-notice-text-wrong"
    status = 422
    message = N_("The title or the text has a character that cannot be shown.")
    next_step = N_("Delete it and send the notice again.")


class CompanyNotice(BaseModel):
    """One text for up to a thousand companies, each by its 法人番号 or a number of ours. A `confidential` one is read by the
    representative, and by agents whom the company lets read such."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    companies: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(min_length=1, max_length=MOST)
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    body: str = Field(min_length=1, max_length=LONGEST_BODY)
    confidential: bool = False


class Sent(BaseModel):
    """`unknown` are the places in the list whose company has no account here."""

    notice: UUID
    delivered: int
    unknown: list[int]


class Receipts(BaseModel):
    """How many companies were told, and how many of them have opened it."""

    told: int
    read: int


@room.api(
    "/company-notices",
    method="POST",
    access=BODY,
    purpose=Purpose.SENDING,
    body=CompanyNotice,
    answer=Sent,
    status=201,
)
def send(session: Session, actor: Actor, body: CompanyNotice) -> Sent:
    """Send a notice to companies; who is named twice gets it once."""
    agency, notice = body_of(session, actor), new_id()
    try:
        title = text.single_line(body.title, longest=LONGEST_TITLE)
        words = text.free_text(body.body, longest=LONGEST_BODY)
    except TextRefused:
        raise NoticeTextWrong from None
    numbers = [companies.number_in(typed) for typed in body.companies]
    known = companies.ids_of(session, [number for number in numbers if number])
    told = sorted({known[number] for number in numbers if number in known})
    if told:
        companies.tell(
            session, [(company, "") for company in told], key=_key(agency.code, notice), text=AS_WRITTEN,
            facts={"title": title, "body": words}, sender=agency.name, confidential=body.confidential,
        )  # fmt: skip
    did(session, Action.CREATE, whose=None, what="business_deliveries", case_ref=f"{agency.code} {len(told)}")
    unknown = [place for place, number in enumerate(numbers) if number not in known]
    return Sent(notice=notice, delivered=len(told), unknown=unknown)


def _key(agency_code: str, notice: UUID) -> str:
    return f"body:{agency_code}:{notice}"


@room.api("/company-notices/<uuid:notice>", access=BODY, purpose=Purpose.SENDING, answer=Receipts)
def receipts(session: Session, actor: Actor, notice: UUID) -> Receipts:
    """How many have read a notice of one's own body."""
    counts, _lines = companies.receipts(session, _key(body_of(session, actor).code, notice))
    if not counts["told"]:
        raise NotFound
    return Receipts(**counts)
