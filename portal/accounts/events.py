"""What happens to accounts, for rooms above (mailbox): the person is told of it, whoever did it."""

from uuid import UUID

from portal.core.events import Event


class AccountFact(Event):
    """What every event of this room tells; `office` is the code of the office that did it, "" for the person."""

    resident_id: UUID
    office: str = ""


class PasswordChanged(AccountFact):
    """A new password was set; every other session has ended, and so many passkeys (all, if by a code; else none)."""

    passkeys_ended: int = 0


class CodeHandedOut(AccountFact):
    """Staff handed out a code for a new password."""


class CardRegistered(AccountFact):
    """Staff bound a card to the person."""


class CardWithdrawn(AccountFact):
    """Staff ended a card: it opens nothing any more."""
