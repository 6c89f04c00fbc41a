"""What vouches for number and attributes in 券面入力補助: the files 0003 (digests and a signature) and 0004 (a certificate).

Tags and lengths are those public readers read (jpki/myna `text_ap.go`: 336 and 568 bytes, the first of which RSA-2048 with
SHA-256 fills to the byte). What exactly is digested and signed, and the inside of the certificate, is not public. Here: each
digest is SHA-256 of the whole file (0001, 0002), the signature is RSASSA-PKCS1-v1_5 with SHA-256 over the two digest
objects, and the certificate's body holds a name, modulus and exponent of the signer, signed likewise by the issuer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader import tlv
from card_reader.errors import CardError, UnexpectedAnswer

PROOF, NUMBER_DIGEST, ATTRIBUTE_DIGEST, SIGNATURE = 0xFF30, 0xDF31, 0xDF32, 0xDF33
CERTIFICATE, BODY, BODY_SIGNATURE = 0x7F21, 0x5F4E, 0x5F37
NAME_LENGTH, MODULUS_LENGTH, EXPONENT_LENGTH = 37, 256, 4


class NotVouchedFor(CardError):
    """Number or attributes are not those the issuer signed."""


@dataclass(frozen=True, slots=True)
class Proof:
    """File 0003."""

    number_digest: bytes = field(repr=False)
    attribute_digest: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return tlv.encode(NUMBER_DIGEST, self.number_digest) + tlv.encode(ATTRIBUTE_DIGEST, self.attribute_digest)

    def __bytes__(self) -> bytes:
        return tlv.encode(PROOF, self.signed + tlv.encode(SIGNATURE, self.signature))


def read_proof(content: bytes) -> Proof:
    """File 0003 as a card gave it; UnexpectedAnswer."""
    try:
        parts = (tlv.find(content, PROOF, tag) for tag in (NUMBER_DIGEST, ATTRIBUTE_DIGEST, SIGNATURE))
        return Proof(*parts)
    except (KeyError, ValueError) as error:
        raise UnexpectedAnswer("the signature file lacks a part") from error


def body_of(name: bytes, key: RSAPublicKey) -> bytes:
    """What a certificate says: the signer's name and key."""
    numbers = key.public_numbers()
    return (
        name.ljust(NAME_LENGTH, b" ")[:NAME_LENGTH]
        + numbers.n.to_bytes(MODULUS_LENGTH, "big")
        + numbers.e.to_bytes(EXPONENT_LENGTH, "big")
    )


def certificate_of(body: bytes, signature: bytes) -> bytes:
    """File 0004."""
    return tlv.encode(CERTIFICATE, tlv.encode(BODY, body) + tlv.encode(BODY_SIGNATURE, signature))


def signer_of(certificate: bytes, issuer: RSAPublicKey) -> RSAPublicKey:
    """The key that file 0004 is about, if *issuer* signed it; NotVouchedFor, UnexpectedAnswer."""
    try:
        body, signature = (tlv.find(certificate, CERTIFICATE, tag) for tag in (BODY, BODY_SIGNATURE))
        modulus, exponent = body[NAME_LENGTH:-EXPONENT_LENGTH], body[-EXPONENT_LENGTH:]
        key = RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big")).public_key()
    except (KeyError, ValueError) as error:
        raise UnexpectedAnswer("the certificate file holds no key") from error
    _check(issuer, signature, body)
    return key


def check(
    proof: Proof, certificate: bytes, issuer: RSAPublicKey, *, number: bytes = b"", attributes: bytes = b""
) -> None:
    """Return if the issuer vouches for the whole files 0001 and 0002, those that are given; NotVouchedFor."""
    _check(signer_of(certificate, issuer), proof.signature, proof.signed)
    for content, digest in ((number, proof.number_digest), (attributes, proof.attribute_digest)):
        if content and sha256(content).digest() != digest:
            raise NotVouchedFor("the card says something else than its issuer signed")


def _check(key: RSAPublicKey, signature: bytes, signed: bytes) -> None:
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise NotVouchedFor("not signed by the issuer") from None
