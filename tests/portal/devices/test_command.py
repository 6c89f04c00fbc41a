"""Machines are let in and shut out from the command line, too."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import ECKey

from portal.cli import main
from portal.config import Settings
from portal.core.uow import Database
from portal.devices import service


def run(settings: Settings, *arguments: str) -> Result:
    places = {"PORTAL_STATE_DIR": str(settings.state_dir), "PORTAL_DATABASE_URL": settings.database_url}
    return CliRunner().invoke(main, ["client", *arguments], env=places)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "kiosk.jwk"
    file.write_text(json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=False)))
    return file


def enrol(settings: Settings, key_file: Path, office: str = "mihama") -> Result:
    options = ("--kind", "kiosk", "--office", office, "--scope", "kiosk", "--public-key", str(key_file))
    return run(settings, "enrol", "kiosk-mihama-1", *options)


def test_a_machine_is_enrolled_and_revoked(settings: Settings, database: Database, key_file: Path) -> None:
    assert enrol(settings, key_file).exit_code == 0
    again = enrol(settings, key_file)
    assert again.exit_code == 1
    assert "registered already" in again.output
    assert run(settings, "revoke", "kiosk-mihama-1").exit_code == 0
    with database.command("look") as session:
        client = service.find(session, "kiosk-mihama-1")
        assert client is not None
        assert (client.office, client.scopes, client.active) == ("mihama", ["kiosk"], False)


def test_an_office_nobody_has_is_refused(settings: Settings, database: Database, key_file: Path) -> None:
    result = enrol(settings, key_file, office="atlantis")
    assert result.exit_code == 2
    assert "chuo" in result.output


def test_a_private_key_is_refused(settings: Settings, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "private.jwk"
    file.write_text(json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True)))
    result = enrol(settings, file)
    assert result.exit_code == 1
    assert "private key" in result.output


def test_a_machine_nobody_knows_cannot_be_revoked(settings: Settings, database: Database) -> None:
    assert run(settings, "revoke", "kiosk-mars-1").exit_code == 1
