"""From what somebody sent to what may be kept: the type is decided by the content, never by the name.

No database here, so that decoding and scanning happen before a transaction begins.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass, field

from portal.files import rules
from portal.files.clamd import Scan, Verdict
from portal.files.rules import Check, Content

MEGABYTE = 1_000_000
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file fit to be kept. `sha256` is of `content`; `preview` is a small JPEG, empty for a PDF."""

    name: str
    kind: Content
    content: bytes = field(repr=False)
    preview: bytes = field(repr=False)
    pages: int
    sha256: bytes
    check: Check


def prepare(given_name: str, sent: bytes, *, megabytes: int, scan: Scan | None) -> Prepared:
    """The file as it will be kept; FileRefused says why not."""
    from portal.files import images, pdfs  # here: the worker, which only scans and drops, need not carry the decoders

    if not sent:
        raise rules.FileEmpty
    if len(sent) > megabytes * MEGABYTE:
        raise rules.FileTooLarge(megabytes=megabytes)
    kind = kind_of(sent)
    check = checked(sent, scan)
    if kind is Content.JPEG:
        content, preview = images.remade(sent)
        pages = 1
    else:
        content, preview, pages = sent, b"", pdfs.pages_of(sent)
    name = rules.clean_name(given_name, kind)
    return Prepared(name, kind, content, preview, pages, hashlib.sha256(content).digest(), check)


def kind_of(sent: bytes) -> Content:
    """By its first bytes; what is two things at once (a PDF that is also an archive) is neither."""
    if sent[4:8] == b"ftyp" and sent[8:12] in HEIF_BRANDS:
        raise rules.FileHeic
    is_image = sent.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
        sent[:4] == b"RIFF" and sent[8:12] == b"WEBP"
    )
    is_pdf = sent.startswith(b"%PDF-")
    if not (is_image or is_pdf) or _is_archive(sent) or (is_image and b"%PDF-" in sent[:1024]):
        raise rules.FileKindUnknown
    return Content.PDF if is_pdf else Content.JPEG


def _is_archive(sent: bytes) -> bool:
    return zipfile.is_zipfile(io.BytesIO(sent))


def checked(sent: bytes, scan: Scan | None) -> Check:
    """What the scanner, if there is one, says of these bytes; FileInfected."""
    if scan is None:
        return Check.NONE
    verdict = scan(sent)
    if verdict is Verdict.INFECTED:
        raise rules.FileInfected
    return Check.CLEAN if verdict is Verdict.CLEAN else Check.WAITING
