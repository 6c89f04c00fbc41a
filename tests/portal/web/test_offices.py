"""Offices and sections have names in every language; where somebody must find the building, Japanese stands beside."""

import pytest
from sqlalchemy import select

from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.devices import MACHINES
from portal.guidance import catalogue
from portal.mailbox import point_news
from portal.mailbox.service import CENTRE
from portal.staff.models import Office
from portal.web import offices
from portal.web.i18n import LANGUAGES
from tests.conftest import ResidentClient, StaffClient

OTHERS = [language for language in LANGUAGES if language != "ja"]


def test_every_office_section_and_machine_of_the_demo_has_a_name_in_every_language(database: Database) -> None:
    with database.engine.connect() as connection:
        known = set(connection.scalars(select(Office.name)))
    known |= {person.section for person in cast.STAFF} | {machine.name for machine in MACHINES}
    known |= {f"{person.office} {person.section} 000001" for person in cast.STAFF}
    known |= {point_news.SECTION, CENTRE, *(rule.owner for rule in catalogue.rules().values())}
    nameless = [
        (name, code) for name in known for code in OTHERS if any("぀" <= sign <= "龯" for sign in _rest(name, code))
    ]
    assert nameless == []


def _rest(name: str, code: str) -> str:
    """What would be left untranslated; Chinese names are written in the same signs."""
    if code == "zh":
        return "".join(part for part in name.split(" ") if not part.isdigit() and offices.in_words(part, code) == part)
    return offices.in_words(name, code)


def test_a_label_is_told_in_the_order_of_the_readers_language() -> None:
    label = "中央区役所 市民総合窓口課 000005"
    assert offices.in_words(label, "ja") == label
    assert offices.in_words(label, "en") == "Chuo Ward Office, Residents' Service Counter Section 000005"
    assert offices.in_words("中央区役所 キオスク端末1", "en") == "Chuo Ward Office, Kiosk 1"


def test_what_the_city_gave_no_name_stays_japanese_and_says_so() -> None:
    assert offices.in_words("架空課", "en") == "架空課"
    assert offices.show("架空課", "en") == '<span lang="ja">架空課</span>'
    assert offices.show("架空課", "ja") == "架空課"


def test_a_name_in_a_label_cannot_bring_html() -> None:
    assert offices.show("<b>", "en") == '<span lang="ja">&lt;b&gt;</span>'


@pytest.mark.parametrize("language", OTHERS)
def test_the_clerk_reads_their_office_in_their_language(staff_client: StaffClient, language: str) -> None:
    window = staff_client(Role.WINDOW)
    window.headers["Accept-Language"] = language
    window.client.set_cookie("__Host-language", language)
    page = window.get("/staff/")
    assert offices.in_words("中央区役所", language) in page.text


def test_the_auditor_finds_an_office_by_the_name_on_the_page(
    staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    auditor = staff_client(Role.AUDITOR)
    auditor.client.set_cookie("__Host-language", "en")
    auditor.get("/staff/records")
    found = auditor.get("/staff/records?who=City+Hall")
    assert "No records fit." not in found.text
    assert "No records fit." in auditor.get("/staff/records?who=Nowhere").text
