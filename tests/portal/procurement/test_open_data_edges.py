"""Open data asked for oddly: what is not there, words in other widths, and the search that the page of tenders offers."""

import json

import pytest
from flask import Flask

from portal.core.uow import Database
from portal.procurement import tenders
from tests.browser import Visitor
from tests.portal.procurement import city


def test_what_is_not_published_is_no_package(app: Flask, database: Database) -> None:
    """A package has one release at least (release-package-schema.json), a draft none."""
    visitor = Visitor(app)
    with database.command("city") as session:
        buyer = city.open_city(session)
        draft = tenders.write(session, buyer, city.facts(), ocid_prefix=city.PREFIX).ocid
    for kind in ("releases", "records"):
        assert visitor.get(f"/open/ocds/{kind}.json").status == 404, "a town without a tender"
    with database.command("publish") as session:
        shown = city.published(session, buyer).ocid
    for kind in ("releases", "records"):
        address = f"/open/ocds/{kind}.json"
        assert visitor.get(f"{address}?ocid={shown}&page=1").status == 200
        for odd in (
            "ocid=nobody",
            f"ocid={draft}",
            "page=2",
            "page=0",
            "page=-1",
            "page=x",
            "page=１",
            "page=99999999",
        ):
            page = visitor.get(f"{address}?{odd}")
            assert page.status == 404, odd
            assert page.headers["Content-Type"] == "application/problem+json"
            assert json.loads(page.body)["code"] == "open-data-nothing-published"


@pytest.mark.parametrize("typed", ["ﾌﾟﾛｼﾞｪｸﾀｰ", "ＰＪ－４００", "pj-400", "NOT ｲｽ AND ﾌﾟﾛｼﾞｪｸﾀｰ"])
def test_the_national_search_finds_either_width(app: Flask, database: Database, typed: str) -> None:
    with database.command("city") as session:
        city.published(session, city.open_city(session), title="プロジェクターPJ-400の購入")
    for name in ("Query", "Project_Name"):
        if "NOT" not in typed or name == "Query":
            assert "<SearchHits>1<" in Visitor(app).get(f"/open/kkj?{name}={typed}").body.decode()


def test_the_search_is_offered_as_xml(app: Flask, database: Database) -> None:
    with database.command("city") as session:
        city.published(session, city.open_city(session), title="架空の机の購入")
    visitor = Visitor(app)
    for page in ("/business/tenders", "/business/tenders?q=机"):
        link = next(link for link in visitor.get(page).links() if link.startswith("/open/kkj"))
        assert "<SearchHits>1<" in visitor.get(link).body.decode()
