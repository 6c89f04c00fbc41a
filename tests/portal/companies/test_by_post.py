"""Sign-in without gBizID: a code posted to the registered address, good once, and to nobody who has only one half."""

import io
import re
from datetime import timedelta
from uuid import UUID

import pypdf
import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.companies import service as companies
from portal.companies.by_post import desk, rules
from portal.companies.by_post.models import SignInLetter
from portal.companies.models import BusinessNotice, BusinessPerson, Company, CompanyMember
from portal.companies.rules import LETTER_WAITS, Power
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.permissions import Role
from portal.core.reference import is_sound
from portal.core.uow import Database
from portal.demo.business_people import corporate_number
from portal.web.hall import Hall
from tests.browser import Page, Visitor
from tests.conftest import StaffClient
from tests.portal.companies.files import line, written
from tests.portal.companies.people import BusinessClient
from tests.portal.companies.test_register import take

PASSWORD = "kawara no ue ni neko ga iru"
LONELY = corporate_number(77)
STAFF = Actor(Kind.STAFF, UUID(int=1), label="窓口 1")
COLLEAGUE = Actor(Kind.STAFF, UUID(int=2), label="窓口 2")


@pytest.fixture
def lonely(database: Database) -> str:
    """A corporation of the register that has no account here."""
    take(database, written([line(77, "合同会社架空庵", city="千葉市緑区", postal_code="2660031")]))
    return LONELY


def ask(visitor: Visitor, number: str = LONELY, **other: str) -> Page:
    typed = {"number": number, "name": "架空 庵", "password": PASSWORD, "again": PASSWORD, **other}
    return visitor.submit(visitor.get("/business/by-post"), "/business/by-post", **typed)


def reference_on(page: Page) -> str:
    assert page.status == 200, page.text
    found = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", page.text)
    assert found, page.text
    return found[0]


def letter(database: Database) -> SignInLetter:
    with database.command("look") as session:
        return session.scalars(select(SignInLetter).order_by(SignInLetter.asked_at.desc())).first()  # type: ignore[return-value]


def post_all(database: Database) -> None:
    with database.command("post") as session:
        batch = desk.print_batch(session, STAFF)
        assert batch
        desk.post_batch(session, COLLEAGUE, batch)


def code_of(app: Flask, database: Database) -> str:
    hall: Hall = app.extensions["portal"]
    one = letter(database)
    return rules.code_of(hall.key(rules.KEY), one.id, one.issue)


def enter(visitor: Visitor, reference: str, code: str, password: str = PASSWORD) -> Page:
    page = visitor.get("/business/by-post/code")
    return visitor.submit(page, "/business/by-post/code", reference=reference, code=code, password=password)


def sign_in(visitor: Visitor, reference: str, password: str = PASSWORD) -> Page:
    page = visitor.get("/business/by-post/sign-in")
    return visitor.submit(page, "/business/by-post/sign-in", reference=reference, password=password)


def test_a_company_without_gbizid_comes_in_by_its_letter(app: Flask, database: Database, lonely: str) -> None:
    owner = Visitor(app)
    reference = reference_on(ask(owner))
    with database.command("look") as session:
        assert companies.company_of(session, lonely) is None, "asking opens nothing"
    post_all(database)
    code = code_of(app, database)
    assert is_sound(code.replace("-", ""))
    assert enter(owner, reference.lower(), code.replace("-", " ").lower()).heading == "合同会社架空庵"
    assert owner.get("/business/mailbox").status == 200
    owner.post("/business/sign-out", page=owner.get("/business/company"))
    assert enter(Visitor(app), reference, code).status == 422, "good once"
    assert sign_in(owner, reference).heading == "合同会社架空庵"
    assert sign_in(Visitor(app), reference, PASSWORD + "!").status == 422
    with database.command("look") as session:
        stored = session.scalars(select(SignInLetter)).one()
        assert code not in repr(vars(stored)), "the code lies in no table"


