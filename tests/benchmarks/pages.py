"""The signed-in mailbox page against a bare Flask + Jinja "hello" and a raw 20-row list, and the waiting room.

CPU time of whole requests through the WSGI door, real application, real session cookie, Korean words.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask, render_template
from jinja2 import DictLoader
from sqlalchemy import insert, select
from werkzeug.test import create_environ

from portal.app import create_app
from portal.core import clock
from portal.core.ids import new_id
from portal.demo import accounts, cast
from portal.demo.load import load_city
from portal.mailbox.models import Delivery, Notice
from portal.residents.service import Person
from portal.web.session import COOKIE
from portal.web.waiting_room import COOKIE as ADMISSION_COOKIE
from portal.web.waiting_room import WaitingRoom
from tests.benchmarks.city import Place, on_sqlite
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns
from tests.browser import Visitor

NOTICES = 20
TO_HELLO = 4.0
TO_LIST = 2.2
TO_HELLO_WAITING = 0.15
PAGES = {
    "hello.html": "<!doctype html><title>Hello</title><h1>Hello {{ name }}</h1>",
    "list.html": "<!doctype html><title>Notices</title><h1>Notices</h1><ul>{% for row in rows %}"
    '<li><a href="/mailbox/{{ row[0] }}">{{ row[1] }}</a> {{ row[2] }} {{ row[3] }} {{ row[4] }} {{ row[5] }}</li>'
    "{% endfor %}</ul>",
}
COLUMNS = "notices.id, notices.kind, notices.section, notices.due_on, deliveries.delivered_at, deliveries.read_at"
RAW_LIST = (
    f"SELECT {COLUMNS} FROM deliveries JOIN notices ON notices.number = deliveries.notice_number "
    f"WHERE deliveries.resident_id = {{}} ORDER BY deliveries.notice_number DESC LIMIT {NOTICES}"
)
Request = Callable[[], bytes]


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    resident_id, cookie = sign_in(place)
    fill_mailbox(place, resident_id)
    raw = bare_app(read_raw(place, resident_id))
    calls = {
        "mailbox": asks(create_app(place.settings, place.database), "/mailbox", cookie=cookie),
        "hello": asks(raw, "/hello"),
        "list": asks(raw, "/list"),
    }
    assert calls["mailbox"]().count(b"list__row") >= NOTICES
    cpu = in_turns(calls, rounds=sizes.rounds, repeat=sizes.calls)
    ours, note = cpu["mailbox"] * 1e6, f"CPU µs of the page; {NOTICES} notices in Korean, signed in"
    yield at_most(
        f"mailbox page / Flask + Jinja hello ({place.kind})",
        ours=ours,
        limit=cpu["hello"] * 1e6,
        unit="µs",
        target=TO_HELLO,
        note=note,
    )
    yield at_most(
        f"mailbox page / raw list of {NOTICES} ({place.kind})",
        ours=ours,
        limit=cpu["list"] * 1e6,
        unit="µs",
        target=TO_LIST,
        note=note,
    )


def waiting_room(sizes: Sizes) -> Iterator[Row]:
    """What one of a crowd costs while all places are taken: first come without a ticket, then asking again with it."""
    with on_sqlite() as place:
        settings = place.settings.model_copy(update={"waiting_room_limit": 1})
        app = create_app(settings, place.database)
        gate = app.wsgi_app
        assert isinstance(gate, WaitingRoom)
        gate.line.ask(None)
        ticket = gate.line.ask(None).ticket
        calls = {
            "waiting": asks(app, "/mailbox", cookie=f"{ADMISSION_COOKIE}={gate.sign(ticket)}; __Host-language=ko"),
            "hello": asks(bare_app(list), "/hello"),
        }
        cpu = in_turns(calls, rounds=sizes.rounds, repeat=sizes.calls)
    yield at_most(
        "waiting room answer / Flask + Jinja hello",
        ours=cpu["waiting"] * 1e6,
        limit=cpu["hello"] * 1e6,
        unit="µs",
        target=TO_HELLO_WAITING,
        note="CPU µs of one 503 with the visitor's number, signed ticket checked",
    )


def asks(app: Any, path: str, *, cookie: str = "") -> Request:
    """A function that makes one whole request through *app*'s WSGI door and returns the body."""
    headers = {"Accept-Language": "ko", "Accept": "text/html", **({"Cookie": cookie} if cookie else {})}
    model = create_environ(path, headers=headers)

    def ask() -> bytes:
        status: list[str] = []
        parts: Iterable[bytes] = app({**model, "wsgi.input": BytesIO()}, lambda line, *_: status.append(line))
        body = b"".join(parts)
        if close := getattr(parts, "close", None):
            close()
        assert status[0].startswith(("200", "503")), status
        return body

    return ask


