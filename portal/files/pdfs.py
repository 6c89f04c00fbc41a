"""PDFs are kept as they are, if they hold pages and nothing that acts: no scripts, no launching, no files inside.

Every object is looked at, also those packed into streams, because names can be written in more than one way. What
is damaged, locked or endless is refused rather than guessed at.
"""

import io
import logging
from collections.abc import Iterator
from time import monotonic
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

from portal.files import rules

# ISO 32000-2, 12.6 (actions), 7.11.4 (embedded files), 13 (multimedia), 12.7.9 (XFA).
ACTIVE = frozenset(
    {
        "/JS", "/JavaScript", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/RichMedia", "/RichMediaContent",
        "/XFA", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound", "/3D", "/AF",
    }
)  # fmt: skip
# It writes down what it stumbles over, and that is what somebody's paper says.
logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
VALUES = ("/S", "/Subtype", "/Type")
MOST_OBJECTS = 30_000
SECONDS = 8.0
DEEPEST = 40


class _Endless(Exception):
    """More objects, or more nesting, than any paper needs."""


def pages_of(content: bytes, *, most: int = rules.MOST_PAGES) -> int:
    """How many pages, *most* at the most; PdfUnreadable, PdfLocked, PdfActive or PdfTooLong."""
    if b"%%EOF" not in content[-1024:]:
        raise rules.PdfUnreadable
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise rules.PdfLocked
        count = len(reader.pages)
        active = any(_acts(part) for part in _objects(reader))
    except rules.FileRefused:
        raise
    except Exception:  # RecursionError, zlib faults, anything: it is somebody's file
        raise rules.PdfUnreadable from None
    if active:
        raise rules.PdfActive
    if not count:
        raise rules.PdfUnreadable
    if count > most:
        raise rules.PdfTooLong(pages=most)
    return count


def _objects(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary of the file, each once: those reached from the trailer and those nobody points at."""
    end = monotonic() + SECONDS
    numbers = {(number, generation) for generation, entries in reader.xref.items() for number in entries}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MOST_OBJECTS:
        raise _Endless
    waiting: list[tuple[Any, int]] = [(reader.trailer, 0)]
    waiting += [(IndirectObject(number, generation, reader), 0) for number, generation in numbers]
    seen: set[tuple[int, int]] = set()
    while waiting:
        part, depth = waiting.pop()
        if monotonic() > end or depth > DEEPEST:
            raise _Endless
        if isinstance(part, IndirectObject):
            if (part.idnum, part.generation) in seen:
                continue
            seen.add((part.idnum, part.generation))
            part, depth = reader.get_object(part), 0
        if isinstance(part, DictionaryObject):
            yield part
            waiting += [(part.raw_get(key), depth + 1) for key in part]
        elif isinstance(part, ArrayObject):
            waiting += [(list.__getitem__(part, at), depth + 1) for at in range(len(part))]


def _acts(part: DictionaryObject) -> bool:
    if any(key in ACTIVE for key in part):
        return True
    # Not as it stands there: a value may be an object of its own somewhere else.
    values = (part[key] for key in VALUES if key in part)
    return any(isinstance(value, NameObject) and value in ACTIVE for value in values)
