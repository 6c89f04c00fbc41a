"""A card stands for a resident only if everything about it fits; each thing that does not has its own refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding

from portal.accounts import rules, service
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.ids import ResidentId
from portal.core.uow import Database
from portal.demo import accounts as demo_accounts
from portal.demo import cast
from portal.residents import service as residents
from tests.portal.accounts.authority import Authority, Card, new_key, usage

CHALLENGE = b"portal-card-auth-v1\0kiosk\0" + bytes(32)
KIOSK = Actor(Kind.CLIENT, label="kiosk")


@pytest.fixture(scope="module")
def card_key() -> RSAPrivateKey:
    return new_key()


@pytest.fixture(scope="module")
def city_authority() -> Authority:
    return Authority("TEST CA 架空")


@dataclass
class Desk:
    """Where cards are enrolled and shown: a database, trusted certificates, one resident."""

    database: Database
    authority: Authority
    ca_file: Path
    hanako: ResidentId
    taro: ResidentId

    def enrol(self, card: Card, whose: ResidentId | None = None) -> None:
        with self.database.command("enrol") as session:
            service.enrol_card(session, whose or self.hanako, card.der, self.ca_file)

    def show(
        self, card: Card, *, signature: bytes | None = None, der: bytes | None = None, writes: bool = False
    ) -> ResidentId:
        signature = card.sign(CHALLENGE) if signature is None else signature
        with self.database.page(KIOSK, Purpose.KIOSK, writes=writes) as session:
            return service.person_by_card(session, der or card.der, signature, CHALLENGE, self.ca_file)


@pytest.fixture
def desk(database: Database, cast_residents: None, city_authority: Authority, tmp_path: Path) -> Desk:
    city_authority.revoked.clear()
    with database.command("find") as session:
        people = [residents.find_by_number(session, one.addressee_number) for one in (cast.HANAKO, cast.TARO)]
    hanako, taro = (person.resident_id for person in people if person)
    return Desk(database, city_authority, city_authority.publish(tmp_path), hanako, taro)


@pytest.fixture
def card(desk: Desk, card_key: RSAPrivateKey) -> Card:
    """A sound card, enrolled for 花子."""
    card = desk.authority.issue("card", card_key)
    desk.enrol(card)
    return card


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as stopped:
        act()
    return stopped.value.code


def test_a_card_stands_for_its_resident(desk: Desk, card: Card) -> None:
    assert desk.show(card) == desk.hanako


def test_a_card_nobody_enrolled_is_unknown(desk: Desk, card_key: RSAPrivateKey) -> None:
    assert refusal(lambda: desk.show(desk.authority.issue("card", card_key))) == "card-unknown"


def test_a_signature_by_another_key_is_wrong(desk: Desk, card: Card) -> None:
    forged = Card(new_key(), card.certificate)
    assert refusal(lambda: desk.show(forged)) == "signature-wrong"


def test_a_signature_over_another_challenge_is_wrong(desk: Desk, card: Card) -> None:
    assert refusal(lambda: desk.show(card, signature=card.sign(CHALLENGE + b"x"))) == "signature-wrong"


@pytest.mark.parametrize("signature", [b"", b"x", bytes(256), b"\xff" * 256, bytes(100_000)])
def test_rubbish_for_a_signature_is_wrong(desk: Desk, card: Card, signature: bytes) -> None:
    assert refusal(lambda: desk.show(card, signature=signature)) == "signature-wrong"


def test_a_signature_with_sha1_is_wrong(desk: Desk, card: Card) -> None:
    weak = card.key.sign(CHALLENGE, PKCS1v15(), SHA1())
    assert refusal(lambda: desk.show(card, signature=weak)) == "signature-wrong"


@pytest.mark.parametrize("der", [b"x", b"\x30\x80", b"\x30\x82\xff\xff" + bytes(40), bytes(10_000)])
def test_rubbish_for_a_certificate_is_untrusted(desk: Desk, card: Card, der: bytes) -> None:
    assert refusal(lambda: desk.show(card, der=der)) == "certificate-untrusted"


def test_a_certificate_of_another_authority_of_the_same_name_is_untrusted(desk: Desk, card_key: RSAPrivateKey) -> None:
    stranger = Authority(desk.authority.name)
    assert refusal(lambda: desk.show(stranger.issue("card", card_key))) == "certificate-untrusted"


def test_an_issuer_that_may_not_issue_is_untrusted(desk: Desk, card_key: RSAPrivateKey) -> None:
    pretender = Authority("pretender", is_authority=False)
    desk.authority.publish(desk.ca_file.parent, pretender)
    assert refusal(lambda: desk.show(pretender.issue("card", card_key))) == "certificate-untrusted"


def test_the_certificate_for_signing_documents_is_not_for_signing_in(desk: Desk, card_key: RSAPrivateKey) -> None:
    allowed = usage(digital_signature=True, content_commitment=True)
    assert refusal(lambda: desk.show(desk.authority.issue("card", card_key, allowed))) == "certificate-untrusted"


def test_an_authority_itself_is_no_card(desk: Desk) -> None:
    own = Card(desk.authority.key, desk.authority.certificate)
    assert refusal(lambda: desk.show(own)) == "certificate-untrusted"


def test_a_short_key_is_untrusted(desk: Desk) -> None:
    assert refusal(lambda: desk.show(desk.authority.issue("card", new_key(1024)))) == "certificate-untrusted"


def test_an_expired_certificate_is_refused_to_the_second(desk: Desk, card: Card) -> None:
    end = card.certificate.not_valid_after_utc
    with clock.freeze(end):
        assert desk.show(card) == desk.hanako
    with clock.freeze(end + timedelta(seconds=1)):
        assert refusal(lambda: desk.show(card)) == "certificate-expired"


def test_an_expired_certificate_says_so(desk: Desk, card_key: RSAPrivateKey) -> None:
    now = clock.now()
    old = desk.authority.issue("card", card_key, start=now - timedelta(hours=9), end=now - timedelta(hours=1))
    assert refusal(lambda: desk.show(old)) == "certificate-expired"


def test_a_certificate_of_tomorrow_is_refused(desk: Desk, card_key: RSAPrivateKey) -> None:
    early = desk.authority.issue("card", card_key, start=clock.now() + timedelta(days=1))
    assert refusal(lambda: desk.show(early)) == "certificate-expired"


def test_a_revoked_certificate_is_refused_as_soon_as_the_list_says_so(desk: Desk, card: Card) -> None:
    assert desk.show(card) == desk.hanako
    desk.authority.revoked.append(card.certificate.serial_number)
    desk.authority.publish(desk.ca_file.parent)
    assert refusal(lambda: desk.show(card)) == "certificate-revoked"


def test_an_outdated_list_clears_nobody(desk: Desk, card: Card) -> None:
    desk.authority.publish(desk.ca_file.parent, crl_days=-1)
    assert refusal(lambda: desk.show(card)) == "revocation-unknown"


def test_a_list_signed_by_somebody_else_clears_nobody(desk: Desk, card: Card) -> None:
    forged = Authority(desk.authority.name).crl(7)
    desk.ca_file.with_name("crl.pem").write_bytes(forged.public_bytes(Encoding.PEM))
    assert refusal(lambda: desk.show(card)) == "revocation-unknown"


def test_without_trusted_authorities_every_card_is_untrusted(desk: Desk, card: Card) -> None:
    desk.ca_file.unlink()
    assert refusal(lambda: desk.show(card)) == "certificate-untrusted"


def test_one_of_several_trusted_authorities_is_enough(desk: Desk, card: Card) -> None:
    desk.authority.publish(desk.ca_file.parent, Authority("another"))
    assert desk.show(card) == desk.hanako


def test_a_new_card_ends_the_old_one(desk: Desk, card: Card, card_key: RSAPrivateKey) -> None:
    newer = desk.authority.issue("card", card_key)
    desk.enrol(newer)
    assert desk.show(newer) == desk.hanako
    assert refusal(lambda: desk.show(card)) == "card-unknown"


@pytest.fixture
def renewals(desk: Desk) -> Callable[..., None]:
    """Publish which card took the place of which, signed by the city's authority or by somebody else."""

    def publish(renewed: dict[Card, Card], by: Authority | None = None) -> None:
        pairs = {
            f"{new.certificate.serial_number:x}": f"{old.certificate.serial_number:X}" for new, old in renewed.items()
        }
        (desk.ca_file.parent / "renewals.jws").write_text((by or desk.authority).renewals(pairs))

    return publish


