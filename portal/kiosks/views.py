"""From what the rooms know to what the machine shows, in the language it asked for."""

from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.certificates.service import Offer, Placed
from portal.core.ids import ResidentId
from portal.core.words import N_
from portal.kiosks.messages import (
    CardAccepted,
    CardServices,
    CardServiceView,
    ChoiceView,
    Coupon,
    DrawnNumber,
    ExpiringView,
    FeeByPoints,
    KindView,
    NumberOffer,
    OptionView,
    OrderPlaced,
    PointsAccount,
    ReservationView,
    RewardView,
    Tasks,
    TaskView,
)
from portal.mailbox import service as mailbox
from portal.points import service as points
from portal.residents import service as residents
from portal.web.hall import hall
from portal.web.i18n import gettext, language, ngettext, office_words_to_find, show_date
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


TASKS_SHOWN = 4


def tasks(session: Session, resident_id: ResidentId) -> Tasks:
    """What waits in the mailbox: titles and last days. The rest is for the phone: others may see this screen."""
    found = mailbox.open_tasks(session, resident_id, limit=TASKS_SHOWN)
    waiting = mailbox.unread_tasks(session, resident_id)
    return Tasks(
        tasks=[TaskView(title=_title(one), due=one.due_on) for one in found],
        more=max(0, waiting - len(found)),
        address=hall().settings.base_url + "/mailbox",
    )


def _title(task: mailbox.Task) -> str:
    own = task.texts.get("msgid")
    if own:
        return gettext(own["title"], **task.facts)
    return next((task.texts[code]["title"] for code in mailbox.languages_for(language()) if code in task.texts), "")


CARD_STATES = {
    "on-card": N_("On your card"),
    "to-write": N_("Will be written on your card at your next visit to a window"),
    "no-card": N_("Works without the card: tell the number at the counter"),
}


def card_services(session: Session, resident_id: ResidentId) -> CardServices:
    """The services a person chose, by name; their numbers are not shown where others may look."""
    card, written, chosen = cards.held_by(session, resident_id)
    rows = []
    for name in chosen:
        entry = written.get(name)
        state = "no-card" if card is None else "on-card" if entry and entry.status == "active" else "to-write"
        rows.append(
            CardServiceView(name=gettext(cards.SERVICE_WORDS[cards.Service(name)]), state=gettext(CARD_STATES[state]))
        )
    return CardServices(card=_card_words(card), services=rows)


def _card_words(card: cards.Card | None) -> str:
    if card is None:
        return gettext("You have no city card yet. The window makes one in a few minutes.")
    if card.stopped_at:
        return gettext("Your city card is stopped. The window opens it again or makes a new one.")
    return gettext("Your city card is good until %(day)s.", day=show_date(card.expires))


def points_account(session: Session, resident_id: ResidentId) -> PointsAccount:
    """The points of a person and the rewards they may take away."""
    balance = points.balance(session, resident_id)
    soon = next(iter(points.expiring(session, resident_id)), None)
    return PointsAccount(
        balance=balance,
        rank=gettext(points.RANK_WORDS[points.rank(session, resident_id)]),
        expiring=ExpiringView(day=soon.day, points=soon.amount) if soon else None,
        rewards=[
            RewardView(
                reward=one.code,
                title=one.title,
                about=one.about,
                points=one.points,
                why_not=gettext(one.why_not.message, **one.why_not.facts) if one.why_not else None,
            )
            for one in points.rewards_for(session, resident_id, balance, language())
        ],
    )


def coupon(session: Session, made: points.Coupon) -> Coupon:
    """A coupon just made."""
    return Coupon(
        coupon=made.reference,
        title=points.reward_title(session, made, language()),
        last_day=made.last_day,
        balance=points.balance(session, made.resident_id),
    )


def number_offer(offer: window.Offer) -> NumberOffer:
    """One kind of window, with what is to be expected there."""
    return NumberOffer(
        kind=offer.kind,
        label=gettext(offer.words),
        letter=offer.letter,
        waiting=offer.waiting,
        least_minutes=offer.estimate.optimistic,
        most_minutes=offer.estimate.normal,
        why_not=gettext(offer.why_not.message, **offer.why_not.facts) if offer.why_not else None,
        next_step=gettext(offer.why_not.next_step) if offer.why_not else None,
    )


def number(session: Session, ticket: window.Ticket) -> DrawnNumber:
    """A number just drawn; `address` is its page for the phone."""
    standing = window.standing(session, ticket)
    return DrawnNumber(
        ticket=ticket.label,
        token=ticket.token,
        kind=gettext(window.KIND_WORDS[ticket.kind]),
        waiting=standing.before,
        least_minutes=standing.estimate.optimistic,
        most_minutes=standing.estimate.normal,
        address=hall().settings.base_url + window.page_of(ticket),
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
                choices=[
                    ChoiceView(value=choice.value, label=gettext(choice.label, **choice.facts))
                    for choice in option.choices
                ],
            )
            for option in offer.options
        ],
        max_copies=offer.max_copies,
        available=offer.available,
        why_not=gettext(offer.why_not.message, **offer.why_not.facts) if offer.why_not else None,
        next_step=gettext(offer.why_not.next_step) if offer.why_not else None,
    )


def order(placed: Placed, by_points: points.FeeOffer | None) -> OrderPlaced:
    """A fresh order as the machine shows it before payment."""
    copies = ngettext("%(num)s copy", "%(num)s copies", placed.copies)
    return OrderPlaced(
        order=placed.order_id,
        reference=placed.reference,
        owner=placed.owner,
        fee=placed.fee,
        lines=[gettext(placed.title), copies],
        by_points=_fee_by_points(by_points) if by_points else None,
    )


def _fee_by_points(offer: points.FeeOffer) -> FeeByPoints:
    return FeeByPoints(
        coupon=offer.coupon.last_day if offer.coupon else None,
        points=offer.points,
        balance=offer.balance,
        why_not=gettext(offer.why_not.message, **offer.why_not.facts) if offer.why_not else None,
    )
