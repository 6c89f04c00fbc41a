"""One list of all the companies somebody acts for; filters, words, pages back in time, and putting away."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, update

from portal.companies.models import BusinessDelivery, BusinessNotice
from portal.companies.rules import Power, Standing
from portal.company_mailbox import service as company_mailbox
from portal.company_mailbox.post import finding, rules
from portal.company_mailbox.post.models import BusinessLabelled
from portal.company_mailbox.post.rules import Place, Show, read_place
from portal.core import clock
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.demo.business_people import AGENT_NUMBER, corporate_number
from tests.portal.companies.people import BusinessClient
from tests.portal.company_mailbox import mailboxes
from tests.portal.company_mailbox.mailboxes import OWN, said, send

ALL = "/business/mailbox/all"


def standings(database: Database, *numbers: str, confidential: bool = True) -> list[Standing]:
    powers = {Power.MAILBOX, Power.CONFIDENTIAL} if confidential else {Power.MAILBOX}
    return [Standing(mailboxes.company(database, one), one, one, frozenset(powers)) for one in numbers]


def fill(database: Database, numbers: list[str], count: int, *, hours: int = 7) -> None:
    """Each company has *count* notices of its own, one every few hours back in time."""
    ids, now = [mailboxes.company(database, one) for one in numbers], clock.now()
    notices, lines = [], []
    for place in range(count):
        for company in ids:
            notice, at = new_id(), now - timedelta(hours=hours * place)
            notices.append(
                {"id": notice, "key": str(notice), "title": "%(title)s", "body": "", "link": "", "sender": "架空の市役所",
                 "facts": {"title": f"通知{place}"}, "confidential": place % 10 == 3, "sent_at": at, "kind": "information",
                 "words": f"ツウチ{place}番", "choices": {}, "owner": "", "withdrawn_because": "", "remind_days": 0}
            )  # fmt: skip
            lines.append(
                {
                    "notice_id": notice,
                    "company_id": company,
                    "reason": "",
                    "sent_at": at,
                    "waits": False,
                    "said": "",
                    "topic": "other" if place % 10 == 3 else "",
                }
            )
    with database.command("fill") as session:
        session.execute(insert(BusinessNotice), notices)
        session.execute(insert(BusinessDelivery), lines)


def walk(database: Database, mine: list[Standing], asked: finding.Asked) -> list[tuple[UUID, UUID]]:
    """Everything that is found, page by page."""
    found, before, pages = [], None, 0
    while True:
        with database.command("look") as session:
            page = finding.find(session, mine, asked, before=before)
        found += [(one.company_id, one.id) for one in page.letters]
        before, pages = read_place(page.before, clock.JST), pages + 1
        if before is None:
            return found
        assert pages < 200


def test_all_pages_together_are_everything_once_in_order(database: Database, cast_companies: None) -> None:
    numbers = [corporate_number(serial) for serial in range(3, 9)]
    fill(database, numbers, 40)
    mine = standings(database, *numbers[:5])
    found = walk(database, mine, finding.Asked())
    assert len(found) == len(set(found)) == 200
    plain = walk(database, standings(database, *numbers[:5], confidential=False), finding.Asked())
    assert len(plain) == 180, "no confidential ones"
    with database.command("look") as session:
        at = dict(session.execute(select(BusinessDelivery.notice_id, BusinessDelivery.sent_at)).all())
    times = [at[notice] for _company, notice in found]
    assert times == sorted(times, reverse=True)


def test_one_notice_to_many_companies_stands_in_all_of_them(database: Database, cast_companies: None) -> None:
    numbers = [corporate_number(serial) for serial in range(3, 40)]
    notice = send(database, numbers)
    found = walk(database, standings(database, *numbers), finding.Asked())
    assert len(set(found)) == len(numbers) > rules.PAGE_SIZE
    assert {one for _company, one in found} == {notice}


def test_a_search_looks_so_far_and_says_where_it_goes_on(
    database: Database, cast_companies: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [corporate_number(serial) for serial in range(3, 6)]
    fill(database, numbers, 60, hours=30)
    monkeypatch.setattr(rules, "LOOKED_THROUGH", 25)
    mine = standings(database, *numbers)
    with database.command("look") as session:
        first = finding.find(session, mine, finding.asked_of("ツウチ59番", "", ""))
    assert first.letters == []
    assert first.is_cut
    assert len(walk(database, mine, finding.asked_of("つうち５９番", "", ""))) == 3
    assert len(walk(database, mine, finding.asked_of("通知", "", "unread"))) == 0


def test_filters(database: Database, cast_companies: None) -> None:
    late = said("confirmation", due_on=clock.today())
    overdue, todo = send(database, what=late), send(database, what=said("confirmation"))
    info = send(database, what=said(title="工事のお知らせ"), owner="suido")
    mine = standings(database, OWN)
    with database.command("later") as session:
        day = clock.today() - timedelta(days=1)
        session.execute(update(BusinessNotice).where(BusinessNotice.id == overdue).values(due_on=day))

    def found(words: str = "", sender: str = "", show: str = "all") -> set[UUID]:
        return {one for _company, one in walk(database, mine, finding.asked_of(words, sender, show))}

    assert found() == {overdue, todo, info}
    assert found(show="todo") == {overdue, todo}
    assert found(show="overdue") == {overdue}
    assert found(words="工事") == {info}
    assert found(words="工事 市役所") == {info}
    assert found(sender="市役所") == {overdue, todo, info}
    assert found(sender="県庁") == set()
    assert found(show="archived") == set()
    assert found(show="nonsense") == {overdue, todo, info}


def test_what_is_chosen_is_put_away_for_its_own_company_alone(
    database: Database, business_client: BusinessClient
) -> None:
    notice = send(database, [OWN, AGENT_NUMBER, corporate_number(9)])
    midori, foreign = business_client("midori"), mailboxes.company(database, corporate_number(9))
    page = midori.get(ALL)
    assert page.text.count("架空の調査") >= 2
    assert "株式会社架空商店" in page.text
    boxes = [box.get("value") for box in page.find("input", name="n")]
    assert len(boxes) == 2
    chosen = [*boxes, f"{foreign}.{notice}"]
    done = midori.submit(page, "/business/mailbox/tidy", n=chosen, act="archive")
    assert "2件" in done.text
    with database.command("look") as session:
        away = select(func.count()).where(BusinessDelivery.archived_at.is_not(None))
        assert session.scalar(away) == 2
    assert not list(midori.get(ALL).find("input", name="n"))
    page = midori.get(f"{ALL}?show=archived")
    midori.submit(page, "/business/mailbox/tidy", n=boxes[:1], act="restore")
    page = midori.get(ALL)
    assert len(list(page.find("input", name="n"))) == 1
    midori.submit(page, "/business/mailbox/tidy", n=boxes[:1], act="read")
    assert "未読" not in midori.get(f"{ALL}?show=unread").text.split("検索")[-1]
    assert midori.submit(page, "/business/mailbox/tidy", n=["x"], act="read").status == 422
    assert midori.submit(page, "/business/mailbox/tidy", n=boxes, act="burn").status == 422


def test_a_representative_of_one_company_chooses_it_among_all(
    database: Database, business_client: BusinessClient
) -> None:
    send(database, [OWN])
    midori, own = business_client("midori"), mailboxes.company(database, AGENT_NUMBER)
    assert "架空の調査" in midori.get(ALL).text
    assert not list(midori.get(f"{ALL}?company={own}").find("input", name="n"))
    assert midori.get(f"{ALL}?company=x&before=zz&show=zz&q=%00").status == 200


def test_a_place_in_a_list_is_read_back_and_nonsense_is_none() -> None:
    place = Place(clock.now(), new_id(), new_id())
    assert read_place(str(place), clock.JST) == place
    for typed in ("", "x", "1.2.3", "ffffffffffffffffffffff.0.0", f"z{place}", "1e9.x.y"):
        assert read_place(typed, clock.JST) is None


def test_every_filter_has_words() -> None:
    assert set(rules.SHOW_WORDS) == set(Show)
    assert company_mailbox.letters.Waits.BODY == "body"


def test_all_that_fit_a_search_are_put_away_and_no_others(
    database: Database, business_client: BusinessClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    midori = business_client("midori")
    for number in range(4):
        send(database, [OWN, AGENT_NUMBER, corporate_number(9)], said(title=f"検査{number}"))
    send(database, [OWN], said(title="ほかの通知"))
    monkeypatch.setattr(rules, "MOST_MATCHING", 6)
    form = {"q": "検査", "act": "archive", "scope": "all"}
    page = midori.get(f"{ALL}?q=検査")
    first = midori.submit(page, "/business/mailbox/tidy", act="archive", scope="all")
    assert "6件" in first.text
    assert "もう一度押して" in first.text
    second = midori.post("/business/mailbox/tidy", {**form, "next": ALL}, page=page)
    assert "2件" in second.text
    assert "もう一度押して" not in second.text
    with database.command("look") as session:
        away = select(BusinessDelivery.company_id).where(BusinessDelivery.archived_at.is_not(None))
        put_away = list(session.scalars(away))
    mine = [mailboxes.company(database, one) for one in (OWN, AGENT_NUMBER)]
    assert sorted(put_away) == sorted(mine * 4)
    stranger = {**form, "company": str(mailboxes.company(database, corporate_number(9)))}
    assert "0件" in midori.post("/business/mailbox/tidy", stranger, page=page).text


def test_all_that_a_page_shows_are_taken_care_of_at_one_press(
    database: Database, business_client: BusinessClient
) -> None:
    shoko = business_client("shoko")
    for number in range(3):
        send(database, [OWN], said(title=f"検査{number}"))
    page = shoko.get("/business/mailbox")
    shown = [line.get("value") for line in page.find("input", name="shown")]
    assert len(shown) == 3
    done = shoko.submit(page, "/business/mailbox/tidy", act="archive", scope="shown", shown=shown)
    assert "3件" in done.text
    assert shoko.submit(page, "/business/mailbox/tidy", act="archive", scope="heap").status == 422


def test_all_that_was_found_is_marked_as_read_once_it_was_asked(
    database: Database, business_client: BusinessClient
) -> None:
    midori = business_client("midori")
    for number in range(2):
        send(database, [OWN, AGENT_NUMBER], said(title=f"検査{number}"))
    send(database, [OWN], said(title="ほかの通知"))
    page = midori.get(f"{ALL}?q=検査")
    asked = midori.submit(page, "/business/mailbox/tidy", act="read", scope="all")
    assert asked.status == 200
    assert "すべて既読にしますか" in asked.text
    with database.command("look") as session:
        query = select(func.count()).where(BusinessDelivery.read_at.is_not(None))
        assert session.scalar(query) == 0, "nobody was told before it was asked"
        total = session.scalar(select(func.count()).select_from(BusinessDelivery))
    done = midori.submit(asked, "/business/mailbox/tidy")
    assert "4件" in done.text
    with database.command("look") as session:
        assert session.scalar(query) == 4 < (total or 0)
    again = midori.submit(midori.get(f"{ALL}?q=検査"), "/business/mailbox/tidy", act="read", scope="all")
    assert "0件" in again.text, "nothing is asked about nothing"


def test_a_firm_labels_notices_of_all_companies_and_they_do_not_see_it(
    database: Database, business_client: BusinessClient
) -> None:
    send(database, [OWN, AGENT_NUMBER, corporate_number(9)])
    send(database, [OWN], said(title="ほかの通知"))
    midori, shoko = business_client("midori"), business_client("shoko")
    labels = "/business/mailbox/labels"
    for name, status in (("申告済み", 200), ("申告済み", 422), ("", 422)):
        assert midori.submit(midori.get(labels), labels, name=name).status == status
    page = midori.get(f"{ALL}?q=調査")
    assert "2件" in midori.submit(page, "/business/mailbox/tidy", act="label:1", scope="all").text
    found = midori.get(f"{ALL}?label=1")
    assert len(list(found.find("input", name="n"))) == 2
    assert "申告済み" in found.text
    assert "申告済み" not in shoko.get("/business/mailbox").text + shoko.get(labels).text
    assert shoko.post("/business/mailbox/tidy", {"act": "label:1", "scope": "all"}, page=shoko.get(ALL)).status == 404
    boxes = [box.get("value") for box in found.find("input", name="n")]
    assert "1件" in midori.submit(found, "/business/mailbox/tidy", n=boxes[:1], act="unlabel:1", scope="chosen").text
    midori.submit(midori.get(labels), f"{labels}/1/remove")
    assert "申告済み" not in midori.get(ALL).text
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(BusinessLabelled)) == 0


def test_a_notice_is_taken_along_on_paper_and_that_counts_as_opened(
    database: Database, business_client: BusinessClient
) -> None:
    notice, midori = send(database, [OWN]), business_client("midori")
    own = mailboxes.company(database)
    paper = midori.get(f"/business/mailbox/{notice}/notice.pdf?for={own}")
    assert paper.body.startswith(b"%PDF")
    with database.command("look") as session:
        assert session.scalars(select(BusinessDelivery.read_at)).one() is not None
    assert midori.get(f"/business/mailbox/{notice}/notice.pdf").status == 404


@pytest.mark.parametrize("title", ["2026-13-45", "0000-00-00", "1800-01-01", "2026-02-15"])
def test_words_that_look_like_a_day_stay_words(database: Database, business_client: BusinessClient, title: str) -> None:
    shoko = business_client("shoko")
    notice = send(database, what=said(title=title))
    for path in ("/business/mailbox", ALL, f"/business/mailbox/{notice}"):
        page = shoko.get(path)
        assert (page.status, title in page.text) == (200, True), path
    assert shoko.client.get(f"/business/mailbox/{notice}/notice.pdf").status_code == 200
