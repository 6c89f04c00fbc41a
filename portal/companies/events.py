"""What companies' accounts tell other rooms."""

from uuid import UUID

from portal.core.events import Event


class CorporationEnded(Event):
    """The national register says that a corporation with an account was closed, taken off it, or merged; told again when
    it names another successor, or when the successor has an account at last."""

    company_id: UUID


class MergerUndone(Event):
    """The national register no longer says that a corporation was merged: it goes on."""

    company_id: UUID


class CorporationMoved(Event):
    """The national register gave a corporation another name or address."""

    company_id: UUID
    change_id: UUID


class MailboxTakenOver(Event):
    """The representative of a successor took over the mailbox of a company that was merged into it."""

    company_id: UUID
    by_company: UUID
    by_person: UUID


class CompaniesTold(Event):
    """A notice has come into the mailboxes of one or more companies."""

    notice_id: UUID
