"""Papers people hand in, and what others send in their place; all made here, none of it real."""

import io
import random
import struct
import zipfile
import zlib

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

ORIENTATION, GPS = 0x0112, 0x8825


def photo(width: int = 60, height: int = 40, colour: str = "navy", form: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, form, **options)
    return out.getvalue()


def photo_taken_at_home() -> bytes:
    """Lying on its side, with the place it was taken at and what the camera's owner is called."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x013B] = "Kakuu Hanako"
    exif.get_ifd(GPS)[2] = (35.0, 36.0, 26.0)
    return photo(exif=exif)


def pdf(pages: int = 1, *, trick: str = "", note: bytes = b"") -> bytes:
    """`trick` is script, page-script, embedded or locked; *note* lies in it unseen."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if trick in ("script", "page-script"):
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x")}
        )
        if trick == "script":
            writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)
        else:
            writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): writer._add_object(action)})
    if note:
        hidden = DecodedStreamObject()
        hidden.set_data(note)
        writer._add_object(hidden)
    if trick == "embedded":
        writer.add_attachment("inside.exe", b"MZ")
    if trick == "locked":
        writer.encrypt("secret")
    return _of(writer)


def script_by_another_name() -> bytes:
    """ISO 32000-2, 7.3.5: any sign of a name may be written as its number."""
    return pdf(trick="page-script").replace(b"/JavaScript", b"/Java#53cript").replace(b"/JS ", b"/J#53 ")


def launch_somewhere_else() -> bytes:
    """What the action is stands in an object of its own."""
    writer = PdfWriter()
    writer.add_blank_page(10, 10)
    kind = writer._add_object(NameObject("/Launch"))
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject({NameObject("/S"): kind})
    return _of(writer)


def _of(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def many_scans(times: int) -> bytes:
    """A progressive photo whose last scan comes *times* times."""
    whole = photo(form="JPEG", progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + scan * times + whole[-2:]


def nested_pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(10, 10)
    deep = ArrayObject()
    writer.pages[0][NameObject("/X")] = deep
    for _ in range(200):
        inner = ArrayObject()
        deep.append(inner)
        deep = inner
    return _of(writer)


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb", bytes(2_000_000))
    return out.getvalue()


def giant_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """3.6 gigapixels, as it says; a few hundred bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(90_000))) + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


def noise(seed: int, side: int = 800) -> bytes:
    """A photo that no encoder makes small."""
    return _written(Image.frombytes("RGB", (side, side), random.Random(seed).randbytes(side * side * 3)))


def _written(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95)
    return out.getvalue()
