"""What hosts do with a card: read, prove, change a PIN, and with how few commands."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest

from card_reader.connection import Connection
from card_reader.errors import CardError, PinBlocked, PinWrong, StatusError, Sw
from card_reader.key_store import demo_masters
from card_reader.report import card_report
from card_reader.sessions import text as text_names
from card_reader.sessions import visual as visual_names
from card_reader.sessions.jpki import BadPin, JpkiSession
from card_reader.sessions.text import TextSession
from card_reader.sessions.text_proof import NotVouchedFor
from card_reader.sessions.visual import VisualSession
from card_reader.simulator.authority import Authority, new_key
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import VolatileStore
from card_reader.simulator.prepare import CardFacts, new_card
from tests.card_reader.conftest import HANAKO
from tests.card_reader.counting import Counting, status


def test_the_text_application_opens_by_pin(connection: DirectConnection) -> None:
    text = TextSession(connection)
    with pytest.raises(StatusError):
        text.number()
    text.verify_pin(bytearray(b"1234"))
    assert text.number() == HANAKO.number
    attributes = text.attributes()
    assert (attributes.name, attributes.address) == (HANAKO.name, HANAKO.address)
    assert (attributes.birth_date, attributes.sex) == ("19900402", "2")
    assert HANAKO.name not in repr(attributes)


def test_each_printed_code_opens_its_own_part(connection: DirectConnection, card_templates: dict[str, Any]) -> None:
    text = TextSession(connection)
    text.verify_number_code(bytearray(HANAKO.number.encode()))
    assert text.number() == HANAKO.number
    with pytest.raises(StatusError):
        text.attributes()
    text = TextSession(connection)
    face_code = card_templates["hanako"]["applications"]["text"]["pins"]["0015"]["value"]
    text.verify_face_code(bytearray(face_code.encode()))
    assert text.attributes().name == HANAKO.name
    with pytest.raises(StatusError):
        text.number()


@pytest.mark.parametrize("code", ["number", "face"])
def test_the_front_opens_by_either_printed_code(
    connection: DirectConnection, card_templates: dict[str, Any], code: str
) -> None:
    visual = VisualSession(connection)
    with pytest.raises(StatusError):
        visual.front()
    pins = card_templates["hanako"]["applications"]["visual"]["pins"]
    if code == "number":
        visual.verify_number_code(bytearray(pins["0013"]["value"].encode()))
    else:
        visual.verify_face_code(bytearray(pins["0012"]["value"].encode()))
    front = visual.front()
    assert (front.birth_date, front.sex, front.expires[4:]) == ("19900402", "2", "0402")
    assert front.name_image.startswith(b"\x89PNG")
    assert "1990" not in repr(front)


# Commands of a sign-in beside the reads of the certificate; the goal is 2 SELECT, VERIFY and the signature (limits.md, 8).
GOAL = 4


@pytest.fixture(params=[True, False], ids=["short ids", "long ids"])
def national_card(request: pytest.FixtureRequest, card_templates: dict[str, Any]) -> Counting:
    """A card that takes short file identifiers, and one that does not; counted."""
    content = copy.deepcopy(card_templates["hanako"])
    content["applications"]["jpki"]["short_ids"] = request.param
    counting = Counting(DirectConnection(SimulatedCard(VolatileStore(content))))
    counting.short = request.param
    return counting


@pytest.mark.parametrize(("chunk", "met_before"), [(256, False), (256, True), (4096, False)])
def test_a_sign_in_takes_few_commands(national_card: Counting, chunk: int, met_before: bool) -> None:
    """Two SELECT, the reads, VERIFY and the signature; without short identifiers two SELECT and a try in vain more."""
    known: dict[bytes, bytes] = {}
    certificate = JpkiSession(national_card).auth_certificate(known)
    reads = 1 if met_before else -(-len(certificate) // chunk)
    goal = GOAL + -(-len(certificate) // 256)
    national_card.count = 0
    pin = bytearray(b"1234")
    proof = JpkiSession(national_card, chunk).prove_holder(pin, b"challenge", known if met_before else None)
    assert (proof.certificate, len(proof.signature), pin) == (certificate, 256, bytes(4))
    assert national_card.count == reads + (4 if national_card.short else 7)
    assert national_card.count <= goal or not (national_card.short or met_before)


def test_asking_for_the_tries_first_costs_one_command(national_card: Counting) -> None:
    """As the kiosk does: tries, PIN, certificate, signature."""
    jpki = JpkiSession(national_card)
    assert jpki.auth_tries_left() == 3
    jpki.verify_auth_pin(bytearray(b"1234"))
    reads = -(-len(jpki.auth_certificate()) // 256)
    jpki.sign_with_auth_key(b"challenge")
    assert national_card.count == reads + (GOAL + 1 if national_card.short else GOAL + 4)


def test_each_way_of_naming_a_file_gives_the_same(national_card: Counting) -> None:
    jpki = JpkiSession(national_card)
    first = [jpki.auth_certificate(), jpki.auth_ca_certificate(), jpki.auth_certificate(), jpki.sign_ca_certificate()]
    assert (first[0], first[1]) == (first[2], first[3])
    with pytest.raises(StatusError, match="6982"):
        jpki.sign_certificate()
    for left in (2, 1):
        with pytest.raises(PinWrong) as wrong:
            jpki.verify_auth_pin(bytearray(b"9999"))
        assert (wrong.value.tries_left, jpki.auth_tries_left(), jpki.sign_tries_left()) == (left, left, 5)
    with pytest.raises(StatusError, match="6982"):
        jpki.sign_with_auth_key(b"challenge")
    jpki.verify_sign_pin(bytearray(b"ABC123"))
    assert jpki.sign_certificate() != first[0]
    jpki.change_sign_pin(bytearray(b"ABC123"), bytearray(b"XYZ789"))
    jpki.verify_sign_pin(bytearray(b"XYZ789"))
    assert len(jpki.sign_with_sign_key(b"document")) == 256


class HalfWay:
    """A card that reads by short identifiers and knows them nowhere else."""

    def __init__(self, inner: Connection) -> None:
        self.inner = inner

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        return (b"", 0x6A88) if wire[1] in (0x20, 0x2A) and wire[3] != 0x80 else self.inner.transmit(wire)


def test_a_card_that_takes_short_ids_for_reading_only_loses_no_try(connection: DirectConnection) -> None:
    jpki = JpkiSession(HalfWay(connection))
    assert len(jpki.prove_holder(bytearray(b"1234"), b"challenge").signature) == 256
    jpki = JpkiSession(HalfWay(connection))
    with pytest.raises(PinWrong) as wrong:
        jpki.prove_holder(bytearray(b"9999"), b"challenge")
    assert wrong.value.tries_left == 2


def test_number_and_attributes_take_few_commands(connection: DirectConnection) -> None:
    counting = Counting(connection)
    text = TextSession(counting)
    text.verify_pin(bytearray(b"1234"))
    text.number()
    text.attributes()
    assert counting.count == 5


def test_a_certificate_met_before_is_not_taken_for_another_one(card_templates: dict[str, Any]) -> None:
    known: dict[bytes, bytes] = {}
    found = [
        JpkiSession(DirectConnection(SimulatedCard(VolatileStore(card_templates[who])))).auth_certificate(known)
        for who in ("hanako", "taro", "hanako")
    ]
    assert found[0] == found[2] != found[1]
    assert len(known) == 2


def test_the_card_says_what_it_is_and_holds(connection: DirectConnection, card_templates: dict[str, Any]) -> None:
    jpki = JpkiSession(connection)
    assert jpki.kind() == "national card"
    assert [(held.name, held.pin) for held in jpki.certificates()] == [
        ("auth", ""), ("auth-ca", ""), ("sign", "sign"), ("sign-ca", ""),
    ]  # fmt: skip
    report = card_report(connection)
    assert set(report) == {"jpki", "text", "visual", "city"}
    assert (report["city"]["city"], report["city"]["pin_tries_left"]) == ("121002", 3)
    assert (report["text"]["number_code_tries_left"], report["visual"]["face_code_tries_left"]) == (10, 10)
    child = copy.deepcopy(card_templates["hanako"])
    del child["applications"]["visual"]
    assert set(card_report(DirectConnection(SimulatedCard(VolatileStore(child))))) == {"jpki", "text", "city"}


def test_a_pin_is_changed_by_who_knows_the_old_one(memory: VolatileStore) -> None:
    jpki = JpkiSession(DirectConnection(SimulatedCard(memory)))
    old, fresh = bytearray(b"1234"), bytearray(b"8642")
    jpki.change_auth_pin(old, fresh)
    assert old == fresh == bytes(4)
    jpki.change_sign_pin(bytearray(b"ABC123"), bytearray(b"XYZ7890"))
    again = JpkiSession(DirectConnection(SimulatedCard(memory)))
    with pytest.raises(PinWrong):
        again.verify_auth_pin(bytearray(b"1234"))
    again.verify_auth_pin(bytearray(b"8642"))
    again.verify_sign_pin(bytearray(b"XYZ7890"))
    text = TextSession(DirectConnection(SimulatedCard(memory)))
    text.verify_pin(bytearray(b"1234"))  # the four digits of 券面入力補助 are a PIN of their own


def test_a_wrong_old_pin_changes_nothing_and_costs_a_try(connection: DirectConnection) -> None:
    jpki = JpkiSession(connection)
    old, fresh = bytearray(b"9999"), bytearray(b"8642")
    with pytest.raises(PinWrong):
        jpki.change_auth_pin(old, fresh)
    assert old == fresh == bytes(4)
    assert jpki.auth_tries_left() == 2
    jpki.verify_auth_pin(bytearray(b"1234"))


@pytest.mark.parametrize("fresh", [b"", b"123", b"12345", b"12a4", "１２３４".encode()])
def test_a_new_pin_of_another_shape_costs_nothing(connection: DirectConnection, fresh: bytes) -> None:
    jpki = JpkiSession(connection)
    old, unusable = bytearray(b"1234"), bytearray(fresh)
    with pytest.raises(BadPin):
        jpki.change_auth_pin(old, unusable)
    assert not any(old + unusable)
    assert jpki.auth_tries_left() == 3


@pytest.mark.parametrize(
    ("before", "wire", "expected"),
    [
        ("0018", "00240180" + "0438363432", 0x6982),  # nothing proven
        ("0017", "00240180" + "0438363432", 0x6981),  # no PIN file
        ("0018", "00240080" + "0438363432", 0x6A86),  # the other form: old and new together
        ("proven", "00240180" + "03383634", 0x6A80),
        ("proven", "00240180", 0x6A80),
        ("proven", "80240180" + "0438363432", 0x6E00),
    ],
)
def test_the_card_itself_guards_the_change_of_a_pin(
    connection: DirectConnection, before: str, wire: str, expected: int
) -> None:
    jpki = JpkiSession(connection)
    if before == "proven":
        jpki.verify_auth_pin(bytearray(b"1234"))
    else:
        assert status(connection, f"00A4020C02{before}") == Sw.OK
    assert status(connection, wire) == expected


def test_wrong_printed_codes_run_out_and_the_pin_still_opens(authority: Authority) -> None:
    """照合番号: how many tries and which word for none is not public, so both are facts of the card."""
    facts = CardFacts(printed_code_tries=3, blocked=Sw.AUTHENTICATION_METHOD_BLOCKED, number_tag=0xFF10)
    connection = DirectConnection(SimulatedCard(VolatileStore(new_card(authority, HANAKO, demo_masters(), facts)[0])))
    text = TextSession(connection)
    for left in (2, 1):
        with pytest.raises(PinWrong) as wrong:
            text.verify_number_code(bytearray(b"000000000000"))
        assert wrong.value.tries_left == left == text.tries_left(text_names.NUMBER_CODE)
    for _ in range(2):
        with pytest.raises(PinBlocked) as blocked:
            text.verify_number_code(bytearray(HANAKO.number.encode()) if left == 0 else bytearray(b"0"))
        left = 0
    assert blocked.value.status == Sw.AUTHENTICATION_METHOD_BLOCKED
    with pytest.raises(StatusError):
        text.number()
    text.verify_pin(bytearray(b"1234"))
    assert text.number() == HANAKO.number
    visual = VisualSession(connection)
    with pytest.raises(PinWrong):
        visual.verify_face_code(bytearray(b"00000000000000"))
    assert (visual.tries_left(), visual.tries_left(visual_names.NUMBER_CODE)) == (2, 3)


def test_a_command_that_carried_a_pin_is_wiped(connection: DirectConnection) -> None:
    class Keeping(Counting):
        def __init__(self, inner: Connection) -> None:
            super().__init__(inner)
            self.wires: list[bytes | bytearray] = []

        def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
            assert not any(self.wires[-1]) if self.wires else True
            self.wires.append(wire)
            return super().transmit(wire)

    keeping = Keeping(connection)
    jpki = JpkiSession(keeping)
    jpki.change_auth_pin(bytearray(b"1234"), bytearray(b"8642"))
    assert [len(wire) for wire in keeping.wires][-2:] == [9, 9]
    assert not any(any(wire) for wire in keeping.wires)


def test_the_issuer_vouches_for_number_and_attributes(connection: DirectConnection, authority: Authority) -> None:
    text = TextSession(connection)
    key = authority.key.public_key()
    for read in (text.proof, text.certificate):
        with pytest.raises(StatusError, match="6982"):
            read()
    text.verify_pin(bytearray(b"1234"))
    text.number()
    text.attributes()
    text.check_proof(key)
    assert (len(bytes(text.proof())), len(text.certificate())) == (336, 568), "as public readers find them"
    assert (text.certificate()[:2], bytes(text.proof())[:2]) == (b"\x7f\x21", b"\xff\x30")
    with pytest.raises(NotVouchedFor):
        text.check_proof(new_key().public_key())


def test_altered_attributes_and_those_of_another_card_are_not_vouched_for(
    card_templates: dict[str, Any], authority: Authority
) -> None:
    content = copy.deepcopy(card_templates["hanako"])
    files = content["applications"]["text"]["files"]
    others = card_templates["taro"]["applications"]["text"]["files"]

    def checked() -> None:
        text = TextSession(DirectConnection(SimulatedCard(VolatileStore(content))))
        text.verify_pin(bytearray(b"1234"))
        text.number()
        text.attributes()
        text.check_proof(authority.key.public_key())

    own = dict(files)
    for name in ("0001", "0002", "0003"):
        files.update(own | {name: others[name]})
        with pytest.raises(NotVouchedFor):
            checked()
    for name in ("0003", "0004"):
        whole = base64.b64decode(own[name])
        for place in range(0, len(whole), 7):
            altered = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
            files.update(own | {name: base64.b64encode(altered).decode()})
            with pytest.raises(CardError):
                checked()
    files.update(own)
    checked()
