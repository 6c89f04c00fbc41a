"""Where nobody can be reached: nothing is sent there any more, and the mailbox and the page of channels say so."""

from uuid import UUID

from sqlalchemy.orm import Session

from portal.core.words import N_
from portal.mailbox import sending as notices
from portal.mailbox.channels import addresses, choices, contacts
from portal.mailbox.channels.rules import Channel, Paused, Says

COMPLAINED_WORDS = (
    N_("We send you no more e-mail"),
    N_(
        "A mail of ours was marked as unwanted at your mail service, so we send no more there.\n\n"
        "If that was a mistake, let us send again on the page below."
    ),
)
PORTAL = "市民ポータル"  # speaks for itself where no office acted
WORDS = {
    Channel.MAIL: (
        N_("We cannot reach you by e-mail"),
        N_(
            "Your mail server refused our mail for good, so we send no more there.\n\n"
            "Please look at your address on the page below: correct it, or let us try again."
        ),
    ),
    Channel.SMS: (
        N_("We cannot reach you by text message"),
        N_(
            "Nobody was reached at your telephone number, so we send no more text messages there.\n\n"
            "Please look at your number on the page below: correct it, or let us try again."
        ),
    ),
    Channel.LINE: (
        N_("We cannot reach you by LINE"),
        N_(
            "LINE does not know your account any more, so we send nothing there.\n\n"
            "Please connect your account again on the page below."
        ),
    ),
}


def suspend(
    session: Session, resident_id: UUID, channel: Channel, *, to: str, key: str, why: Paused = Paused.BOUNCED
) -> None:
    """No more on *channel*, if the person is still told at *to* there; told in the mailbox once a *key*."""
    if to != where(session, resident_id, channel) or not choices.pause(session, resident_id, channel, why):
        return
    title, body = COMPLAINED_WORDS if why is Paused.COMPLAINED else WORDS[channel]
    notices.tell(
        session,
        resident_id,
        key=f"{channel}-bounced:{key}",
        section=PORTAL,
        title=title,
        body=body,
        facts={},
        says=Says.SECURITY,
        link="/mailbox/channels",
    )


def where(session: Session, resident_id: UUID, channel: Channel) -> str:
    """Where somebody is told on *channel* now; "" nowhere."""
    if channel is Channel.MAIL:
        kept = addresses.of(session, resident_id)
        return kept.address if kept else ""
    contact = contacts.of(session, resident_id, channel)
    return contact.address if contact else ""
