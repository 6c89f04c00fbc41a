"""What somebody must hear about their own account, whoever did it: a theft shows itself here."""

from sqlalchemy.orm import Session

from portal.accounts.events import AccountFact, CardRegistered, CardWithdrawn, CodeHandedOut, PasswordChanged
from portal.cards.events import CityCardFact
from portal.core.words import N_
from portal.mailbox.channels.rules import Says
from portal.mailbox.sending import tell
from portal.staff import service as staff

PORTAL = "市民ポータル"  # speaks for itself where no office acted


def on_password_changed(session: Session, event: PasswordChanged) -> None:
    """Also for whoever lost the account to somebody: every session of theirs has just ended."""
    body = N_(
        "A new password was set for your account. Everywhere else it was open, it was signed out.\n\n"
        "If you know nothing of this, please tell the staff of any ward office at once."
    )
    if event.passkeys_ended:
        body = N_(
            "A new password was set for your account with a code. Everywhere else it was open, it was signed out. "
            "All passkeys were removed; you can set up new ones at any time.\n\n"
            "If you know nothing of this, please tell the staff of any ward office at once."
        )
    tell_of_security(session, event, N_("Your password was changed"), body)


def on_code_handed_out(session: Session, event: CodeHandedOut) -> None:
    """Staff made a code for the account."""
    body = N_(
        "At %(office)s a code was handed out with which a new password can be set for your account.\n\n"
        "If you know nothing of this, please tell the staff of any ward office at once."
    )
    tell_of_security(session, event, N_("A code for a new password was handed out"), body)


def on_card_registered(session: Session, event: CardRegistered) -> None:
    """Staff bound a card to the person."""
    body = N_(
        "At %(office)s a My Number Card was registered for you. With it and its PIN you can use the kiosks.\n\n"
        "If you know nothing of this, please tell the staff of any ward office at once."
    )
    tell_of_security(session, event, N_("A card was registered for you"), body)


def on_card_withdrawn(session: Session, event: CardWithdrawn) -> None:
    """Staff ended a card."""
    body = N_(
        "At %(office)s your card was withdrawn. It opens nothing any more until it is registered again.\n\n"
        "If you know nothing of this, please tell the staff of any ward office at once."
    )
    tell_of_security(session, event, N_("Your card was withdrawn"), body)


def tell_of_security(
    session: Session, event: AccountFact | CityCardFact, title: str, body: str, *, link: str = "/account"
) -> None:
    """One notice for the fact, which may hint at a theft: told at any hour, by the office that acted or the portal."""
    office = staff.office_name(session, event.office) if event.office else PORTAL
    tell(
        session,
        event.resident_id,
        key=f"account:{event.event_id}",
        section=office,
        title=title,
        body=body,
        facts={"office": office},
        says=Says.SECURITY,
        link=link,
    )
