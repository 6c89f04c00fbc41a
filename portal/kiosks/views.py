"""From what the rooms know to what the machine shows, in the language it asked for."""

from sqlalchemy.orm import Session

from portal.certificates.service import Offer, Placed
from portal.core.ids import ResidentId
from portal.kiosks.messages import CardAccepted, ChoiceView, KindView, OptionView, OrderPlaced, ReservationView
from portal.mailbox import service as mailbox
from portal.points import service as points
from portal.residents import service as residents
from portal.web.i18n import gettext, ngettext, office_words_to_find
from portal.window import service as window


def welcome(session: Session, resident_id: ResidentId) -> CardAccepted:
    """What the first screen after the card shows."""
    return CardAccepted(
        greeting=residents.look_up(session, resident_id).known_as,
        unread_tasks=mailbox.unread_tasks(session, resident_id),
        reservation=reservation(session, resident_id),
        points=points.balance(session, resident_id),
    )


def reservation(session: Session, resident_id: ResidentId) -> ReservationView | None:
    """The person's next visit, and whether it can be checked in now."""
    visit = window.can_check_in(session, resident_id)
    if visit is None:
        return None
    return ReservationView(
        reference=visit.reference,
        starts_at=visit.starts_at,
        office=office_words_to_find(visit.office),
        procedures=[gettext(title) for title in visit.procedures],
        can_check_in=visit.can_check_in,
        why_not=gettext(visit.why_not, **visit.facts) if visit.why_not else None,
        ticket=visit.ticket,
    )


def kind(offer: Offer) -> KindView:
    """One certificate with its questions."""
    return KindView(
        kind=offer.kind,
        name=gettext(offer.name),
        fee=offer.fee,
        options=[
            OptionView(
                name=option.name,
                label=gettext(option.label),
                choices=[ChoiceView(value=choice.value, label=gettext(choice.label)) for choice in option.choices],
            )
            for option in offer.options
        ],
        max_copies=offer.max_copies,
        available=offer.available,
        why_not=gettext(offer.why_not.message, **offer.why_not.facts) if offer.why_not else None,
    )


def order(placed: Placed) -> OrderPlaced:
    """A fresh order as the machine shows it before payment."""
    copies = ngettext("%(num)s copy", "%(num)s copies", placed.copies)
    return OrderPlaced(
        order=placed.order_id,
        reference=placed.reference,
        owner=placed.owner,
        fee=placed.fee,
        lines=[gettext(placed.title), copies],
    )