def test_a_representative_by_letter_cannot_shut_themselves_out(app: Flask, database: Database, lonely: str) -> None:
    owner = Visitor(app)
    reference = reference_on(ask(owner))
    post_all(database)
    enter(owner, reference, code_of(app, database))
    with database.command("two weeks ago") as session:  # before that nobody new decides about people
        session.execute(update(CompanyMember).values(since=clock.now() - LETTER_WAITS - timedelta(hours=1)))
    place = {"office": "架空支店", "prefecture": "千葉県", "city": "千葉市", "street": "架空町1"}
    branch = owner.submit(owner.get("/business/branches/new"), "/business/branches/new", **place)
    with database.command("look") as session:
        person = session.scalars(select(BusinessPerson.id)).one()
    path = branch.path.partition("?")[0]
    chosen = {"person": str(person), "role": "clerk", "alone": "y"}
    assert owner.submit(branch, f"{path}/people", **chosen).status == 422
    assert owner.get("/business/delegations/new").status == 200


def test_neither_half_alone_lets_anybody_in(app: Flask, database: Database, lonely: str) -> None:
    reference = reference_on(ask(Visitor(app)))
    post_all(database)
    code = code_of(app, database)
    thief = Visitor(app)
    wrong = [
        enter(thief, reference, code, PASSWORD + "?"),
        enter(thief, "K7QM-3XPR-T2WH", code),
        enter(thief, reference, "K7QM-3XPR-T2WH"),
        enter(thief, "nonsense", "nonsense"),
    ]
    assert {page.status for page in wrong} == {422}
    with database.command("look") as session:
        assert session.scalars(select(BusinessPerson)).all() == []
    assert letter(database).tries == 1, "only who proved the password of the request uses up tries"


def test_five_wrong_codes_end_a_letter(app: Flask, database: Database, lonely: str) -> None:
    owner = Visitor(app)
    reference = reference_on(ask(owner))
    post_all(database)
    code = code_of(app, database)
    for _ in range(rules.MOST_TRIES):
        assert enter(owner, reference, "K7QM-3XPR-T2WH").status == 422
    assert (letter(database).state, letter(database).ended) == ("over", "locked")
    assert enter(owner, reference, code).status == 422
    with database.command("look") as session:
        assert session.scalars(select(BusinessPerson)).all() == []


@pytest.mark.parametrize(
    ("changed", "ended"),
    [
        ({"street": "架空町９丁目", "process": "12"}, "moved"),
        ({"closed_on": "2026-10-01", "close_cause": "01", "process": "71"}, "closed"),
    ],
)
def test_another_registered_address_or_the_end_of_the_company_voids_letter_and_sign_in(
    app: Flask, database: Database, lonely: str, changed: dict[str, str], ended: str
) -> None:
    owner = Visitor(app)
    reference = reference_on(ask(owner))
    post_all(database)
    code = code_of(app, database)
    now = line(77, "合同会社架空庵", **{"city": "千葉市緑区", "postal_code": "2660031", **changed})
    enter(owner, reference, code)
    assert owner.get("/business/mailbox").status == 200
    take(database, written([now]))
    assert (letter(database).state, letter(database).ended) == ("over", ended)
    assert owner.get("/business/mailbox").status == 403, "at once, in an open session too"
    assert sign_in(Visitor(app), reference).status == 422


def test_a_letter_on_its_way_is_void_when_the_address_changes(app: Flask, database: Database, lonely: str) -> None:
    owner = Visitor(app)
    reference = reference_on(ask(owner))
    post_all(database)
    code = code_of(app, database)
    take(database, written([line(77, "合同会社架空庵", city="千葉市美浜区", postal_code="2660031")]))
    assert letter(database).ended == "moved"
    assert enter(owner, reference, code).status == 422


def test_another_name_at_the_same_address_voids_nothing(app: Flask, database: Database, lonely: str) -> None:
    owner = Visitor(app)
    reference = reference_on(ask(owner))
    post_all(database)
    take(database, written([line(77, "合同会社架空大庵", city="千葉市緑区", postal_code="2660031", process="11")]))
    assert enter(owner, reference, code_of(app, database)).heading == "合同会社架空大庵"


