"""What somebody must hear about certificates ordered from home, and of papers and data about them that others got."""

from typing import Any

from sqlalchemy.orm import Session

from portal.certificates import service as certificates
from portal.certificates.events import (
    CertificateDataTaken,
    CertificateDelivered,
    CertificateFact,
    CertificateHandedOut,
    CertificateNotMade,
    CertificatePaid,
    CertificatePosted,
    CertificateReturned,
)
from portal.core.words import N_
from portal.mailbox.account_news import PORTAL
from portal.mailbox.channels.rules import Says
from portal.mailbox.rules import Kind
from portal.mailbox.sending import tell
from portal.staff import service as staff

_NOT_MADE = {
    "online": N_(
        "Your record changed after you ordered (%(reference)s), so we did not make the old certificate.\n\n"
        "What you paid goes back the way it came, within a few days."
    ),
    "window": N_(
        "Your record changed after you ordered (%(reference)s), so we did not make the old certificate.\n\n"
        "Please fetch your %(amount)s yen at the window of any ward office. Say the number of the order."
    ),
    "free": N_(
        "Your record changed after you ordered (%(reference)s), so we did not make the old certificate.\n\n"
        "Please order again."
    ),
}


def on_paid(session: Session, event: CertificatePaid) -> None:
    """A file comes at once, or waits for its owner to get it: then this says so."""
    if event.delivery != "post":
        if certificates.waits_for_its_owner(session, event.order_id):
            _tell(
                session,
                event,
                "paid",
                title=N_("Your certificate is paid: get it now"),
                body=N_(
                    "The fee for your order %(reference)s has arrived. Open the page below to get the certificate."
                ),
                kind=Kind.TASK,
            )
        return
    _tell(
        session,
        event,
        "paid",
        title=N_("Your certificate is paid and will be posted"),
        body=N_(
            "The fee for your order %(reference)s has arrived. The letter leaves on the next working day, to your "
            "registered address."
        ),
    )


def on_delivered(session: Session, event: CertificateDelivered) -> None:
    """It is there."""
    _tell(
        session,
        event,
        "delivered",
        title=N_("Your certificate is here"),
        body=N_(
            "The certificate of your order %(reference)s lies ready as a signed PDF. Please save it: we keep it for "
            "three months.\n\n"
            "Did you not order it? Then please call the ward office at once."
        ),
        says=Says.LETTER,
    )


def on_posted(session: Session, event: CertificatePosted) -> None:
    """The letter is on its way."""
    _tell(
        session,
        event,
        "posted",
        title=N_("Your certificate is posted"),
        body=N_("The letter with the certificate of your order %(reference)s left today."),
    )


def on_returned(session: Session, event: CertificateReturned) -> None:
    """It came back."""
    _tell(
        session,
        event,
        "returned",
        title=N_("Your certificate came back by post"),
        body=N_(
            "The letter of your order %(reference)s could not be delivered to your registered address.\n\n"
            "It lies at the ward office. Please fetch it with your card. If you have moved, please tell us."
        ),
        kind=Kind.TASK,
    )


def on_not_made(session: Session, event: CertificateNotMade) -> None:
    """The record changed between the order and the paper."""
    _tell(
        session,
        event,
        "not-made",
        title=N_("Your certificate could not be made"),
        body=_NOT_MADE[event.way],
        facts={"amount": event.amount},
    )


def on_data_taken(session: Session, event: CertificateDataTaken) -> None:
    """Whoever did not save it learns that somebody else did."""
    _tell(
        session,
        event,
        f"data:{event.event_id}",
        title=N_("A data file of your certificate was saved"),
        body=N_(
            "It shows %(lines)s of %(of)s lines of the certificate of your order %(reference)s. Whoever gets the file "
            "can check the city's signature.\n\n"
            "Did you not save it? Then please call the ward office at once."
        ),
        facts={"lines": event.lines, "of": event.of},
        says=Says.SECURITY,
    )


def on_handed_out(session: Session, event: CertificateHandedOut) -> None:
    """Staff handed out a paper about this person: whoever was not there finds out."""
    office = staff.office_name(session, event.office)
    body = N_(
        "At the window of %(office)s a certificate about you was handed out today (order %(reference)s).\n\n"
        "Were you not there? Then please call the office at once."
    )
    if event.number:
        body = N_(
            "At the window of %(office)s a certificate with your My Number was handed out today (order "
            "%(reference)s).\n\n"
            "Were you not there? Then please call the office at once."
        )
    _tell(
        session,
        event,
        "handed-out",
        title=N_("A certificate was handed to you"),
        body=body,
        facts={"office": office},
        section=office,
        says=Says.SECURITY,
    )


def _tell(
    session: Session,
    event: CertificateFact,
    what: str,
    *,
    title: str,
    body: str,
    facts: dict[str, Any] | None = None,
    section: str = PORTAL,
    says: Says = Says.LETTER,
    kind: Kind = Kind.INFORMATION,
) -> None:
    tell(
        session,
        event.resident_id,
        key=f"certificate:{what}:{event.order_id}",
        section=section,
        title=title,
        body=body,
        facts={"reference": event.reference, **(facts or {})},
        says=says,
        kind=kind,
        link=f"/certificates/{event.order_id}",
    )
