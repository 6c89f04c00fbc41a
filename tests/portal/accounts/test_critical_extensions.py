"""What a certificate or a list says of itself that we must understand or leave alone (RFC 5280 sections 4.2 and 5.2)."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from portal.accounts.ocsp import verify
from portal.accounts.revocation import Status
from tests.portal.accounts.authority import Authority, Card, new_key, usage
from tests.portal.accounts.test_certificate_status import NO_LIST, outcome, unreliable

KEY = new_key()
CLIENT, OCSP = (
    x509.ExtendedKeyUsage([one]) for one in (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.OCSP_SIGNING)
)
CITY = Authority("TEST CA")
CARD = CITY.issue("card", KEY)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.392.99.1"), b"\x05\x00")
POLICY = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.392.99.2"), None)])


def part(**what: object) -> x509.IssuingDistributionPoint:
    """A list that is not about everything."""
    said: dict[str, object] = {"full_name": None, "relative_name": None, "only_some_reasons": None}
    flags = ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs")
    return x509.IssuingDistributionPoint(**(said | dict.fromkeys(flags, False) | what))  # type: ignore[arg-type]


PARTS = (
    part(only_contains_ca_certs=True),
    part(full_name=[x509.UniformResourceIdentifier("http://ca.example/part-7.crl")]),
    part(only_some_reasons=frozenset([x509.ReasonFlags.key_compromise])),
    x509.DeltaCRLIndicator(4),
    UNKNOWN,
)


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    CITY.revoked.clear()
    return CITY.publish(tmp_path)


def put(ca_file: Path, *lists: x509.CertificateRevocationList) -> None:
    ca_file.with_name("crl.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in lists))


@pytest.mark.parametrize("said", PARTS)
def test_a_list_that_is_not_the_whole_truth_revokes_and_clears_nobody(said: x509.ExtensionType, ca_file: Path) -> None:
    put(ca_file, CITY.crl(7, said))
    assert outcome(CARD, ca_file) == "revocation-unknown"
    whole = CITY.crl(9)
    CITY.revoked.append(CARD.certificate.serial_number)
    put(ca_file, whole, CITY.crl(8, said))
    assert outcome(CARD, ca_file) == "certificate-revoked"


def test_a_list_of_next_month_a_broken_one_and_one_by_who_signs_none_clear_nobody(ca_file: Path) -> None:
    put(ca_file, CITY.crl(40, since=30))
    assert outcome(CARD, ca_file) == "revocation-unknown"
    ca_file.with_name("crl.pem").write_text("-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\n")
    assert outcome(CARD, ca_file) == "revocation-unknown"
    only_certificates = Authority("TEST CA 2", KEY)
    only_certificates.certificate = only_certificates.issue(
        only_certificates.name, KEY, usage(key_cert_sign=True), ca=True
    ).certificate
    card = only_certificates.issue("card", KEY)
    assert outcome(card, only_certificates.publish(ca_file.parent)) == "revocation-unknown"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        (CITY.issue("card", KEY, critical=(UNKNOWN,)), "certificate-untrusted"),
        (CITY.issue("card", KEY, critical=(OCSP,)), "certificate-untrusted"),
        (CITY.delegate(KEY), "certificate-untrusted"),
        (CITY.issue("card", KEY, critical=(POLICY, CLIENT)), "trusted"),
    ],
)  # fmt: skip
def test_a_certificate_made_for_something_else_signs_nobody_in(card: Card, code: str, ca_file: Path) -> None:
    assert outcome(card, ca_file) == code


def test_a_delegate_that_was_taken_back_clears_nobody(ca_file: Path) -> None:
    delegate, unasked = (
        CITY.delegate(KEY),
        CITY.issue("odd", KEY, purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,), critical=(UNKNOWN,)),
    )
    answer = CITY.says(CARD, signer=delegate)
    assert verify(answer, CARD.certificate, CITY.certificate, list_file=NO_LIST)[0] == Status.GOOD
    assert "critical" in unreliable(CITY.says(CARD, signer=unasked), CARD, CITY)
    CITY.revoked.append(delegate.certificate.serial_number)
    lists = CITY.publish(ca_file.parent).with_name("crl.pem")
    with pytest.raises(Exception, match="taken back"):
        verify(answer, CARD.certificate, CITY.certificate, list_file=lists)
