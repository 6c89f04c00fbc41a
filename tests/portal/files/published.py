"""Word and Excel files and archives as offices make them, and what is slipped into them; all made here."""

import io
import zipfile
from collections.abc import Mapping

from tests.portal.files import papers

HYPERLINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
TEMPLATE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
Parts = Mapping[str, bytes]


def zipped(parts: Parts, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def office(main: str = "word/document.xml", **more: bytes) -> bytes:
    """A small document; *more* are further parts, "__" for "/" in their names."""
    types = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    parts = {"[Content_Types].xml": types, main: b"<document/>"}
    return zipped(parts | {name.replace("__", "/"): content for name, content in more.items()})


def workbook(**more: bytes) -> bytes:
    return office("xl/workbook.xml", **more)


def linked(
    kind: str, *, mode: str = "External", before: str = "", encoding: str = "utf-8", ending: str = "rels"
) -> bytes:
    """One that leads elsewhere: by a link to press, or by itself."""
    link = f'<Relationship Id="r1" Type="{kind}" Target="https://elsewhere.example/x" TargetMode="{mode}"/>'
    return zipped(
        {
            "[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>",
            f"word/_rels/document.xml.{ending}": f"{before}<Relationships>{link}</Relationships>".encode(encoding),
        }
    )  # fmt: skip


def typed(kind: str) -> bytes:
    """One that says of its main part that it is of this kind."""
    part = f'<Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.{kind}"/>'
    types = f"<Types>{part}</Types>".encode()
    return zipped({"[Content_Types].xml": types, "word/document.xml": b"<document/>"})


def named_in_windows() -> bytes:
    """As Windows packs in Japan: names in CP932 without a word about it, one of them with a 0x5C in a letter."""
    packed = zipped({"aaaa.pdf": papers.pdf(), "b/cc.txt": "架空".encode("cp932")})
    return packed.replace(b"aaaa.pdf", "図表".encode("cp932") + b".pdf").replace(b"b/cc.txt", b"b/\x95\x5c.txt")


def locked() -> bytes:
    """Says of its only file that a password is needed."""
    content = bytearray(zipped({"a.txt": b"x"}, method=zipfile.ZIP_STORED))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def of_zeros(megabytes: int) -> bytes:
    return zipped({f"{place}.txt": bytes(50_000_000) for place in range(megabytes // 50)})
