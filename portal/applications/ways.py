"""Addresses of the pages of one case: /applications/<id>/… for its resident, /without-account/… for who has its key,
/staff/assist/<id>/… for the office that fills it in or corrects it with them, /business/applications/<id>/… for who applies
for a company.

The pages are the same (form_pages, case_pages); a key's holder has no id in the address, because nothing of a case stands
in addresses that are not behind a sign-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from flask import url_for

from portal.core.actor import STRANGER, Actor, Kind
from portal.core.words import N_

CORRECTING = "applications_assisted_corrections"
COMPANY = "applications_firms"


# What residents call a pre-application (事前手続き) is for companies simply an application (申請).
FOR_COMPANIES: Mapping[str, str] = {
    N_("Correct your application"): N_("Correct the application of your company"),
    N_("See the application"): N_("See the application of your company"),
    N_("We received your application"): N_("We received the application of your company"),
    N_("Withdraw the application"): N_("Withdraw the application of your company"),
    N_("Your application"): N_("The application of your company"),
    N_("You sent the application"): N_("The application was sent"),
    N_("You withdrew the application"): N_("The application was withdrawn"),
    N_("The application was not accepted"): N_("The application was not approved"),
    N_("We could not accept this application. The reason is written below."): N_(
        "The application was not approved. The reason is written below."
    ),
    N_("You withdrew this application. You can start again at any time."): N_(
        "Your company withdrew the application. It can send a new one at any time."
    ),
    N_("Completed: you need not come to the city office"): N_("Approved: nobody need come to the city office"),
    N_("Completed"): N_("Approved"),
    N_("Everything is done. Thank you."): N_("The application was approved. Thank you."),
}


@dataclass(frozen=True, slots=True)
class Way:
    """Who walks on it, and whose case it leads to. `person` is who sits beside the office, by the name they go by."""

    actor: Actor
    id: UUID
    room: str = "applications"
    person: str = field(default="", repr=False)

    @property
    def is_guest(self) -> bool:
        return self.room == "applications_guests"

    @property
    def is_company(self) -> bool:
        """Somebody who applies for a company."""
        return self.room == COMPANY

    def words(self, msgid: str) -> str:
        """The msgid as it is said to whoever walks here."""
        return FOR_COMPANIES.get(msgid, msgid) if self.is_company else msgid

    @property
    def is_assisted(self) -> bool:
        """A member of staff, with the person beside them."""
        return self.room in ("applications_assisted", CORRECTING)

    @property
    def base(self) -> str:
        """The layout around the pages."""
        return "staff_base.html" if self.is_assisted else "base.html"

    @property
    def documents_room(self) -> str:
        return self.room if self.is_assisted or self.is_company else "applications_documents"

    def to(self, page: str, **more: Any) -> str:
        """The address of one of the case's pages."""
        own: dict[str, Any] = {} if self.is_guest else {"id": self.id}
        return url_for(f"{self.room}.{page}", **own, **more)

    def step(self, section: str) -> str:
        """Where one page of the form is filled in, on the way back to the check of the answers."""
        return self.to("step", section=section, back="check")

    def task(self, section: str) -> str:
        """The same, on the way back to the list of all pages."""
        return self.to("step", section=section, back="tasks")

    def documents(self, section: str, **more: Any) -> str:
        """Where documents are added; who has no account is asked for none (schema.Procedure)."""
        page = "documents" if self.is_assisted or self.is_company else "show"
        return url_for(f"{self.documents_room}.{page}", id=self.id, section=section, **more)

    def file(self, id: UUID) -> str:
        """Where one document is opened."""
        return url_for(f"{self.documents_room}.own_file", id=self.id, file=id)

    def preview(self, id: UUID) -> str:
        """The small picture of a photo."""
        return url_for(f"{self.documents_room}.preview", id=self.id, file=id)

    def before(self, procedure: str) -> str:
        """Where the form was begun."""
        offered = self.room if self.is_company else "applications"
        return self.to("stop") if self.is_assisted else url_for(f"{offered}.procedure", name=procedure)

    @property
    def list(self) -> str:
        """Where all applications of the same person or company stand."""
        return url_for(f"{COMPANY if self.is_company else 'applications'}.mine")

    @property
    def letters(self) -> str:
        """Where the city's letters about the case lie."""
        return self.to("letters_of") if self.is_company else url_for("applications_letters.mine", id=self.id)

    def letter(self, letter: UUID) -> str:
        """One letter as a PDF."""
        page = f"{self.room}.letter" if self.is_company else "applications_letters.pdf"
        return url_for(page, id=self.id, letter=letter)

    def change(self, section: str) -> str:
        """Where answers already sent are changed."""
        return self.to("change", section=section)


def resident(actor: Actor, id: UUID) -> Way:
    return Way(actor, id)


def company(actor: Actor, id: UUID) -> Way:
    """Somebody for the company they act for; whether they may is asked where a case is opened (applicants.py)."""
    return Way(actor, id, COMPANY)


def guest(id: UUID) -> Way:
    """Who holds the key of one case may act on that case and on nothing else: their id is the case's own."""
    return Way(Actor(Kind.STRANGER, id, STRANGER.label), id, "applications_guests")


def assisted(actor: Actor, id: UUID, resident_id: UUID, person: str) -> Way:
    """A member of staff stands for the resident in what is theirs, and signs for it (assisted/service.py)."""
    return Way(replace(actor, stands_for=resident_id), id, "applications_assisted", person)


def correcting(actor: Actor, id: UUID, resident_id: UUID, person: str) -> Way:
    """The same over what a clerk asked to correct (assisted/corrections.py)."""
    return Way(replace(actor, stands_for=resident_id), id, CORRECTING, person)
