"""What happens to registrations, for those who wait for a licence."""

from uuid import UUID

from portal.core.events import Event


class LicenceRegistered(Event):
    """A body registered a licence of a company, or its newest word on it."""

    company_id: UUID
