"""The calls of a body's own system: register, and read what law shows of a company."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose, looked
from portal.core.errors import Refusal
from portal.core.permissions import Scope
from portal.core.text import TextRefused
from portal.procurement import rules as procurement_rules
from portal.procurement.registers import rules, service
from portal.procurement.registers.rules import Row
from portal.web.access import Access
from portal.web.machine import Day
from portal.web.room import Room

room = Room("registrations_api", __name__, "/api/v1")
BODY = Access.client(Scope.COMPANIES)


class RegistrationIn(BaseModel):
    """One registration; `company` is the 法人番号 or a number of ours, `sight` who may see it, by which `law`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    company: str = Field(min_length=1, max_length=20)
    kind: Literal["licence", "commendation", "certificate"]
    name: str = Field(min_length=1, max_length=rules.LONGEST_NAME)
    number: str = Field(min_length=1, max_length=rules.LONGEST_NUMBER)
    issued_on: Day
    valid_until: Day | None = None
    terms: str = Field(default="", max_length=rules.LONGEST_TERMS)
    law: str = Field(default="", max_length=rules.LONGEST_LAW)
    sight: Literal["own", "bodies", "public"] = "own"

    def row(self) -> Row:
        """Raises TextRefused, CompanyUnknown."""
        number = companies.number_in(self.company)
        if not number:
            raise procurement_rules.CompanyUnknown
        lines = {name: _line(getattr(self, name)) for name in ("name", "number", "terms", "law")}
        return Row(
            company=number, kind=self.kind, issued_on=self.issued_on, valid_until=self.valid_until, sight=self.sight, **lines
        )  # fmt: skip


def _line(said: str) -> str:
    return text.single_line(said, longest=rules.LONGEST_TERMS) if said.strip() else ""


class Registrations(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    registrations: list[RegistrationIn] = Field(min_length=1, max_length=200)


class Outcome(BaseModel):
    """Of each in its order: `new`, `changed`, `same`, or the code of what is wrong with it."""

    outcomes: list[str]


class Shown(BaseModel):
    """A registration as another body may see it."""

    body: str
    kind: str
    name: str
    number: str
    issued_on: date
    valid_until: date | None
    terms: str
    law: str
    withdrawn: bool


class OfCompany(BaseModel):
    company: str
    name: str
    registrations: list[Shown]


@room.api(
    "/registrations", method="POST", access=BODY, purpose=Purpose.OPERATION, body=Registrations, answer=Outcome, status=201
)  # fmt: skip
def register(session: Session, actor: Actor, body: Registrations) -> Outcome:
    """Register licences, commendations and certificates of companies; the same number again is the newest word on it."""
    service.body_of(session, actor)
    return Outcome(outcomes=[_register(session, actor, one) for one in body.registrations])


def _register(session: Session, actor: Actor, one: RegistrationIn) -> str:
    try:
        return service.register(session, actor, one.row())
    except TextRefused as refused:
        return refused.code
    except Refusal as refusal:
        return refusal.code


@room.api("/companies/<number>/registrations", access=BODY, purpose=Purpose.OPERATION, answer=OfCompany)
def of_company(session: Session, actor: Actor, number: str) -> OfCompany:
    """What this body may see of a company's registrations: its own, and those of others that law shows to it."""
    agency, company = service.body_of(session, actor), companies.company_of(session, companies.number_in(number))
    if company is None:
        raise procurement_rules.CompanyUnknown
    looked(session, whose=company.id, what="registrations", case_ref=agency.code)
    found: list[Any] = list(service.seen_by(session, agency.code, company.id))
    return OfCompany(
        company=company.key,
        name=company.name,
        registrations=[
            Shown(
                body=body, kind=one.kind, name=one.name, number=one.number, issued_on=one.issued_on,
                valid_until=one.valid_until, terms=one.terms, law=one.law, withdrawn=one.withdrawn_at is not None,
            )
            for one, body in found
        ],
    )  # fmt: skip
