"""What happens to a company's basics, for those who used them."""

from uuid import UUID

from portal.core.events import Event


class FactChanged(Event):
    """Something new is told (`old` is None), something is replaced, or something ends (`new` is None)."""

    company_id: UUID
    kind: str
    old: UUID | None
    new: UUID | None


class FactsConfirmed(Event):
    """The company says that everything is still as it told."""

    company_id: UUID
