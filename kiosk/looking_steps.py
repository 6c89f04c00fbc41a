"""The menu, and what a person only looks at: what waits in the mailbox, what is on the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.moves import Outcome, go, leave
from kiosk.pin_steps import begin_change
from kiosk.points_steps import open_points
from kiosk.steps import Journey, Person, Step

Move = Callable[[Journey, Person, float], Outcome]


def _choose(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    """One of the choices of the menu, while somebody is signed in."""
    move = MENU.get(event.value)
    return move(journey, journey.person, now) if move and journey.person else (journey, ())


def _visit(journey: Journey, person: Person, now: float) -> Outcome:
    return (go(journey, Step.RESERVATION, now), ()) if person.reservation else (journey, ())


def _tasks(journey: Journey, person: Person, now: float) -> Outcome:
    journey = go(journey, Step.LOADING_TASKS, now)
    return journey, (fx.LoadTasks(journey.turn, person.session, journey.language),)


def _services(journey: Journey, person: Person, now: float) -> Outcome:
    journey = go(journey, Step.LOADING_SERVICES, now)
    return journey, (fx.LoadServices(journey.turn, person.session, journey.language),)


def _new_pin(journey: Journey, person: Person, now: float) -> Outcome:
    return begin_change(journey, now) if journey.card_in else (journey, ())


def _certificate(journey: Journey, person: Person, now: float) -> Outcome:
    if not journey.health.can_sell:
        return journey, ()
    journey = go(journey, Step.LOADING_KINDS, now, kind=None, answers=(), copies=1, order=None, inserted=0)
    return journey, (fx.LoadKinds(journey.turn, person.session, journey.language),)


MENU: dict[str, Move] = {
    "reservation": _visit,
    "points": open_points,
    "tasks": _tasks,
    "services": _services,
    "pin": _new_pin,
    "certificate": _certificate,
}


def _tasks_loaded(journey: Journey, event: ev.TasksLoaded, now: float) -> Outcome:
    return go(journey, Step.TASKS, now, waiting=event.waiting), ()


def _services_loaded(journey: Journey, event: ev.ServicesLoaded, now: float) -> Outcome:
    return go(journey, Step.SERVICES, now, services=event.services), ()


def _translated(journey: Journey, event: ev.TasksLoaded | ev.ServicesLoaded, now: float) -> Outcome:
    """The same list in another language."""
    if isinstance(event, ev.TasksLoaded):
        return replace(journey, waiting=event.waiting), ()
    return replace(journey, services=event.services), ()


def _to_menu(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return go(journey, Step.MENU, now, waiting=None, services=None), ()


def _leave(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return leave(journey, now)


LOOKING: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.MENU, ev.Chosen): _choose,
    (Step.LOADING_TASKS, ev.TasksLoaded): _tasks_loaded,
    (Step.LOADING_SERVICES, ev.ServicesLoaded): _services_loaded,
    (Step.TASKS, ev.TasksLoaded): _translated,
    (Step.SERVICES, ev.ServicesLoaded): _translated,
    **{(step, ev.Back): _to_menu for step in (Step.TASKS, Step.SERVICES)},
    **{(step, ev.Next): _leave for step in (Step.TASKS, Step.SERVICES)},
}