def test_a_renewed_card_stands_for_the_same_resident(
    desk: Desk, card: Card, card_key: RSAPrivateKey, renewals: Callable[..., None]
) -> None:
    between, newest = (desk.authority.issue("card", card_key) for _ in range(2))
    assert refusal(lambda: desk.show(newest)) == "card-unknown"
    renewals({newest: between, between: card})
    desk.authority.revoked.append(card.certificate.serial_number)
    desk.authority.publish(desk.ca_file.parent)
    for _ in range(2):
        assert desk.show(newest, writes=True) == desk.hanako
    with desk.database.command("look") as session:
        assert [one.serial for one in service.cards_of(session, desk.hanako)] == [
            f"{newest.certificate.serial_number:x}"
        ]
    assert refusal(lambda: desk.show(between)) == "card-unknown"


@pytest.mark.parametrize("fault", ["stranger", "garbled", "rubbish", "ring"])
def test_a_renewal_nobody_vouches_for_binds_nothing(
    desk: Desk, card: Card, card_key: RSAPrivateKey, renewals: Callable[..., None], fault: str
) -> None:
    newer = desk.authority.issue("card", card_key)
    renewals({newer: card}, by=Authority(desk.authority.name) if fault == "stranger" else None)
    file = desk.ca_file.parent / "renewals.jws"
    if fault == "garbled":
        head, body, signature = file.read_text().split(".")
        file.write_text(f"{head}.{body}.{signature[:-9]}AAAAAAAA\n")
    if fault == "rubbish":
        file.write_text("架空\n.\n..\n")
    if fault == "ring":
        renewals({newer: newer})
    assert refusal(lambda: desk.show(newer, writes=True)) == "card-unknown"
    assert desk.show(card) == desk.hanako


