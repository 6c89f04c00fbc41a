"""What companies' accounts tell other rooms."""

from uuid import UUID

from portal.core.events import Event


class CorporationEnded(Event):
    """The national register says that a corporation with an account was closed, merged or taken off it."""

    company_id: UUID


class CompaniesTold(Event):
    """A notice has come into the mailboxes of one or more companies."""

    notice_id: UUID