def sign_in(place: Place) -> tuple[UUID, str]:
    """(resident, Cookie header) of the cast's hero, signed in through the page."""
    hero = next(someone for someone in cast.RESIDENTS if someone.persona == "hanako")
    with place.database.command("benchmark") as session:
        load_city(session, residents=0)
        accounts.open_accounts(session)
        resident_id = session.scalars(select(Person.id).where(Person.addressee_number == hero.addressee_number)).one()
    visitor = Visitor(create_app(place.settings, place.database))
    door = visitor.get("/sign-in?next=/account")
    visitor.submit(door, "/sign-in", login_id=hero.login_id, password=hero.password)
    found = visitor.client.get_cookie(COOKIE)
    assert found is not None, "the hero could not sign in"
    return resident_id, f"{COOKIE}={found.value}; __Host-language=ko"


def fill_mailbox(place: Place, resident_id: UUID) -> None:
    """Twenty notices as they come: from sections and from the system, informing and asking, read and unread."""
    now, section = clock.now(), new_id()
    system = {
        "msgid": {"title": "Please correct your application %(reference)s", "body": "Something needs your correction."}
    }
    written = {code: {"title": f"{code} 어린이집 신청 안내", "body": "안내"} for code in ("ja", "en", "ko")}
    with place.database.command("benchmark") as session:
        for number in range(1, NOTICES + 1):
            at = now - timedelta(days=NOTICES - number, minutes=number)
            values = {
                "id": new_id(),
                "key": f"benchmark:{number}" if number % 4 == 0 else None,
                "kind": "task" if number % 2 else "information",
                "state": "sent",
                "section": "こども未来局 幼保支援課",
                "section_id": None if number % 4 == 0 else section,  # as mailbox.sending.write leaves it
                "texts": system if number % 4 == 0 else written,
                "facts": {"reference": "K7QM-3XPR-T2WH"} if number % 4 == 0 else {},
                "due_on": (at + timedelta(days=30)).date() if number % 2 else None,
                "written_at": at,
                "sent_at": at,
            }
            new = session.execute(insert(Notice).values(**values).returning(Notice.number)).scalar_one()
            read_at = None if number > NOTICES // 2 else at
            session.execute(
                insert(Delivery).values(resident_id=resident_id, notice_number=new, delivered_at=at, read_at=read_at)
            )


def bare_app(read: Callable[[], list[Any]]) -> Flask:
    """The limit: Flask and Jinja with nothing else on."""
    app = Flask("bare")
    app.jinja_loader = DictLoader(PAGES)  # type: ignore[assignment]
    app.add_url_rule("/hello", "hello", lambda: render_template("hello.html", name="Chiba"))
    app.add_url_rule("/list", "list", lambda: render_template("list.html", rows=read()))
    return app


def read_raw(place: Place, resident_id: UUID) -> Callable[[], list[Any]]:
    """The rows of the mailbox by the driver alone, over a connection kept open.

    As text on either database (SQLite gives nothing else): making ids and times of PostgreSQL's and writing them out
    again cost three times the query, which made the limit twice as dear there as "a raw list" means.
    """
    if place.kind == "SQLite":
        connection = sqlite3.connect(place.settings.url.removeprefix("sqlite:///"))
        return lambda: connection.execute(RAW_LIST.format("?"), (resident_id.hex,)).fetchall()
    server = psycopg.connect(place.settings.url, autocommit=True)
    texts = ", ".join(f"{column}::text" for column in COLUMNS.split(", "))
    return lambda: server.execute(RAW_LIST.replace(COLUMNS, texts).format("%s"), (resident_id,)).fetchall()