def test_a_letter_is_over_after_three_weeks(app: Flask, database: Database, lonely: str) -> None:
    owner = Visitor(app)
    reference = reference_on(ask(owner))
    post_all(database)
    code = code_of(app, database)
    long_ago = clock.now() - rules.GOOD_FOR - timedelta(hours=1)
    with database.command("later") as session:
        session.execute(update(SignInLetter).values(posted_at=long_ago, asked_at=long_ago - timedelta(days=1)))
    assert enter(owner, reference, code).status == 422
    assert letter(database).ended == "lapsed"
    assert ask(Visitor(app)).status == 200, "a new one can be asked for"


def test_the_worker_ends_what_waits_too_long(app: Flask, database: Database, lonely: str) -> None:
    reference_on(ask(Visitor(app)))
    with database.command("later") as session:
        session.execute(update(SignInLetter).values(asked_at=clock.now() - rules.WAITS_FOR - timedelta(hours=1)))
        desk.end_lapsed(session, {})
    assert letter(database).ended == "lapsed"
    with database.command("a year later") as session:
        session.execute(update(SignInLetter).values(ended_at=clock.now() - rules.KEPT - timedelta(hours=1)))
        desk.end_lapsed(session, {})
        assert session.scalars(select(SignInLetter)).all() == [], "who asked in vain is forgotten"


def test_only_one_letter_at_a_time_and_few_in_a_month(app: Flask, database: Database, lonely: str) -> None:
    reference_on(ask(Visitor(app)))
    assert ask(Visitor(app)).status == 409
    for _ in range(rules.MOST_LETTERS - 1):
        with database.command("end") as session:
            session.execute(update(SignInLetter).values(state="over", ended="stopped"))
        reference_on(ask(Visitor(app)))
    with database.command("end") as session:
        session.execute(update(SignInLetter).values(state="over", ended="stopped"))
    assert ask(Visitor(app)).status == 429


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"number": corporate_number(78)}, 422),
        ({"number": "1234567890123"}, 422),
        ({"password": "short", "again": "short"}, 422),
        ({"again": "something else here"}, 422),
        ({"name": ""}, 422),
    ],
)
def test_a_request_that_cannot_be_is_explained(
    app: Flask, database: Database, lonely: str, typed: dict[str, str], status: int
) -> None:
    page = ask(Visitor(app), **typed)
    assert page.status == status
    assert list(page.find("p", class_="field__error"))
    with database.command("look") as session:
        assert session.scalars(select(SignInLetter)).all() == []


def test_people_of_the_company_are_warned_and_stop_it(
    app: Flask, database: Database, business_client: BusinessClient
) -> None:
    shoko, kenji, midori = business_client("shoko"), business_client("kenji"), business_client("midori")
    reference = reference_on(ask(Visitor(app), corporate_number(1)))
    post_all(database)
    code = code_of(app, database)
    with database.command("look") as session:
        [told] = [one.key for one in session.scalars(select(BusinessNotice)) if one.key.startswith("sign-in-letter:")]
        assert told
    stop = next(link for link in shoko.get("/business/company").links() if "/by-post/" in link)
    assert not [link for link in kenji.get("/business/company").links() if "/by-post/" in link]
    assert kenji.get(stop).status == 403
    assert midori.get(stop).status == 404
    shoko.submit(shoko.get(stop), stop)
    assert enter(Visitor(app), reference, code).status == 422
    assert letter(database).ended == "stopped"


def test_beside_a_gbizid_representative_a_letter_makes_a_member(
    app: Flask, database: Database, business_client: BusinessClient
) -> None:
    shoko, owner = business_client("shoko"), Visitor(app)
    reference = reference_on(ask(owner, corporate_number(1)))
    post_all(database)
    assert enter(owner, reference, code_of(app, database)).heading == "株式会社架空商店"
    assert owner.get("/business/delegations/new").status == 403
    assert owner.get("/business/mailbox").status == 200
    with database.command("look") as session:
        who = session.scalars(select(BusinessPerson).where(BusinessPerson.issuer == "letter")).one()
        [standing] = companies.standings(session, who.id)
        assert Power.CONFIDENTIAL not in standing.powers
    stop = next(link for link in shoko.get("/business/company").links() if "/by-post/" in link)
    shoko.submit(shoko.get(stop), stop)
    assert owner.get("/business/mailbox").status == 403


