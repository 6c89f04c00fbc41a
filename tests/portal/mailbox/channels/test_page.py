"""The page "How I am told": nobody is written to who has not shown that the address or device is theirs."""

import json
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from flask import Flask
from sqlalchemy import func, select

from portal.core import clock
from portal.core.uow import Database
from portal.mailbox import service
from portal.mailbox.channels import devices, rules
from portal.mailbox.channels.models import Choice, Device, MailAddress
from portal.mailbox.channels.rules import Says
from portal.web import throttle
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient
from tests.portal.mailbox.channels.conftest import ADDRESS, NOON, Person, PostOffice

PAGE = "/mailbox/channels"


def tell(person: Person) -> None:
    with person.database.command("tell") as session:
        service.tell(
            session, person.id, key=f"t{uuid4()}", section="課", title="Mailbox", body="Mailbox", facts={},
            says=Says.LETTER,
        )  # fmt: skip


def ask_for_code(visitor: Visitor, hanako: Person, post_office: PostOffice, address: str = ADDRESS) -> str:
    page = visitor.submit(visitor.get(f"{PAGE}?address=1"), f"{PAGE}/mail", address=address)
    assert page.status == 200
    hanako.worker.run_pending()
    return post_office.taken[-1]["Subject"][-6:]


def test_an_address_is_confirmed_used_stopped_from_a_mail_and_removed(
    hanako: Person, post_office: PostOffice, resident_client: ResidentClient, app: Flask
) -> None:
    visitor = resident_client("hanako")
    refused = visitor.submit(visitor.get(PAGE), f"{PAGE}/mail", address="hanako.home.example")
    assert refused.status == 422
    assert next(refused.find("input", name="address")).get("value") == "hanako.home.example"
    code = ask_for_code(visitor, hanako, post_office)
    assert post_office.taken[-1]["To"] == ADDRESS
    wrong = visitor.submit(visitor.get(PAGE), f"{PAGE}/mail/code", code="000000" if code != "000000" else "111111")
    assert wrong.status == 422
    saved = visitor.submit(visitor.get(PAGE), f"{PAGE}/mail/code", code=code)
    assert ADDRESS in saved.text
    assert ADDRESS in visitor.get("/my-data").text
    tell(hanako)
    hanako.worker.run_pending()
    link = urlsplit(post_office.taken[-1]["List-Unsubscribe"].strip("<>"))
    stranger = Visitor(app)
    assert stranger.get(f"{link.path}?{link.query}").heading == "メールを止めますか？"
    with hanako.database.command("look") as session:  # looking stops nothing: mail programs open links by themselves
        assert session.scalars(select(Choice.paused)).all() == [""]
    one_click = app.test_client().post(f"{link.path}?{link.query}", data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    tell(hanako)
    hanako.worker.run_pending()
    assert len(post_office.taken) == 2
    again = visitor.submit(visitor.get(PAGE), f"{PAGE}/mail/resume")
    assert ADDRESS in again.text
    visitor.submit(again, f"{PAGE}/mail/remove")
    assert stranger.get(f"{link.path}?{link.query}").status == 404
    with hanako.database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(MailAddress)) == 0
        assert session.scalar(select(func.count()).select_from(Choice)) == 0


def test_codes_end_after_some_tries_and_after_half_an_hour(
    hanako: Person, post_office: PostOffice, resident_client: ResidentClient
) -> None:
    visitor = resident_client("hanako")

    def type_code(code: str) -> Page:
        return visitor.submit(visitor.get(PAGE), f"{PAGE}/mail/code", code=code)

    code = ask_for_code(visitor, hanako, post_office)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(rules.MOST_WRONG_CODES):
        assert type_code(wrong).status == 422
    assert type_code(code).status == 422  # also the right one now
    newer = ask_for_code(visitor, hanako, post_office)
    with clock.freeze(NOON + rules.CODE_LIFE + timedelta(seconds=1)):
        late = resident_client("hanako")
        assert late.submit(late.get(PAGE), f"{PAGE}/mail/code", code=newer).status == 422


def test_nobody_is_flooded_with_codes(hanako: Person, post_office: PostOffice, resident_client: ResidentClient) -> None:
    visitor = resident_client("hanako")
    answers = [
        visitor.submit(visitor.get(f"{PAGE}?address=1"), f"{PAGE}/mail", address=address).status
        for address in ["a@b.example"] * 4 + ["c@b.example"] * 3
    ]
    assert answers == [200, 200, 200, 429, 200, 429, 429]  # three to one address, five of one person


def test_nobody_is_flooded_with_codes_all_day(
    hanako: Person, post_office: PostOffice, resident_client: ResidentClient
) -> None:
    """Six a day to one box, whatever is written after its +; ten a day of one person."""
    answers: list[int] = []
    wanted = (
        [[f"a+{one}@b.example" for one in "123"]] * 2 + [["A@b.example", "c@b.example"]] + [["d@b.example"] * 3] * 2
    )
    for hour, addresses in enumerate(wanted):
        with clock.freeze(NOON + timedelta(hours=hour)):
            visitor = resident_client("hanako")
            page = visitor.get(f"{PAGE}?address=1")
            answers += [visitor.post(f"{PAGE}/mail", {"address": one}, page=page).status for one in addresses]
            with hanako.database.command("hourly") as session:
                throttle.forget_old(session, {})
    assert answers == [200] * 6 + [429, 200] + [200, 200, 429] + [429] * 3  # the refused one counts, too


