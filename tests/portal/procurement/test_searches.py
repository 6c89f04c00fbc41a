"""Saved searches: what is new comes together, once, and to nobody else."""

from datetime import timedelta

from sqlalchemy import select

from portal.companies.models import BusinessNotice
from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.tenders import _actor
from portal.procurement.searches import service
from tests.portal.companies.people import BusinessClient
from tests.portal.procurement import city


def digests(database: Database) -> list[str]:
    with database.job("digest") as session:
        service.digest(session, {})
    with database.command("look") as session:
        found = select(BusinessNotice).where(BusinessNotice.title == service.DIGEST[0]).order_by(BusinessNotice.sent_at)
        return [one.facts["titles"] for one in session.scalars(found)]


def test_a_digest_tells_what_is_new_once(database: Database, town: None, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    page = shoko.get("/business/searches?q=机&category=goods")
    for name, rhythm in (("毎日", "daily"), ("毎週", "weekly")):
        page = shoko.submit(page, "/business/searches", name=name, rhythm=rhythm, words="机　購入", category="goods")
        assert page.status == 200, page.text
    assert shoko.submit(page, "/business/searches", name="毎日", rhythm="daily").status == 422
    with database.command("publish") as session:
        kaoru = _actor(session, cast.BUYER)
        for title, category in (("机の購入", "goods"), ("机の修理", "goods"), ("机の購入", "works")):
            city.published(session, kaoru, title=title, category=category)
    assert digests(database) == [], "not before a day is over"
    with clock.freeze(clock.now() + timedelta(days=1)):
        assert digests(database) == digests(database) == ["机の購入"]
    with clock.freeze(clock.now() + timedelta(days=7)):
        assert digests(database) == ["机の購入"] * 2, "the daily one has nothing new"
        shoko = business_client("shoko")
        page = shoko.get("/business/searches")
        gone = next(form.get("action") for form in page.find("form") if (form.get("action") or "").endswith("/forget"))
        assert len(list(shoko.submit(page, gone).find("li"))) < len(list(page.find("li")))
