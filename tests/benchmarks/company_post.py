"""One list for a representative of 300 companies with a thousand notices each: whole signed-in requests through the WSGI
door, p95: CPU on SQLite, which computes in this process, wall time on PostgreSQL. The worst page is a search in words that
finds nothing and looks through all it may."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import quantiles
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Uuid, insert, literal, select, text

from portal.app import create_app
from portal.companies.models import BusinessDelivery, BusinessNotice, BusinessPerson, Company, Delegation
from portal.companies.rules import Power, Profession
from portal.company_mailbox.post import labels
from portal.company_mailbox.post.models import BusinessLabelled
from portal.core import clock
from portal.core.ids import new_id
from portal.demo import businesses
from portal.demo.business_people import AGENT_NUMBER, corporate_number
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most
from tests.browser import Visitor
from tests.portal.companies.people import provider_running, sign_in, trust

Line = BusinessDelivery
COMPANIES, EACH = 300, 1_000
DAYS = 1_000
P95_MS = 150.0
PAGE = "/business/mailbox/all"
BATCH = 20_000
PAGES = {
    "newest": PAGE,
    "unread": f"{PAGE}?show=unread",
    "overdue": f"{PAGE}?show=overdue",
    "with a label": f"{PAGE}?label=1",
    "one of its words": f"{PAGE}?q={quote('通知17番')}",
    "nothing found": f"{PAGE}?q={quote('どこにもない言葉')}",
}


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    """Each kind of list, and the page a year back in time."""
    most = min(COMPANIES * EACH, sizes.notices)
    count = max(2, min(COMPANIES, most // 20))
    with provider_running() as provider:
        fill(place, count, most // count, provider.issuer)
        app = create_app(place.settings, place.database)
        trust(app, provider)
        visitor = Visitor(app)
        sign_in(visitor, "midori")
        back = _back(place)
        for name, path in {**PAGES, "a year back": f"{PAGE}?before={back}"}.items():
            inside = place.kind == "SQLite"
            ticks = time.process_time if inside else time.perf_counter
            taken = p95(lambda path=path: visitor.client.get(path), sizes.rounds * 4, ticks)  # type: ignore[misc]
            yield at_most(
                f"list of {count} companies with {most // count} notices each, {name}, p95 ({place.kind})",
                ours=taken,
                limit=P95_MS,
                unit="ms",
                target=1.0,
                note=f"{'CPU' if inside else 'wall'} ms of the whole page",
            )


def p95(call: Callable[[], Any], times: int, ticks: Callable[[], float]) -> float:
    """The slow end of some calls, after one to get warm."""
    assert call().status_code == 200
    taken = []
    for _each in range(max(2, times)):
        began = ticks()
        call()
        taken.append((ticks() - began) * 1_000)
    return quantiles(taken, n=20)[-1]


def _back(place: Place) -> str:
    """An address a year back."""
    with place.database.command("look") as session:
        at = clock.now() - timedelta(days=365)
        query = select(BusinessDelivery).where(BusinessDelivery.sent_at < at)
        one = session.scalars(query.order_by(BusinessDelivery.sent_at.desc()).limit(1)).first()
        if one is None:
            return ""
        return f"{int(one.sent_at.timestamp() * 1_000_000):x}.{one.notice_id.hex}.{one.company_id.hex}"


def fill(place: Place, count: int, each: int, issuer: str) -> None:
    """The companies, the agent's delegations, and notices spread over some years; one in forty unread."""
    with place.database.command("fill") as session:
        businesses.load(session, count + 2, issuer)
        agent = session.scalars(select(Company.id).where(Company.key == AGENT_NUMBER)).one()
        giver = session.scalars(select(BusinessPerson.id)).first()
        numbers = [corporate_number(serial) for serial in range(3, count + 3)]
        ids = list(session.scalars(select(Company.id).where(Company.key.in_(numbers))))
        session.execute(insert(Delegation), [_delegation(one, agent, giver) for one in ids])
    for start in range(0, each, max(1, BATCH // count)):
        with place.database.command("fill") as session:
            span = range(start, min(each, start + max(1, BATCH // count)))
            rows = [_line(company, number, each) for number in span for company in ids]
            session.execute(insert(BusinessNotice), [notice for notice, _row in rows])
            session.execute(insert(BusinessDelivery), [row for _notice, row in rows])
    with place.database.command("label") as session:
        number = labels.add(session, agent, "済み")
        lines = select(literal(agent, Uuid), Line.company_id, Line.notice_id, literal(number), Line.sent_at)
        columns = ["firm_id", "company_id", "notice_id", "number", "sent_at"]
        session.execute(insert(BusinessLabelled).from_select(columns, lines.where(Line.waits)))
    with place.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def _delegation(company: UUID, agent: UUID, giver: UUID | None) -> dict[str, Any]:
    return {
        "id": new_id(), "company_id": company, "agent_id": agent, "profession": str(Profession.SCRIVENER),
        "scopes": [str(Power.MAILBOX)], "given_at": clock.now(), "given_by": giver,
        "ends_on": clock.today() + timedelta(days=300), "revoked_at": None,
    }  # fmt: skip


def _line(company: UUID, number: int, each: int) -> tuple[dict[str, Any], dict[str, Any]]:
    notice = new_id()
    at = clock.now() - timedelta(days=DAYS * number / each, seconds=company.int % 3_600)
    asks = number % 10 == 0
    words = f"通知{number}番の架空のお知らせ"
    return {
        "id": notice, "key": str(notice), "title": "%(title)s", "body": "%(body)s", "link": "", "sender": "架空の市役所",
        "facts": {"title": words, "body": "架空の本文です。" * 30}, "confidential": number % 20 == 7, "sent_at": at,
        "kind": "task" if asks else "information", "due_on": at.date() if asks else None, "remind_days": 0,
        "choices": {}, "owner": "chiba", "words": words + "架空の本文です。" * 30 + "架空の市役所",
        "withdrawn_because": "",
    }, {
        "notice_id": notice, "company_id": company, "reason": "", "sent_at": at, "waits": asks and number % 20 == 0,
        "read_at": None if number % 40 == 1 else at, "read_by": None, "said": "",
        "topic": "other" if number % 20 == 7 else "",
    }  # fmt: skip