def test_a_renewed_card_needs_its_own_signature(
    desk: Desk, card: Card, card_key: RSAPrivateKey, renewals: Callable[..., None]
) -> None:
    newer = desk.authority.issue("card", new_key())
    renewals({newer: card})
    assert refusal(lambda: desk.show(newer, signature=card.sign(CHALLENGE), writes=True)) == "signature-wrong"
    assert desk.show(card) == desk.hanako


def test_a_card_is_nobody_elses(desk: Desk, card: Card) -> None:
    assert refusal(lambda: desk.enrol(card, desk.taro)) == "card-of-somebody-else"
    desk.enrol(card)
    assert desk.show(card) == desk.hanako


def test_a_challenge_is_good_once_for_its_context_and_five_minutes(database: Database) -> None:
    with database.command("make") as session:
        challenge = service.new_challenge(session, "kiosk-chuo-1")
        late = service.new_challenge(session, "kiosk-chuo-1")
    assert challenge.bytes.startswith(b"portal-card-auth-v1\0kiosk-chuo-1\0")
    assert len(challenge.bytes) == len(b"portal-card-auth-v1\0kiosk-chuo-1\0") + 32

    def use(context: str) -> bytes:
        with database.command("use") as session:
            return service.use_challenge(session, challenge.id, context)

    assert refusal(lambda: use("kiosk-mihama-1")) == "challenge-over"
    assert use("kiosk-chuo-1") == challenge.bytes
    assert refusal(lambda: use("kiosk-chuo-1")) == "challenge-over"
    with clock.freeze(clock.now() + timedelta(minutes=6)), pytest.raises(rules.ChallengeOver):  # noqa: SIM117
        with database.command("late") as session:
            service.use_challenge(session, late.id, "kiosk-chuo-1")


def test_a_refused_signature_has_used_the_challenge_up(database: Database) -> None:
    with database.command("make") as session:
        challenge = service.new_challenge(session, "kiosk")

    def refuse() -> None:
        with database.command("refused") as session:
            service.use_challenge(session, challenge.id, "kiosk")
            raise rules.SignatureWrong

    assert refusal(refuse) == "signature-wrong"
    with pytest.raises(rules.ChallengeOver), database.command("again") as session:
        service.use_challenge(session, challenge.id, "kiosk")


def test_the_demo_enrols_the_cards_the_simulator_made(desk: Desk, card_key: RSAPrivateKey, tmp_path: Path) -> None:
    card = desk.authority.issue("card", card_key)
    (tmp_path / "hanako").mkdir()
    (tmp_path / "hanako" / "auth.pem").write_bytes(card.certificate.public_bytes(Encoding.PEM))
    for _ in range(2):
        with desk.database.command("demo") as session:
            assert demo_accounts.enrol_cards(session, tmp_path, desk.ca_file) == 1
    assert desk.show(card) == desk.hanako
