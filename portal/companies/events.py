"""What companies' accounts tell other rooms."""

from uuid import UUID

from portal.core.events import Event


class CompaniesTold(Event):
    """A notice has come into the mailboxes of one or more companies."""

    notice_id: UUID
