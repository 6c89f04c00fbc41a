"""What a public body publishes: as what people hand in, and also Word, Excel and archives of documents."""

import hashlib

from portal.files import inspection, rules
from portal.files.clamd import Scan
from portal.files.inspection import MEGABYTE, Prepared
from portal.files.rules import Content

MOST_PAGES = 500


def prepare(given_name: str, sent: bytes, *, megabytes: int, scan: Scan | None) -> Prepared:
    """The file as everybody will get it; FileRefused says why not. A photo is made anew, all else stays as it was sent."""
    from portal.files import archives, pdfs  # here: the worker need not carry the decoders

    if sent.startswith(archives.OLD_OFFICE):
        raise rules.OfficeOld
    if not sent.startswith((archives.HEAD, b"%PDF-")):
        try:
            return inspection.prepare(given_name, sent, megabytes=megabytes, scan=scan)
        except rules.FileKindUnknown:
            raise rules.PaperKindUnknown from None
    if len(sent) > megabytes * MEGABYTE:
        raise rules.FileTooLarge(megabytes=megabytes)
    check = inspection.checked(sent, scan)
    if sent.startswith(archives.HEAD):
        kind, pages = archives.kind_of(sent), 1
    else:
        kind, pages = inspection.kind_of(sent), pdfs.pages_of(sent, most=MOST_PAGES)
    name = rules.clean_name(given_name, kind)
    assert kind is not Content.JPEG
    return Prepared(name, kind, sent, b"", pages, hashlib.sha256(sent).digest(), check)
