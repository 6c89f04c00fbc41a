"""What the first page offers, and the menu above every page of a resident."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.guidance import service as guidance
from portal.mailbox import service as mailbox
from portal.points import service as points
from portal.reservations import service as reservations
from portal.staff import service as staff
from portal.web.i18n import gettext, language, ngettext, show_points, show_visit
from portal.window import service as window

DRAFTS_SHOWN = 3
Tile = dict[str, Any]
Menu = tuple[tuple[str, str, bool, int | None], ...]


def tiles(session: Session, resident_id: UUID) -> list[Tile]:
    """The six tiles of a signed-in resident."""
    unread = mailbox.unread_count(session, resident_id)
    return [
        {
            "label": gettext("Mailbox"),
            "href": "/mailbox",
            "icon": "mail",
            "badge": unread or None,
            "note": ngettext("%(num)s unread notice", "%(num)s unread notices", unread)
            if unread
            else gettext("You have read everything."),
        },
        {
            "label": gettext("What is for you"),
            "href": "/guidance",
            "icon": "hand-heart",
            "badge": guidance.waiting(session, resident_id) or None,
            "note": gettext("Programmes and days that concern you"),
        },
        {
            "label": gettext("Procedures"),
            "href": "/procedures",
            "icon": "file-text",
            "note": gettext("Fill in at home, be quick at the window"),
        },
        {
            "label": gettext("My applications"),
            "href": "/applications",
            "icon": "list-checks",
            "note": gettext("Where they stand, and your visits"),
        },
        {
            "label": gettext("Citizen points"),
            "href": "/points",
            "icon": "coins",
            "note": gettext("%(points)s points", points=show_points(points.balance(session, resident_id))),
        },
        {
            "label": gettext("My city card"),
            "href": "/my-card",
            "icon": "id-card",
            "note": gettext("Services on it, and stop it when it is lost"),
        },
        {
            "label": gettext("My data"),
            "href": "/my-data",
            "icon": "eye",
            "note": gettext("What the city holds, and who looked at it"),
        },
        {
            "label": gettext("My account"),
            "href": "/account",
            "icon": "user",
            "note": gettext("Passkeys, language, where you are signed in"),
        },
    ]


@dataclass(frozen=True, slots=True)
class NextVisit:
    """When and where a resident is expected next; `ticket` once they have checked in."""

    when: str
    office: str
    href: str
    ticket: str


def next_visit(session: Session, resident_id: UUID) -> NextVisit | None:
    """The visit that is planned next, of today or later; one of yesterday that nobody closed is over."""
    today = clock.today()
    for one in reservations.of_resident(session, resident_id):
        if one.starts_at.astimezone(clock.JST).date() >= today:
            page = f"/reservations/{one.id}/waiting" if one.ticket else f"/reservations/{one.id}"
            return NextVisit(show_visit(one.starts_at), staff.office_name(session, one.office), page, one.ticket)
    return None


@dataclass(frozen=True, slots=True)
class HeldVisit:
    """A time held for the visit of a form that is being finished; `now` is the server's clock."""

    when: str
    until: datetime
    now: datetime


def held_visit(session: Session, resident_id: UUID, application_id: UUID) -> HeldVisit | None:
    """What is held for this draft now."""
    held = reservations.held_for(session, resident_id)
    if held is None or held.application_id != application_id:
        return None
    return HeldVisit(show_visit(held.starts_at), held.expires_at, clock.now())


def present_number(session: Session, actor: Actor, resident_id: UUID) -> str:
    """The number the person holds at this member's office; "" for none."""
    return window.number_of(session, actor, resident_id)


def drafts(session: Session, resident_id: UUID) -> list[ApplicationSummary]:
    """What the resident began and can go on with, the newest first; a few, the others stand in their list."""
    return applications.drafts_of(session, resident_id)[:DRAFTS_SHOWN]


def tiles_for_strangers() -> list[Tile]:
    """What can be done before signing in."""
    return [
        {
            "label": gettext("Sign in"),
            "href": "/sign-in",
            "icon": "log-in",
            "note": gettext("To your mailbox and your applications"),
        },
        {
            "label": gettext("Procedures"),
            "href": "/procedures",
            "icon": "file-text",
            "note": gettext("What you need, what it costs, how long it takes"),
        },
        {
            "label": gettext("Check a certificate"),
            "href": "/verify",
            "icon": "shield-check",
            "note": gettext("Whether a paper somebody gave you is genuine"),
        },
        {
            "label": gettext("For companies"),
            "href": "/business",
            "icon": "building-2",
            "note": gettext("Sign in with gBizID, tenders, company search"),
        },
        {
            "label": gettext("Call board"),
            "href": "/board/chuo",
            "icon": "megaphone",
            "note": gettext("Numbers called at the ward office"),
        },
    ]


def navigation(actor: Actor) -> Menu:
    """(words, address, is this page under it, badge) of the main menu."""
    if actor.kind is Kind.STAFF:
        places = staff.desk_of(actor)
        here = max(
            (place.url for place in places if _is_under(place.url) or _is_under(place.also)), key=len, default=""
        )
        return tuple((gettext(place.words), place.url, place.url == here, None) for place in places)
    if actor.kind is Kind.BUSINESS:
        return _of_businesses(language(), "/".join(request.path.split("/", 3)[:3]))
    if actor.kind is not Kind.RESIDENT:
        return ()
    return _of_residents(language(), "/" + request.path.split("/", 2)[1])


@lru_cache(maxsize=256)
def _of_residents(_language: str, here: str) -> Menu:
    entries = (
        (gettext("Home"), "/"),
        (gettext("Mailbox"), "/mailbox"),
        (gettext("Procedures"), "/procedures"),
        (gettext("My applications"), "/applications"),
        (gettext("Points"), "/points"),
        (gettext("My data"), "/my-data"),
    )
    return tuple((words, url, url == here, None) for words, url in entries)


@lru_cache(maxsize=256)
def _of_businesses(_language: str, here: str) -> Menu:
    entries = (
        (gettext("Home"), "/business"),
        (gettext("Mailbox"), "/business/mailbox"),
        (gettext("Applications"), "/business/applications"),
        (gettext("Tenders"), "/business/tenders"),
        (gettext("Our company"), "/business/company"),
        (gettext("Find a company"), "/business/search"),
    )
    return tuple((words, url, url == here, None) for words, url in entries)


def _is_under(url: str) -> bool:
    return bool(url) and (request.path == url or request.path.startswith(url + "/"))


def search_page(actor: Actor) -> str | None:
    """Where a search of this member of staff goes; None hides the box."""
    if actor.kind is not Kind.STAFF:
        return None
    return next((place.url for place in staff.desk_of(actor) if place.search), None)
