"""What a card sign-in costs the portal's processor, against the bare checks nobody can leave out.

The limit is one issuer check, one check of the challenge's signature and one OCSP answer parsed and verified.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from portal.accounts import certificates, revocation
from portal.accounts.ocsp import verify
from portal.core import clock
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns
from tests.portal.accounts.authority import Authority, new_key

TO_CHECKS = 3.0
LOOKUP_TO_VERIFY = 0.1
LIST_ENTRIES = 100_000
PEOPLE = 300  # more than the portal remembers: nobody comes twice in time
CHALLENGE = b"portal-card-auth-v1\0kiosk\0" + bytes(32)


def rows(sizes: Sizes, folder: Path) -> Iterator[Row]:
    city = Authority("Benchmark authority")
    card_key, entries = new_key(), min(LIST_ENTRIES, sizes.residents)
    people = [city.issue("card", card_key) for _ in range(PEOPLE)]
    ca_file, signature = city.publish(folder), people[0].sign(CHALLENGE)
    list_file = ca_file.with_name("crl.pem")
    list_file.write_bytes(_long_list(city, entries))
    shown = [(one.certificate, one.der, city.says(one)) for one in people]
    key, issuer = card_key.public_key(), city.certificate
    issuer_key = issuer.public_key()
    assert isinstance(issuer_key, RSAPublicKey)
    kept = revocation.read(list_file)
    comes, leaves = cycle(shown), cycle(shown)

    def ours() -> None:
        """The whole way of one card: its status asked for, then all of it checked."""
        _, der, said = next(comes)
        certificate, trusted_issuer = certificates.with_issuer(der, ca_file)
        revocation.ANSWERS.keep(certificate, *verify(said, certificate, trusted_issuer, list_file=list_file))
        certificates.check_signature(certificates.check(der, ca_file), signature, CHALLENGE)

    def bare() -> None:
        _, der, said = next(leaves)
        x509.load_der_x509_certificate(der).verify_directly_issued_by(issuer)
        key.verify(signature, CHALLENGE, PKCS1v15(), SHA256())
        answer = ocsp.load_der_ocsp_response(said)
        issuer_key.verify(answer.signature, answer.tbs_response_bytes, PKCS1v15(), SHA256())

    def lookup() -> None:
        kept.status_of(people[0].certificate, issuer)

    def one_verify() -> None:
        key.verify(signature, CHALLENGE, PKCS1v15(), SHA256())

    calls: dict[str, Callable[[], object]] = {"ours": ours, "bare": bare, "lookup": lookup, "verify": one_verify}
    cpu = in_turns(calls, rounds=sizes.rounds, repeat=sizes.calls * 10)
    yield at_most(
        "card sign-in at the portal / its bare checks",
        ours=cpu["ours"] * 1e6,
        limit=cpu["bare"] * 1e6,
        unit="µs",
        target=TO_CHECKS,
        note="CPU µs: certificate, issuer, purpose, dates, revocation by list and responder, challenge",
    )
    yield at_most(
        "revocation lookup / one RSA verification",
        ours=cpu["lookup"] * 1e6,
        limit=cpu["verify"] * 1e6,
        unit="µs",
        target=LOOKUP_TO_VERIFY,
        note=f"CPU µs in a list of {entries:,} read once",
    )


def _long_list(city: Authority, entries: int) -> bytes:
    """PEM of a list of that many certificates, none of them one we show. Adding one by one would take minutes."""
    now = clock.machine_now()
    revoked: list[x509.RevokedCertificate] = [
        x509.RevokedCertificateBuilder(serial, now).build() for serial in range(1, entries + 1)
    ]
    builder = x509.CertificateRevocationListBuilder(
        city.certificate.subject, now, now + timedelta(days=7), revoked_certificates=revoked
    )
    return builder.sign(city.key, SHA256()).public_bytes(Encoding.PEM)
