"""Wherever an account is typed the list's names count, and codes nobody has are refused at their field."""

import pytest

from portal.core.uow import Database
from portal.demo import banks as demo
from tests.portal.basics.conftest import bodies_with_tasks, town  # noqa: F401 - fixtures
from tests.portal.basics.test_pages import WIDE
from tests.portal.companies.people import BusinessClient

NEW = "/business/basics/new/bank"


@pytest.fixture
def listed(database: Database, town: None) -> None:  # noqa: F811
    with database.command("list") as session:
        demo.load(session)


def test_a_company_sees_the_names_of_the_list(listed: None, business_client: BusinessClient) -> None:
    shoko = business_client("shoko")
    page = shoko.submit(shoko.get(NEW), NEW, **WIDE | {"bank": "かくう", "branch": "ちば"})
    assert page.path == "/business/basics", page.text
    assert "架空銀行 千葉支店" in page.text


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ({"bank_code": "1234"}, "この番号の金融機関はありません"),
        ({"branch_code": "999"}, "この店番の支店はありません"),
        ({"bank_code": "9996", "branch_code": "002"}, "架空銀行 みどり支店"),
        ({"bank_code": "9996", "branch_code": "777"}, "架空銀行"),
    ],
)
def test_what_is_not_in_the_list_is_refused_in_words(
    listed: None, business_client: BusinessClient, codes: dict[str, str], words: str
) -> None:
    shoko = business_client("shoko")
    page = shoko.submit(shoko.get(NEW), NEW, **WIDE | codes)
    assert page.status == 422
    assert words in page.text, page.text


def test_a_company_is_told_that_its_bank_was_taken_over(
    database: Database,
    town: None,  # noqa: F811
    business_client: BusinessClient,
) -> None:
    shoko = business_client("shoko")
    shoko.submit(shoko.get(NEW), NEW, **WIDE | {"bank": "架空商工銀行", "bank_code": "9996", "branch_code": "002"})
    assert "みどり支店" not in shoko.get("/business/basics").text
    with database.command("list") as session:
        demo.load(session)
    assert "架空銀行 みどり支店" in shoko.get("/business/basics").text