def test_the_newest_letter_is_the_word(app: Flask, database: Database, lonely: str) -> None:
    first, second = Visitor(app), Visitor(app)
    old = reference_on(ask(first))
    post_all(database)
    enter(first, old, code_of(app, database))
    new = reference_on(ask(second))
    post_all(database)
    assert enter(second, new, code_of(app, database)).heading == "合同会社架空庵"
    assert first.get("/business/mailbox").status == 403
    assert sign_in(Visitor(app), old).status == 422
    with database.command("look") as session:
        shop = session.scalars(select(Company)).one()
        here = select(CompanyMember).where(CompanyMember.company_id == shop.id, CompanyMember.ended_at.is_(None))
        assert len(session.scalars(here).all()) == 1


def test_who_got_a_letter_they_did_not_ask_for_stops_it_with_its_code(
    app: Flask, database: Database, lonely: str
) -> None:
    reference = reference_on(ask(Visitor(app)))
    post_all(database)
    code, finder = code_of(app, database), Visitor(app)
    page = finder.get("/business/by-post/stop")
    assert finder.submit(page, "/business/by-post/stop", number=LONELY, code="K7QM-3XPR-T2WH").status == 422
    assert finder.submit(page, "/business/by-post/stop", number=corporate_number(1), code=code).status == 422
    assert letter(database).state == "posted"
    assert finder.submit(page, "/business/by-post/stop", number=LONELY, code=code).status == 200
    assert enter(Visitor(app), reference, code).status == 422


def test_staff_print_post_and_send_again_with_another_code(
    app: Flask, database: Database, lonely: str, staff_client: StaffClient
) -> None:
    owner, clerk, colleague = Visitor(app), staff_client(Role.WINDOW), staff_client(Role.WINDOW_SUPERVISOR)
    reference = reference_on(ask(owner))
    made = clerk.submit(clerk.get("/staff/company-letters"), "/staff/company-letters/print")
    assert made.path.startswith("/staff/company-letters/batches/"), made.text
    file = clerk.get(f"{made.path}/letters.pdf")
    drawn = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file.body)).pages)
    first = code_of(app, database)
    assert first in drawn
    assert "合同会社架空庵" in drawn
    assert "千葉県千葉市緑区" in drawn
    assert reference not in drawn, "the letter alone lets nobody in"
    assert enter(owner, reference, first).status == 422, "nothing counts before it is posted"
    assert colleague.get(f"{made.path}/letters.pdf").status == 403, "who posts them sees no codes"
    token = colleague.get(made.path)
    assert clerk.post(f"{made.path}/posted", page=clerk.get(made.path)).status == 403, "who saw the codes does not post"
    assert enter(owner, reference, first).status == 422
    colleague.submit(token, f"{made.path}/posted")
    assert clerk.get(f"{made.path}/letters.pdf").status == 404, "drawn no more once it left the house"
    page = clerk.get("/staff/company-letters")
    one = letter(database)
    clerk.submit(page, f"/staff/company-letters/{one.id}/returned")
    assert enter(owner, reference, first).status == 422
    clerk.submit(clerk.get("/staff/company-letters"), f"/staff/company-letters/{one.id}/again")
    post_all(database)
    assert code_of(app, database) != first
    assert enter(owner, reference, first).status == 422
    assert enter(owner, reference, code_of(app, database)).heading == "合同会社架空庵"
    assert staff_client(Role.BUYER).get("/staff/company-letters").status == 404


def test_what_the_register_says_otherwise_is_not_printed(app: Flask, database: Database, lonely: str) -> None:
    reference_on(ask(Visitor(app)))
    take(database, written([line(77, "合同会社架空庵", closed_on="2026-10-01", close_cause="01", process="71")]))
    with database.command("print") as session, pytest.raises(rules.NothingToPrint):
        desk.print_batch(session, STAFF)
    assert letter(database).ended == "closed"


def test_codes_differ_by_letter_and_issue() -> None:
    codes = {rules.code_of(b"k" * 32, UUID(int=one), issue) for one in range(200) for issue in range(1, 4)}
    assert len(codes) == 600
    assert all(is_sound(code.replace("-", "")) for code in codes)
