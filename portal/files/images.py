"""Photos made anew: decoded and written again as JPEG, so that nothing but what one sees is kept.

EXIF (with the place the photo was taken), other metadata and whatever was hidden behind the picture are gone.
"""

import io
import re
import threading
import warnings

from PIL import Image, ImageOps

from portal.files import rules

FORMATS = ("JPEG", "PNG", "WEBP")
# A progressive JPEG is sent in ten or so scans. Each runs over the whole picture, whatever little it holds: a file of
# 10 MB has room for 100,000, which keep a processor busy for hours.
MOST_SCANS = 32
_MARK = re.compile(rb"\xff+([^\x00\xff])")
# ITU-T T.81, table B.1: markers without a length (restarts, TEM), start and end of the image, start of a scan.
_BARE, _START, _END, _SCAN = frozenset(range(0xD0, 0xD8)) | {0x01}, 0xD8, 0xD9, 0xDA
# Two at once: a decoded photo is large, and there are only so many processors.
_TURNS = threading.BoundedSemaphore(2)


def remade(content: bytes) -> tuple[bytes, bytes]:
    """(the picture, a small one to recognise it by), both JPEG; ImageTooLarge or ImageUnreadable."""
    if _has_endless_scans(content):
        raise rules.ImageUnreadable
    with _TURNS, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd metadata, which goes anyway
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                return _remade(opened)
        except rules.FileRefused:
            raise
        except Image.DecompressionBombError:
            raise rules.ImageTooLarge from None
        except Exception:  # whoever sends may send anything; the decoders raise more than OSError
            raise rules.ImageUnreadable from None


def _has_endless_scans(content: bytes) -> bool:
    """Whether a JPEG has more scans than any camera writes; False for what is none, and for a broken one."""
    at, scans = 0, 0
    while content.startswith(b"\xff\xd8") and (found := _MARK.search(content, at)):
        at, mark = found.end(), found[1][0]
        if mark == _END:
            return False
        if mark in _BARE or mark == _START:
            continue
        scans += mark == _SCAN
        if scans > MOST_SCANS:
            return True
        at += int.from_bytes(content[at : at + 2])
    return False


def _remade(opened: Image.Image) -> tuple[bytes, bytes]:
    width, height = opened.size
    if width * height > rules.MOST_PIXELS:
        raise rules.ImageTooLarge
    # A JPEG can be decoded at a half or a quarter of its size, which spares most of the memory.
    opened.draft("RGB", (rules.LONG_SIDE, rules.LONG_SIDE))
    opened.thumbnail((rules.LONG_SIDE, rules.LONG_SIDE))
    upright = ImageOps.exif_transpose(opened)
    plain = _on_white(upright)
    small = plain.copy()
    small.thumbnail((rules.PREVIEW_SIDE, rules.PREVIEW_SIDE))
    return _written(plain, quality=86), _written(small, quality=75)


def _on_white(picture: Image.Image) -> Image.Image:
    """Three channels and no palette; what was transparent becomes paper."""
    if picture.has_transparency_data:
        layers = picture.convert("RGBA")
        page = Image.new("RGB", layers.size, "white")
        page.paste(layers, mask=layers.getchannel("A"))
        return page
    return picture.convert("RGB")


def _written(picture: Image.Image, *, quality: int) -> bytes:
    out = io.BytesIO()
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)  # carries over pixels and no metadata
    bare.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