def push(visitor: Visitor, sent: object) -> int:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    token = visitor.get(PAGE).csrf_token
    answer = visitor.client.post(
        f"{PAGE}/devices", data=json.dumps(sent), headers={**headers, "X-CSRF-Token": token, "User-Agent": "Firefox/1"}
    )
    return answer.status_code


def test_devices_are_added_listed_renewed_and_removed(
    hanako: Person, resident_client: ResidentClient, database: Database, app: Flask
) -> None:
    visitor = resident_client("hanako")
    browsers = [hanako.push_service.browser(f"b{number}") for number in range(rules.MOST_DEVICES + 1)]
    answers = [push(visitor, browser.subscription()) for browser in browsers]
    assert answers == [200] * rules.MOST_DEVICES + [409]
    assert push(visitor, browsers[0].subscription()) == 200  # the same again is the same device
    stranger = app.test_client()
    renewed = {"old": browsers[0].endpoint, "new": browsers[-1].subscription()}
    assert stranger.post(f"{PAGE}/devices/renew", json={**renewed, "old": "https://a.example/"}).status_code == 404
    assert stranger.post(f"{PAGE}/devices/renew", json=renewed).status_code == 204
    nested = stranger.post(f"{PAGE}/devices/renew", data="[" * 100_000, content_type="application/json")
    assert nested.status_code not in (204, 500), "what is nested too deep to be read is no JSON"
    page = visitor.get(PAGE)
    assert len(list(page.find("span", class_="list__title"))) == rules.MOST_DEVICES
    with database.command("look") as session:
        known = devices.of(session, hanako.id)
        assert browsers[-1].endpoint in {device.endpoint for device in known}
    for device in known:
        page = visitor.submit(page, f"{PAGE}/devices/{device.id}/remove")
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(Choice)) == 0


def test_others_cannot_remove_a_device_and_a_browser_belongs_to_who_used_it_last(
    hanako: Person, resident_client: ResidentClient, database: Database
) -> None:
    phone = hanako.wants_push()
    with database.command("look") as session:
        device = session.scalars(select(Device.id)).one()
    other = resident_client("ichiro")
    other.post(f"{PAGE}/devices/{device}/remove", page=other.get("/account"))
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 1
    assert push(other, phone.subscription()) == 200
    with database.command("look") as session:
        assert session.scalars(select(Device.resident_id)).one() != hanako.id


NO_SUBSCRIPTIONS: list[dict[str, object]] = [
    {"endpoint": "https://169.254.169.254/latest"},
    {"endpoint": "http://127.0.0.1:1/push/a"},
    {"endpoint": "https://fcm.googleapis.com/" + "x" * 10_000},
    {"endpoint": None},
    {"keys": {"p256dh": "BA" * 43, "auth": "AAAAAAAAAAAAAAAAAAAAAA"}},
    {"keys": {"p256dh": ["x"], "auth": 7}},
    {"keys": None},
]


def test_what_is_no_subscription_is_refused(hanako: Person, resident_client: ResidentClient) -> None:
    visitor, sent = resident_client("hanako"), hanako.push_service.browser("b").subscription()
    assert [push(visitor, sent | change) for change in NO_SUBSCRIPTIONS] == [422] * len(NO_SUBSCRIPTIONS)
    assert push(visitor, [sent]) == 422


def test_topics_are_chosen_for_each_channel_and_the_notice_says_how_one_was_told(
    hanako: Person, resident_client: ResidentClient
) -> None:
    hanako.wants_mail()
    hanako.wants_push()
    visitor = resident_client("hanako")
    visitor.post(PAGE, {"mail": ["letters", "security"], "push": ["visits"], "hourly": "y"})
    with hanako.database.command("look") as session:
        chosen = {choice.channel: choice for choice in session.scalars(select(Choice))}
    assert [topic for topic in rules.Topic if getattr(chosen["mail"], topic)] == ["letters", "security"]
    assert [topic for topic in rules.Topic if getattr(chosen["push"], topic)] == ["visits"]
    assert chosen["mail"].hourly is chosen["push"].hourly is True
    ticked = [box.get("value") for box in visitor.get(PAGE).find("input", type="checkbox", checked="")]
    assert ticked == ["letters", "security", "visits", "y"]
    tell(hanako)
    with clock.freeze(NOON + timedelta(hours=1)):
        hanako.worker.run_pending()
    notice = visitor.get(next(link for link in visitor.get("/mailbox").links() if len(link) > 40))
    for words in ("このお知らせの経過", "メール: 送信済み"):
        assert words in notice.text
