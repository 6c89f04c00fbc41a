"""Whether the issuer has taken a certificate back: its list, its responder, and what neither of them may clear."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from portal.accounts import certificates
from portal.accounts.ocsp import Responder, Unreliable, verify
from portal.accounts.revocation import ANSWERS_KEPT, Answers, Status
from portal.config import Settings
from portal.core import clock
from portal.core.errors import Refusal
from tests.portal.accounts.authority import Authority, Card, new_key
from tests.portal.accounts.office import Office

GOOD, REVOKED, NOT_KNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN

NO_LIST = Path("/nowhere/crl.pem")


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return new_key()


@pytest.fixture(scope="module")
def city() -> Authority:
    return Authority("TEST CA 架空")


@pytest.fixture
def ca_file(city: Authority, tmp_path: Path) -> Path:
    city.revoked.clear()
    return city.publish(tmp_path)


@pytest.fixture
def card(city: Authority, key: RSAPrivateKey) -> Card:
    """A card of its own for each test: answers about it are kept for all of them."""
    return city.issue("card", key)


@pytest.fixture
def office(city: Authority, card: Card) -> Iterator[Office]:
    office = Office(lambda: city.says(card))
    yield office
    office.close()


def outcome(card: Card, ca_file: Path) -> str:
    try:
        certificates.check(card.der, ca_file)
    except Refusal as refusal:
        return refusal.code
    return "trusted"


def without_list(ca_file: Path) -> Path:
    ca_file.with_name("crl.pem").unlink(missing_ok=True)
    return ca_file


def test_a_certificate_nobody_can_vouch_for_is_refused(card: Card, ca_file: Path) -> None:
    assert outcome(card, ca_file) == "trusted"
    assert outcome(card, without_list(ca_file)) == "revocation-unknown"


def test_the_responder_clears_where_there_is_no_list(card: Card, ca_file: Path, office: Office) -> None:
    Responder(office.url).ask(card.der, without_list(ca_file))
    assert outcome(card, ca_file) == "trusted"


@pytest.mark.parametrize(("status", "code"), [(REVOKED, "certificate-revoked"), (NOT_KNOWN, "revocation-unknown")])
def test_what_the_responder_refuses_no_list_clears(
    city: Authority, card: Card, ca_file: Path, office: Office, status: ocsp.OCSPCertStatus, code: str
) -> None:
    office.says = lambda: city.says(card, status)
    Responder(office.url).ask(card.der, ca_file)
    assert outcome(card, ca_file) == code


def test_what_the_list_revokes_no_responder_clears(city: Authority, card: Card, ca_file: Path, office: Office) -> None:
    Responder(office.url).ask(card.der, ca_file)
    city.revoked.append(card.certificate.serial_number)
    city.publish(ca_file.parent)
    assert outcome(card, ca_file) == "certificate-revoked"


def test_a_fresh_answer_is_not_asked_for_again(card: Card, ca_file: Path, office: Office) -> None:
    responder = Responder(office.url)
    for _ in range(3):
        responder.ask(card.der, ca_file)
    assert office.asked == 1


def test_an_answer_is_good_until_it_is_not_and_for_an_hour_at_most(city: Authority, card: Card) -> None:
    now = clock.machine_now().replace(microsecond=0)
    for until, expected in (
        (None, timedelta(hours=1)),
        (now + timedelta(days=7), timedelta(hours=1)),
        (now + timedelta(minutes=5), timedelta(minutes=5)),
    ):
        said = verify(city.says(card, at=now, until=until), card.certificate, city.certificate, list_file=NO_LIST)
        assert said == (Status.GOOD, now + expected)


def test_an_answer_counts_only_while_it_is_fresh(card: Card) -> None:
    answers, now = Answers(), clock.machine_now()
    answers.keep(card.certificate, Status.GOOD, now - timedelta(seconds=1))
    assert answers.status_of(card.certificate) == Status.UNKNOWN
    answers.keep(card.certificate, Status.GOOD, now + timedelta(minutes=1))
    assert answers.status_of(card.certificate) == Status.GOOD
    answers.keep(card.certificate, Status.REVOKED, now - timedelta(days=1))
    assert answers.status_of(card.certificate) == Status.REVOKED, "revoked is for good"


def unreliable(content: bytes, card: Card, issuer: Authority) -> str:
    with pytest.raises(Unreliable) as stopped:
        verify(content, card.certificate, issuer.certificate, list_file=NO_LIST)
    return str(stopped.value)


def test_answers_that_prove_nothing(city: Authority, card: Card, key: RSAPrivateKey) -> None:
    now, day = clock.machine_now(), timedelta(days=1)
    other, stranger = city.issue("other", key), Authority(city.name)
    assert unreliable(city.says(other), card, city) == "about another certificate"
    assert unreliable(stranger.says(card, about=city), card, city) == "InvalidSignature"
    assert unreliable(city.says(card, about=stranger), card, city) == "about another certificate"
    assert unreliable(city.says(card, at=now - day, until=now - timedelta(hours=1)), card, city) == "not of now"
    assert unreliable(city.says(card, at=now - timedelta(hours=2), until=now + day), card, city) == "not of now"
    assert unreliable(city.says(card, at=now + day, until=now + 2 * day), card, city) == "not of now"
    for status in (ocsp.OCSPResponseStatus.TRY_LATER, ocsp.OCSPResponseStatus.UNAUTHORIZED):
        said = ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
        assert unreliable(said, card, city) == f"responder says {status.name}"


def test_only_a_delegate_of_the_issuer_answers_for_it(city: Authority, card: Card, key: RSAPrivateKey) -> None:
    now = clock.machine_now()
    good = city.says(card, signer=city.delegate(key))
    assert verify(good, card.certificate, city.certificate, list_file=NO_LIST)[0] == Status.GOOD
    assert unreliable(city.says(card, signer=city.issue("card", key)), card, city) == "ExtensionNotFound"
    wrong = city.issue("server", key, purposes=(x509.ExtendedKeyUsageOID.SERVER_AUTH,))
    assert unreliable(city.says(card, signer=wrong), card, city) == "the signer is no delegate"
    of_others = Authority(city.name).delegate(key)
    assert unreliable(city.says(card, signer=of_others), card, city) == "InvalidSignature"
    late = city.delegate(key, start=now - timedelta(days=9), end=now - timedelta(days=1))
    assert unreliable(city.says(card, signer=late), card, city) == "the delegate's certificate is not in force"


def test_every_flipped_bit_makes_an_answer_unreliable(city: Authority, card: Card) -> None:
    good = city.says(card)
    for place in range(0, len(good)):
        flipped = bytearray(good)
        flipped[place] ^= 1 << place % 8
        try:
            status, _ = verify(bytes(flipped), card.certificate, city.certificate, list_file=NO_LIST)
        except Unreliable:
            continue
        # The signature does not cover its own wrapping; what it covers says what it said.
        assert status == Status.GOOD


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x30\x03\x0a\x01\x06", bytes(40_000)])
def test_rubbish_from_the_responder_leaves_the_list(card: Card, ca_file: Path, office: Office, content: bytes) -> None:
    office.says = lambda: content
    Responder(office.url).ask(card.der, ca_file)
    assert outcome(card, ca_file) == "trusted"
    assert outcome(card, without_list(ca_file)) == "revocation-unknown"


def test_a_responder_that_hangs_is_waited_for_once(card: Card, ca_file: Path, office: Office) -> None:
    office.says = lambda: str(office.busy.wait(20)).encode()
    responder, start = Responder(office.url, patience=0.2), monotonic()
    for _ in range(20):
        responder.ask(card.der, ca_file)
    assert monotonic() - start < 3
    assert office.asked == 1
    assert outcome(card, ca_file) == "trusted"


def test_nobody_is_asked_about_certificates_of_strangers(ca_file: Path, office: Office, key: RSAPrivateKey) -> None:
    responder = Responder(office.url)
    responder.ask(Authority("stranger").issue("card", key).der, ca_file)
    responder.ask(b"rubbish", ca_file)
    assert office.asked == 0


@pytest.mark.parametrize("days", [13, 15])
def test_a_list_counts_two_weeks_whatever_it_claims(city: Authority, card: Card, ca_file: Path, days: int) -> None:
    now = clock.machine_now()
    builder = x509.CertificateRevocationListBuilder().issuer_name(city.certificate.subject)
    builder = builder.last_update(now - timedelta(days=days)).next_update(now + timedelta(days=365))
    pem = builder.sign(city.key, city.certificate.signature_hash_algorithm).public_bytes(Encoding.PEM)  # type: ignore[arg-type]
    ca_file.with_name("crl.pem").write_bytes(pem)
    assert outcome(card, ca_file) == ("trusted" if days < 14 else "revocation-unknown")


def test_kept_answers_do_not_grow_without_end(city: Authority, key: RSAPrivateKey) -> None:
    assert ANSWERS_KEPT <= 100_000
    answers, until = Answers(2), clock.machine_now() + timedelta(minutes=1)
    cards = [city.issue("card", key) for _ in range(3)]
    for one in cards:
        answers.keep(one.certificate, Status.GOOD, until)
    assert [answers.status_of(one.certificate) for one in cards] == [Status.UNKNOWN, Status.GOOD, Status.GOOD]


def test_the_responder_is_reached_over_http_only() -> None:
    assert Settings(card_ocsp_url="https://ocsp.example/jpki").card_ocsp_url
    with pytest.raises(ValueError, match="card_ocsp_url"):
        Settings(card_ocsp_url="file:///etc/passwd")
