"""Word and Excel files and ZIP archives: taken when they hold documents alone, nothing that acts, and can be unpacked.

Names are read as Windows writes them in Japan (CP932) where an archive does not say that they are Unicode.
"""

import io
import re
import unicodedata
import zipfile
from xml.etree import ElementTree

from portal.files import rules
from portal.files.rules import Content

MOST_ENTRIES = 1_000
MOST_BYTES = 200_000_000  # unpacked
MOST_PART = 5_000_000  # of a list of links or kinds: a large workbook's has some hundred kilobytes
MOST_LETTERS = 200
MEGABYTE = 1_000_000
HEAD, END = b"PK\x03\x04", b"PK\x05\x06"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also what a password makes of a new one
MAIN = {"word/document.xml": Content.DOCX, "xl/workbook.xml": Content.XLSX}
# What a file in an archive begins with, by the ending of its name; text and CAD formats of text begin with anything.
BEGINS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "docx": (HEAD,), "xlsx": (HEAD,),
    "jpg": (b"\xff\xd8\xff",), "jpeg": (b"\xff\xd8\xff",), "png": (b"\x89PNG\r\n\x1a\n",),
    "tif": (b"II*\0", b"MM\0*"), "tiff": (b"II*\0", b"MM\0*"),
    "dwg": (b"AC10",), "jww": (b"JwwData",),
    "txt": (), "csv": (), "xml": (), "dxf": (), "p21": (), "sfc": (),
}  # fmt: skip
PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"PK",
    OLD_OFFICE[:4],
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"Rar!",
    b"7z\xbc\xaf",
)
_ENCODING = re.compile(r"^<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)
_ACTS = re.compile(r"vbaproject|/activex/|/embeddings/.*\.bin$|\.(?:exe|vbs|js|docm|xls[mb]|xlam|dotm)$", re.IGNORECASE)


def kind_of(content: bytes) -> Content:
    """Word, Excel or an archive of documents; the refusal says what is wrong with it."""
    if content[-22:-18] != END:
        raise rules.ArchiveUnreadable  # cut off, or something stands behind it
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _kind_of(archive)
    except rules.FileRefused:
        raise
    except Exception:  # zipfile and the decompressors raise more than BadZipFile, and it is somebody's file
        raise rules.ArchiveUnreadable from None


def _kind_of(archive: zipfile.ZipFile) -> Content:
    entries = archive.infolist()
    _check_size(entries)
    if not entries or min(entry.header_offset for entry in entries) != 0:
        raise rules.ArchiveUnreadable  # something stands before it: two things at once
    names = {entry.filename for entry in entries}
    main = [content for part, content in MAIN.items() if part in names]
    if len(main) == 1 and "[Content_Types].xml" in names:
        _check_office(archive, entries)
        return main[0]
    for entry in entries:
        if not entry.is_dir():
            _check_entry(archive, entry)
    return Content.ZIP


def _check_size(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise rules.ArchiveTooLarge(most=MOST_ENTRIES, megabytes=MOST_BYTES // MEGABYTE)
    if any(entry.flag_bits & 0x1 for entry in entries) or len({entry.filename for entry in entries}) != len(entries):
        raise rules.ArchiveUnreadable  # locked, or two files of one name of which programs choose differently


def _check_office(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Whoever opens the file finds a part by its name in whichever case (ECMA-376 part 2), so we do too."""
    if len({entry.filename.lower() for entry in entries}) != len(entries):
        raise rules.ArchiveUnreadable
    for entry in entries:
        name = entry.filename.lower()
        if _ACTS.search(f"/{name}"):
            raise rules.OfficeActive
        if name == "[content_types].xml":
            _check_types(_part(archive, entry))
        elif name.endswith(".rels"):
            _check_links(_part(archive, entry))


def _part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> ElementTree.Element:
    """A part as whoever opens the file reads it: a character reference is what it stands for. With entities, or in another
    encoding, it could say one thing here and another there."""
    if entry.file_size > MOST_PART:
        raise rules.ArchiveTooLarge(most=MOST_ENTRIES, megabytes=MOST_BYTES // MEGABYTE)
    try:
        text = archive.read(entry).decode("utf-8-sig")
    except ValueError:
        raise rules.OfficeActive from None
    if "<!DOCTYPE" in text or _ENCODING.match(text):
        raise rules.OfficeActive
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - without a document type there is nothing to expand
    except ElementTree.ParseError:
        raise rules.ArchiveUnreadable from None


def _check_types(types: ElementTree.Element) -> None:
    if any("macroenabled" in said.lower() for part in types.iter() for said in part.attrib.values()):
        raise rules.OfficeActive


def _check_links(links: ElementTree.Element) -> None:
    """Nothing is fetched from elsewhere when the file is opened; what a reader may press is another matter."""
    for link in links.iter():
        leads_away = link.get("TargetMode", "Internal").strip().lower() != "internal"
        if leads_away and not link.get("Type", "").strip().endswith("/hyperlink"):
            raise rules.OfficeActive


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    name = _name_of(entry)
    ending = name.rpartition(".")[2].lower()
    with archive.open(entry) as opened:
        begins = opened.read(16)
        wanted = BEGINS.get(ending)
        if wanted is None or (wanted and not begins.startswith(wanted)) or (not wanted and begins.startswith(PROGRAMS)):
            raise rules.ArchiveActive(name=name[-60:])
        rest = begins + opened.read() if HEAD in (wanted or ()) else b""
    if rest and str(kind_of(rest)) != ending:
        raise rules.ArchiveActive(name=name[-60:])


def _name_of(entry: zipfile.ZipInfo) -> str:
    """Where a file lies in an archive; ArchiveUnreadable for a place outside, or signs nobody sees."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        name = entry.orig_filename.encode("cp437").decode("cp932")
    parts = name.split("/")
    hidden = any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn") for sign in name)
    if (
        hidden
        or "\\" in name
        or ":" in name
        or len(name) > MOST_LETTERS
        or any(part in ("", ".", "..") for part in parts)
    ):
        raise rules.ArchiveUnreadable
    return name
