"""Seals a PDF (standard input → standard output) with an RSA key made in a token: `in_token MODULE TOKEN PIN CHAIN_FILE`.

A program of its own: a process loads a token's library once, and other tests load it for other tokens.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import NameOID
from pkcs11.util.rsa import encode_rsa_public_key

from portal.certificates.sealing import keys, pdf_seal
from portal.certificates.sealing.token import KeyInToken
from portal.config import Settings

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


def main(module: str, token: str, pin: str, chain_file: str) -> None:
    with pkcs11.lib(module).get_token(token_label=token).open(rw=True, user_pin=pin) as session:
        public, _private = session.generate_keypair(pkcs11.KeyType.RSA, 2048, label="seal", store=True)
        key = load_der_public_key(encode_rsa_public_key(public))
    assert isinstance(key, rsa.RSAPublicKey)
    Path(chain_file).write_bytes(_certificate(key))
    settings = Settings(
        seal_certificate=Path(chain_file),
        seal_token=f"pkcs11:token={token};object=seal?module-path={module}",
        seal_pin=pin,
    )
    sealer = pdf_seal.Sealer(keys.keys(settings))
    assert isinstance(keys.keys(settings).seal, KeyInToken)
    pdf = sys.stdin.buffer.read()
    sealed = sealer.seal(pdf, AT)
    assert sealer.seal(pdf, AT) == sealed, "a paper drawn again has the same bytes"
    sys.stdout.buffer.write(sealed)


def _certificate(key: rsa.RSAPublicKey) -> bytes:
    """The token's key certified by a root made for this test."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    root = ec.generate_private_key(ec.SECP256R1())
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("架空の電子公印", "架空の認証局")]
    found = []
    for subject, public, ca in ((names[0], key, False), (names[1], root.public_key(), True)):
        usage = dict.fromkeys(keys.UNUSED, False) | {"content_commitment": not ca, "key_cert_sign": ca, "crl_sign": ca}
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(names[1])
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
        )
        found.append(builder.sign(root, hashes.SHA256()).public_bytes(Encoding.PEM))
    return b"".join(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
