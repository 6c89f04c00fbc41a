"""What somebody must hear about their city card, whoever did it."""

from sqlalchemy.orm import Session

from portal.cards.events import CityCardIssued, CityCardPinSet, CityCardResumed, CityCardStopped
from portal.core.words import N_
from portal.mailbox.account_news import tell_of_security

PAGE = "/my-card"


def on_city_card_issued(session: Session, event: CityCardIssued) -> None:
    """A card was bound to the person."""
    body = N_(
        "At %(office)s a city card was issued for you. A card you had before has ended.\n\n"
        "If you know nothing of this, please tell the staff of any ward office at once."
    )
    tell_of_security(session, event, N_("Your city card was issued"), body, link=PAGE)


def on_city_card_stopped(session: Session, event: CityCardStopped) -> None:
    """The card opens nothing any more."""
    body = N_(
        "Your city card was stopped. It opens nothing any more.\n\n"
        "If you know nothing of this, please tell the staff of any ward office at once."
    )
    tell_of_security(session, event, N_("Your city card was stopped"), body, link=PAGE)


def on_city_card_resumed(session: Session, event: CityCardResumed) -> None:
    """The card was found."""
    body = N_(
        "At %(office)s your city card was opened again.\n\n"
        "If you know nothing of this, please tell the staff of any ward office at once."
    )
    tell_of_security(session, event, N_("Your city card works again"), body, link=PAGE)


def on_city_card_pin_set(session: Session, event: CityCardPinSet) -> None:
    """The card's PIN is another one."""
    body = N_(
        "At %(office)s a new PIN was set on your city card.\n\n"
        "If you know nothing of this, please tell the staff of any ward office at once."
    )
    tell_of_security(session, event, N_("Your city card has a new PIN"), body, link=PAGE)
