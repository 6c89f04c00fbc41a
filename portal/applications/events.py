"""What happens to pre-applications, for rooms above (mailbox, reservations, window, points)."""

from uuid import UUID

from portal.core.events import Event


class ApplicationFact(Event):
    """What every event of this room tells."""

    application_id: UUID
    resident_id: UUID
    reference: str
    procedure: str


class DraftExpiring(ApplicationFact):
    """A draft nobody touches will be deleted in `days` days."""

    days: int


class CorrectionAsked(ApplicationFact):
    """A clerk asked for correction of `fields` (names of fields, not contents)."""

    fields: tuple[str, ...]


class ApplicationReady(ApplicationFact):
    """A clerk checked everything: the visit will be short."""


class ApplicationRejected(ApplicationFact):
    """A clerk could not accept it; the reason stands in the timeline."""


class ApplicationWithdrawn(ApplicationFact):
    """The resident withdrew it."""


class ApplicationCompleted(ApplicationFact):
    """The window finished it. `points` is what the procedure promises."""

    points: int
