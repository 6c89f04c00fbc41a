"""What the first page offers, and the menu above every page of a resident."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.mailbox import service as mailbox
from portal.points import service as points
from portal.reservations import service as reservations
from portal.staff import service as staff
from portal.web.i18n import gettext, language, ngettext, show_points, show_visit

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
            "label": gettext("Call board"),
            "href": "/board/chuo",
            "icon": "megaphone",
            "note": gettext("Numbers called at the ward office"),
        },
    ]


def navigation(actor: Actor) -> Menu:
    """(words, address, is this page under it, badge) of the main menu."""
    if actor.kind is Kind.STAFF:
        return tuple(_entry(gettext(place.words), place.url) for place in staff.desk_of(actor))
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


def _entry(words: str, url: str) -> tuple[str, str, bool, int | None]:
    here = request.path == url or (url != "/" and request.path.startswith(url + "/"))
    return words, url, here, None


def search_page(actor: Actor) -> str | None:
    """Where a search of this member of staff goes; None hides the box."""
    if actor.kind is not Kind.STAFF:
        return None
    return next((place.url for place in staff.desk_of(actor) if place.search), None)
