"""Where master keys live: a file for the demo, a token for a city; the cards cannot tell which."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from card_reader import key_store
from card_reader.__main__ import main
from card_reader.key_store import BadKeyStore, KeyMissing, TokenKeys, demo_masters, open_store
from card_reader.scp03 import CardNotGenuine
from card_reader.sessions.city_names import Role, Service
from card_reader.simulator import city_issue
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.prepare import prepare
from tests.card_reader.city.conftest import FRESH, ISSUED, CardStore, opened
from tests.card_reader.conftest import HANAKO

CARD_ID = bytes.fromhex(HANAKO.card_id)
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")


@pytest.fixture(scope="module")
def location(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A token of its own. Fails, and does not skip, where SoftHSM is not installed (setup.sh --test does it)."""
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        environment.setenv(key_store.PIN_VARIABLE, "4321")
        command = "softhsm2-util --init-token --free --label city --pin 4321 --so-pin 87654321"
        subprocess.run(command.split(), check=True, capture_output=True)
        yield f"pkcs11:{SOFTHSM}?token=city"


@pytest.fixture(scope="module")
def token(location: str) -> TokenKeys:
    """The token with the masters of the library, the writer and the issuer."""
    store = open_store(location)
    assert isinstance(store, TokenKeys)
    for role in (Role.LIBRARY, Role.WRITER, Role.ISSUER):
        store.create(role)
    return store


def test_a_card_under_a_tokens_keys_opens_to_the_token_only(token: TokenKeys) -> None:
    content = FRESH | {"applications": {"city": city_issue.new_memory(HANAKO, token, ISSUED)}}
    card = DirectConnection(SimulatedCard(CardStore(content)))
    assert opened(card, Role.LIBRARY, token).read(Service.LIBRARY)
    with pytest.raises(CardNotGenuine):
        opened(card, Role.LIBRARY)
    with pytest.raises(KeyMissing):
        token.card_keys(Role.SPORTS, CARD_ID)


def test_a_token_lets_masters_of_reading_roles_out_and_no_other(token: TokenKeys) -> None:
    taken = key_store.MasterKeys({Role.LIBRARY: token.master(Role.LIBRARY)})
    assert taken.card_keys(Role.LIBRARY, CARD_ID) == token.card_keys(Role.LIBRARY, CARD_ID)
    for role in (Role.WRITER, Role.ISSUER):
        with pytest.raises(BadKeyStore):
            token.master(role)
    with pytest.raises(KeyMissing):
        token.master(Role.SPORTS)
    token.make(0x51)
    token.drop(0x51)
    assert 0x51 not in token.kvns()


def test_two_windows_at_once_get_their_keys_from_the_token(token: TokenKeys) -> None:
    """The writer runs a thread for each order."""
    with ThreadPoolExecutor(2) as windows:
        found = list(windows.map(lambda _: token.card_keys(Role.WRITER, CARD_ID), range(60)))
    assert len(set(found)) == 1


def test_the_token_derives_as_the_file_does(location: str, token: TokenKeys) -> None:
    import pkcs11

    master = bytes(range(16))
    with pkcs11.lib(str(SOFTHSM)).get_token(token_label="city").open(user_pin="4321", rw=True) as session:
        session.create_object(
            {
                pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
                pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.AES,
                pkcs11.Attribute.VALUE: master,
                pkcs11.Attribute.LABEL: key_store.label_of(0x33),
                pkcs11.Attribute.SIGN: True,
                pkcs11.Attribute.TOKEN: True,
            }
        )
    assert token.card_keys(0x33, CARD_ID) == key_store.MasterKeys({0x33: master}).card_keys(0x33, CARD_ID)


def test_a_master_is_never_read_out_of_its_token(token: TokenKeys) -> None:
    import pkcs11

    with pkcs11.lib(str(SOFTHSM)).get_token(token_label="city").open(user_pin="4321") as session:
        master = session.get_key(label=key_store.label_of(Role.LIBRARY))
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            master[pkcs11.Attribute.VALUE]
        writer = session.get_key(label=key_store.label_of(Role.WRITER))
        assert writer[pkcs11.Attribute.EXTRACTABLE] is False


