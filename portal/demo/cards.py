"""City cards of the cast, as the simulated cards hold them: bound at the window some months ago."""

from datetime import timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.cards import contents, rules, seals
from portal.cards.models import CardEntry, CityCard, ServiceId
from portal.cards.rules import Service
from portal.config import Settings
from portal.core import clock
from portal.core.ids import new_id
from portal.demo import cast
from portal.residents import service as residents

NOTES = {"points": cast.CARD_PAYLOADS["points"]}
ISSUED = timedelta(days=200)


def load(session: Session, settings: Settings) -> None:
    """A card for everybody of the cast who holds one."""
    sealing = seals.of(settings)
    since = clock.now() - ISSUED
    for holder in (one for one in cast.RESIDENTS if one.auth_pin and one.moved_out is None):
        person = residents.find_by_number(session, holder.addressee_number)
        if person is None:
            continue
        card = {
            "id": new_id(),
            "resident_id": person.id,
            "number": cast.card_id(holder.persona),
            "issuer": settings.card_issuer,
            "issued_at": since,
            "expires": rules.last_day(since.date()),
        }
        session.execute(insert(CityCard).values(card))
        numbers = {name: cast.service_number(name, holder.persona) for name in cast.CARD_SERVICES}
        session.execute(
            insert(ServiceId),
            [
                {
                    "resident_id": person.id,
                    "service": name,
                    "number": number,
                    "since": since,
                    "note": NOTES.get(name, ""),
                }
                for name, number in numbers.items()
            ],
        )
        contents.keep_text(session, sealing, person.id, Service.EMERGENCY, cast.EMERGENCY)
        marks = {name: contents.mark(sealing, Service(name), text) for name, text in cast.CARD_PAYLOADS.items()}
        written = {"card_id": card["id"], "version": 1, "status": rules.Status.ACTIVE, "written_at": since}
        session.execute(
            insert(CardEntry),
            [
                {**written, "service": name, "number": number, "content": marks.get(name, "")}
                for name, number in numbers.items()
            ],
        )
