"""An operator says whose house an office is; a section there that is called like one of the city's does nothing of it."""

from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.cli import main
from portal.config import Settings
from portal.core.audit import Record
from portal.core.uow import Database
from portal.staff import service as staff
from portal.staff.models import Office, Section


def run(settings: Settings, *arguments: str) -> Result:
    places = {"PORTAL_STATE_DIR": str(settings.state_dir), "PORTAL_DATABASE_URL": settings.database_url}
    return CliRunner().invoke(main, ["office-body", *arguments], env=places)


def is_the_citys(database: Database, office: str) -> bool:
    with database.command("look") as session:
        found = session.scalars(select(Section).where(Section.office == office)).first()
        assert found
        return staff.city_section(session, found.id) == found.name


def test_an_office_is_given_to_a_body_and_back(settings: Settings, database: Database, town: None) -> None:
    assert is_the_citys(database, "honcho")
    assert run(settings, "honcho", "suido").exit_code == 0
    assert not is_the_citys(database, "honcho")
    with database.command("look") as session:
        changed = session.scalars(select(Record.case_ref).where(Record.what == "offices(body)")).all()
        assert changed == ["honcho suido"]
    assert run(settings, "honcho").exit_code == 0
    assert is_the_citys(database, "honcho")


def test_a_body_or_office_nobody_knows_changes_nothing(settings: Settings, database: Database, town: None) -> None:
    for wrong in (("honcho", "atlantis"), ("atlantis", "suido")):
        refused = run(settings, *wrong)
        assert refused.exit_code == 1
        assert "atlantis" in refused.output
    with database.command("look") as session:
        assert set(session.scalars(select(Office.body))) == {""}
