"""A resident who is about to move and has done half of the list: 葵's family of four."""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.applications.guide import catalogue, service, together
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.demo import cast
from portal.residents import service as residents

DONE = ("utilities", "post")
STARTED = ("moving", "school")


def load(session: Session) -> None:
    """One kept list with two lines ticked and two drafts begun. Loading twice adds nothing."""
    person = residents.find_by_number(session, cast.AOI.addressee_number)
    event = catalogue.find("moving-within")
    if person is None or event is None or service.of_resident(session, person.id):
        return
    actor = Actor(Kind.RESIDENT, person.id)
    day = (clock.today() + timedelta(days=9)).isoformat()
    answers = {"day": day, "several": "yes", "who": "all", "children": "yes", "school": "yes", "allowance": "yes"}
    answers |= dict.fromkeys(("insurance", "car"), "yes") | dict.fromkeys(("care", "handbook", "dog"), "no")
    kept = together.keep_list(session, actor, event, answers)
    for step in DONE:
        service.tick(session, actor, kept.id, step, done=True)
    together.prepare(session, actor, kept.id, STARTED)
