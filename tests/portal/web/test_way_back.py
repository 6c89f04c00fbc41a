"""Whoever was signed out meanwhile finds the way back to where they were, and staff stay among staff."""

import pytest
from flask import Flask

from portal.core.permissions import Role
from tests.browser import Visitor
from tests.conftest import ResidentClient, StaffClient

SIGN_IN = "/sign-in?next="


def test_a_link_with_a_query_survives_the_sign_in(app: Flask) -> None:
    answer = Visitor(app).client.get("/mailbox?page=2", headers={"Accept": "text/html"})
    assert answer.headers["Location"] == f"{SIGN_IN}/mailbox%3Fpage%3D2"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(app: Flask) -> None:
    page = Visitor(app)._open("POST", "/account/language", headers={"Referer": "http://localhost/account"})
    assert page.status == 401
    assert f"{SIGN_IN}/account" in page.links()


def test_a_form_from_elsewhere_leads_nowhere_but_to_the_sign_in(app: Flask) -> None:
    page = Visitor(app)._open("POST", "/account/language", headers={"Referer": "https://elsewhere.example/account"})
    assert "/sign-in" in page.links()
    assert not [link for link in page.links() if link.startswith(SIGN_IN)]


@pytest.mark.parametrize(
    "page", ["http://[", "http://localhost//elsewhere.example/", "http://localhost/\\\\x", "x" * 9_000]
)
def test_what_is_no_address_of_ours_leads_nowhere_and_is_no_bug(app: Flask, page: str) -> None:
    told = Visitor(app)._open("POST", "/account/language", headers={"Referer": page})
    assert told.status == 401
    assert not [link for link in told.links() if link.startswith((SIGN_IN, "//"))]


def test_staff_who_mistype_an_address_go_back_to_their_desk(staff_client: StaffClient) -> None:
    page = staff_client(Role.SENDER).get("/staff/nonsense")
    assert page.status == 404
    assert "/staff/" in page.links()


def test_a_resident_among_staff_pages_stays_a_resident(resident_client: ResidentClient) -> None:
    page = resident_client("hanako").get("/staff/nonsense")
    assert page.status == 404
    assert "/staff/" not in page.links()
