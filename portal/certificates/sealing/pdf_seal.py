"""The electronic seal in the PDF: PAdES-B-B (ETSI EN 319 142-1), as an incremental update of the archived file.

Same sheet, same seal, same bytes: nothing of the clock or of chance enters. The
instant of the signature is the instant of issue, the second half of the file's id is derived from the first, and
dates of the metadata stay as the press wrote them.
"""

import hashlib
import io
from datetime import datetime
from functools import lru_cache
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.extensions import DeveloperExtension
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers import pdf_signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.certificates.sealing.keys import Keys, SealKey

FIELD = "CitySeal"
DIGEST = "sha256"
ROOM_BESIDE_CERTIFICATES = 1_200
"""Bytes kept free for the CMS object without its certificates; an RSA-4096 signature has 512 of them."""


ARCHIVED = (1, 7)
"""The PDF of the archive format (ISO 19005-3, 5.1). The library would call a file with an ECDSA seal PDF 2.0."""


class Update(IncrementalPdfFileWriter):
    """An update without the clock and without chance, of a file that stays one for the archive."""

    MARK = b"sealed"
    """Each addition gives the file an id of its own (ISO 32000-1, 14.4)."""

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        super().ensure_output_version(min(version, ARCHIVED))

    def register_extension(self, ext: DeveloperExtension) -> None:
        """Extensions of PDF 1.7 only: PAdES is one, ECDSA is named by the signature itself."""
        if ext.base_version == generic.NameObject("/1.7"):
            super().register_extension(ext)

    @classmethod
    def _handle_id(cls, prev: Any) -> Any:
        first, _ = prev.trailer["/ID"]
        if isinstance(first, generic.TextStringObject):
            first = generic.ByteStringObject(first.original_bytes)
        return generic.ArrayObject([first, generic.ByteStringObject(hashlib.sha256(cls.MARK + first).digest()[:16])])

    def _update_meta(self) -> None:
        """The press has written when and by whom; the signature carries its own instant."""


class _Signer(signers.Signer):
    """Hands what is to be signed to a kept key: pyHanko's own signer reads the key anew for each signature."""

    def __init__(self, key: SealKey, chain: tuple[asn1_x509.Certificate, ...]) -> None:
        registry = SimpleCertificateStore()
        registry.register_multiple(chain[1:])
        super().__init__(signing_cert=chain[0], cert_registry=registry)
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        return self._key.sign(data)


class _PdfSigner(signers.PdfSigner):
    """Writes a given instant into the signature, not the clock's."""

    def __init__(self, meta: signers.PdfSignatureMetadata, signer: signers.Signer, at: datetime) -> None:
        super().__init__(meta, signer)
        self._at = at

    def init_signing_session(self, *args: Any, **facts: Any) -> pdf_signer.PdfSigningSession:
        session = super().init_signing_session(*args, **facts)
        session.system_time = self._at
        return session


class Sealer:
    """Seals PDFs with one key."""

    def __init__(self, keys: Keys) -> None:
        encoded = [one.public_bytes(Encoding.DER) for one in keys.chain]
        self._signer = _Signer(keys.seal, tuple(asn1_x509.Certificate.load(one) for one in encoded))
        self._room = 2 * (sum(map(len, encoded)) + ROOM_BESIDE_CERTIFICATES)

    def seal(self, pdf: bytes, at: datetime) -> bytes:
        """The sealed file; *at* is the instant of issue."""
        meta = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm=DIGEST,
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        )
        signer = _PdfSigner(meta, self._signer, at)
        writer = Update(io.BytesIO(pdf))
        sealed = signer.sign_pdf(writer, bytes_reserved=self._room)
        return bytes(sealed.getbuffer())


@lru_cache(maxsize=4)
def sealer(keys: Keys) -> Sealer:
    """The sealer of these keys, kept: Keys are made once a process."""
    return Sealer(keys)
