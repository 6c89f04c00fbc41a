"""What happens to pre-applications, for rooms above (mailbox, reservations, window, points)."""

from uuid import UUID

from portal.core.events import Event


class ApplicationFact(Event):
    """What every event about residents' cases tells. Of what a company sent or what was filed without an account nothing
    is told: no mailbox of a resident, no points and no visit belong to it, and `resident_id` is then the case's own id."""

    application_id: UUID
    resident_id: UUID
    reference: str
    procedure: str

    @property
    def is_told(self) -> bool:
        return self.resident_id != self.application_id


class DraftExpiring(ApplicationFact):
    """A draft nobody touches will be deleted in `days` days."""

    days: int


class ApplicationSubmitted(ApplicationFact):
    """The resident sent it."""


class CorrectionAsked(ApplicationFact):
    """A clerk asked for correction of `fields` (names of fields, not contents)."""

    fields: tuple[str, ...]


class ApplicationChanged(ApplicationFact):
    """The resident changed `fields` (names of fields, not contents) before anybody had it in work."""

    fields: tuple[str, ...]


class ApplicationReady(ApplicationFact):
    """A clerk checked everything: the visit will be short."""


class ApplicationRejected(ApplicationFact):
    """A clerk could not accept it; the reason stands in the timeline."""


class LetterIssued(ApplicationFact):
    """A letter about the decision lies with the application; `outcome` is approve or reject."""

    letter_id: UUID
    outcome: str


class ApplicationWithdrawn(ApplicationFact):
    """The resident withdrew it."""


class ApplicationCompleted(ApplicationFact):
    """The window finished it. `points` is what the procedure promises; `channel` who sent it (rules.Channel)."""

    points: int
    channel: str = "online"


class CompanyApplicationFact(Event):
    """What events about cases of companies tell; rooms about residents hear none of them."""

    application_id: UUID
    company_id: UUID
    reference: str
    procedure: str


class CompanyApplicationSent(CompanyApplicationFact):
    """A company sent an application, by the hand of `sent_by`. With it went `entries` of its basics, to the section of
    this name."""

    sent_by: UUID
    section: str
    entries: tuple[UUID, ...]


class CompanyApplicationApproved(CompanyApplicationFact):
    """A company's application was approved by the section of this name: `licence`, if it renews one, holds so many `years`
    longer."""

    section: str
    licence: UUID | None
    years: int
    sent_by: UUID | None