def test_a_token_that_refuses_says_so(location: str, token: TokenKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadKeyStore):
        token.create(Role.LIBRARY)
    with pytest.raises(BadKeyStore):
        token.create(0x20)
    with pytest.raises(BadKeyStore, match="PinIncorrect"):
        TokenKeys(str(SOFTHSM), "city", "0000").kvns()
    with pytest.raises(BadKeyStore):
        TokenKeys(str(SOFTHSM), "elsewhere", "4321").kvns()


def test_kvns_of_a_token_are_named_and_made_by_command(location: str) -> None:
    made = CliRunner().invoke(main, ["keys", "--store", location, "--create", "31", "--json"])
    assert made.exit_code == 0
    assert json.loads(made.stdout)["31"] == "library"
    again = CliRunner().invoke(main, ["keys", "--store", location, "--create", "31"])
    assert again.exit_code == 1


def test_the_demo_keys_are_those_of_the_demo_cards(tmp_path: Path) -> None:
    prepare(tmp_path, [HANAKO])
    printed = CliRunner().invoke(main, ["keys", "--demo", "--json", "--state", str(tmp_path)])
    masters = json.loads(printed.stdout)
    assert list(masters) == ["10", "11", "12", "13", "14", "15", "16", "17", "21"]
    assert all(len(bytes.fromhex(master)) == 16 for master in masters.values())
    card = json.loads((tmp_path / "cards" / "hanako" / "card.json").read_text())
    on_card = card["applications"]["city"]["keys"]["11"]["enc"]
    message = bytes.fromhex("01" + HANAKO.card_id + "F01210024F4D41544F4D4501" + "11" + "01")
    assert key_store.diversify(bytes.fromhex(masters["11"]), message).hex() == on_card
    assert stat.S_IMODE((tmp_path / "cards" / "keys.json").stat().st_mode) == 0o600


def test_cards_of_before_get_the_city_card_and_keep_their_certificates(tmp_path: Path) -> None:
    prepare(tmp_path, [HANAKO])
    path = tmp_path / "cards" / "hanako" / "card.json"
    before = json.loads(path.read_text())
    old = json.loads(path.read_text())
    del old["applications"]["city"]
    for added in ("card_id", "city_pin", "services"):
        del old["holder"][added]
    path.write_text(json.dumps(old))
    assert prepare(tmp_path, [HANAKO]) == []
    after = json.loads(path.read_text())
    assert after["holder"] == before["holder"]
    for name in ("jpki", "text", "visual"):
        assert after["applications"][name] == before["applications"][name]
    assert after["applications"]["city"]["keys"] == before["applications"]["city"]["keys"]


def test_real_masters_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "cards" / "keys.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"format": 1, "demo": False, "masters": {"11": "00" * 16}}))
    path.chmod(0o600)
    printed = CliRunner().invoke(main, ["keys", "--demo", "--json", "--state", str(tmp_path)])
    assert printed.exit_code == 1
    assert "00000000" not in printed.output
    assert open_store(f"file:{path}").card_keys(0x11, CARD_ID).enc


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.chmod(0o644),
        lambda path: path.write_text("{"),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text('{"format": 2, "demo": true, "masters": {}}'),
        lambda path: path.write_text('{"format": 1, "demo": true, "masters": {"11": "00"}}'),
        os.unlink,
    ],
    ids=["readable", "cut", "list", "format", "short", "gone"],
)
def test_a_file_that_is_no_store_is_refused(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(key_store.to_json(demo_masters()))
    path.chmod(0o600)
    assert open_store(f"file:{path}").kvns() == sorted(Role)
    spoil(path)
    with pytest.raises(BadKeyStore):
        open_store(f"file:{path}")


@pytest.mark.parametrize("place", ["", "file:", "pkcs11:/x", "http://x", "pkcs11:?token=a"])
def test_a_place_that_is_none(place: str) -> None:
    with pytest.raises(BadKeyStore):
        open_store(place)


@pytest.mark.parametrize("arguments", [[], ["--demo", "--store", "demo"], ["--demo", "--create", "11"]])
def test_keys_by_command_are_of_one_store(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, ["keys", *arguments]).exit_code == 2
