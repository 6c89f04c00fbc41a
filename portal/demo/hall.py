"""A morning in the hall of 中央区役所: people who walked in, some served, one at a window, the others waiting."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import insert_once
from portal.demo import cast
from portal.staff import service as staff
from portal.window import kinds, rules
from portal.window.models import Desk, Ticket
from portal.window.moves import hold, next_number, take_turn
from portal.window.rules import How, Lane, Reason, State

OFFICE = "chuo"
# Kind of window, minutes since the draw, language, what became of it.
MORNING = (
    ("resident-affairs", 70, "ja", "served"),
    ("resident-affairs", 62, "zh", "served"),
    ("insurance", 58, "ja", "served"),
    ("resident-affairs", 47, "ja", "served"),
    ("tax", 40, "ja", "served"),
    ("card", 33, "pt", "parked"),
    ("insurance", 30, "ja", "called"),
    ("resident-affairs", 26, "en", "called"),
    ("resident-affairs", 21, "ja", "waiting"),
    ("children", 18, "ko", "waiting"),
    ("insurance", 14, "ja", "waiting"),
    ("resident-affairs", 11, "es", "waiting"),
    ("tax", 8, "ja", "waiting"),
    ("resident-affairs", 5, "ja", "waiting"),
    ("welfare", 3, "ja", "waiting"),
    ("resident-affairs", 1, "zh", "waiting"),
)
WINDOWS = {"resident-affairs": 12, "insurance": 5, "tax": 8, "card": 14}


def load(session: Session) -> None:
    """The numbers of this morning. Loading twice adds nothing; on another day of the demo's clock the hall is empty."""
    if session.scalar(select(func.count()).select_from(Ticket)):
        return
    now = clock.now()
    for kind, minutes, language, state in MORNING:
        session.add(_ticket(session, kind, now - timedelta(minutes=minutes), language, State(state)))
        session.flush()
    _sit_down(session)


def _sit_down(session: Session) -> None:
    """The supervisor helps out at the insurance window, so that the view of the hall has a desk."""
    known = staff.password_of(session, cast.WINDOW_SUPERVISOR.login_id)
    if known is None:
        return
    row = {"staff_id": known[0], "office": OFFICE, "day": clock.today(), "window": WINDOWS["insurance"]}
    insert_once(session, Desk.__table__, row | {"kinds": "insurance", "called_at": clock.now()})  # type: ignore[arg-type]


def _ticket(session: Session, kind: str, drawn_at: datetime, language: str, state: State) -> Ticket:
    one = kinds.giving(OFFICE, kind)
    hold(session, OFFICE, one.letter)
    number = next_number(session, OFFICE, one.letter) or 0
    ticket = Ticket(
        token=secrets.token_urlsafe(32),
        office=OFFICE,
        day=clock.today(),
        kind=kind,
        how=str(How.KIOSK if number % 3 else How.PHONE),
        language=language,
        lane=str(Lane.GENERAL),
        number=number,
        label=rules.label(one.letter, Lane.GENERAL, number),
        state=str(state),
        drawn_at=drawn_at,
    )
    if state is not State.WAITING:
        _call(session, ticket, drawn_at + timedelta(minutes=9))
    return ticket


def _call(session: Session, ticket: Ticket, at: datetime) -> None:
    ticket.window, ticket.called_at, ticket.first_called_at = WINDOWS[ticket.kind], at, at
    ticket.call_number = take_turn(session, OFFICE)
    if ticket.state != State.CALLED:
        ticket.serving_at = at + timedelta(minutes=1)
    if ticket.state == State.SERVED:
        ticket.ended_at = at + timedelta(minutes=10)
    if ticket.state == State.PARKED:
        ticket.parked_at, ticket.park_reason = at + timedelta(minutes=4), str(Reason.FORM)
