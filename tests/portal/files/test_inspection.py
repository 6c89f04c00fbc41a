"""What may be handed in is decided by what it is; what is kept shows the paper and nothing else."""

import io
from pathlib import Path

import pytest
from PIL import Image

from portal.files import clamd, rules
from portal.files.clamd import Verdict
from portal.files.inspection import prepare
from portal.files.rules import Check, Content
from tests.portal.files import papers, scanner

REFUSED = [
    ("empty", b"", "file-empty"),
    ("zip.jpg", papers.archive(), "file-kind-unknown"),
    ("page.jpg", papers.HTML, "file-kind-unknown"),
    ("drawing.svg", papers.SVG, "file-kind-unknown"),
    ("gif.jpg", papers.photo(form="GIF"), "file-kind-unknown"),
    ("photo.heic", papers.HEIC, "file-heic"),
    ("giant.png", papers.giant_png(), "image-too-large"),
    ("wide.png", papers.giant_png(1, 60_000_000), "image-too-large"),
    ("short.png", papers.giant_png(3_000, 3_000), "image-unreadable"),
    ("cut.jpg", papers.photo(900, 900)[:600], "image-unreadable"),
    ("head.jpg", b"\xff\xd8\xff", "image-unreadable"),
    ("photo-and-zip.jpg", papers.photo() + papers.archive(), "file-kind-unknown"),
    ("photo-and-pdf.jpg", papers.photo(comment=papers.pdf()[:400]), "file-kind-unknown"),
    ("pdf-and-zip.pdf", papers.pdf() + papers.archive(), "file-kind-unknown"),
    ("zip-and-pdf.pdf", papers.archive() + papers.pdf(), "file-kind-unknown"),
    ("junk.pdf", b"%PDF-1.7\n" + b"x" * 5_000 + b"\n%%EOF", "pdf-unreadable"),
    ("cut.pdf", papers.pdf()[:-200], "pdf-unreadable"),
    ("nested.pdf", papers.nested_pdf(), "pdf-unreadable"),
    ("locked.pdf", papers.pdf(trick="locked"), "pdf-locked"),
    ("script.pdf", papers.pdf(trick="script"), "pdf-active"),
    ("script-elsewhere.pdf", papers.script_by_another_name(), "pdf-active"),
    ("launch-elsewhere.pdf", papers.launch_somewhere_else(), "pdf-active"),
    ("many-scans.jpg", papers.many_scans(200), "image-unreadable"),
    ("embedded.pdf", papers.pdf(trick="embedded"), "pdf-active"),
    ("long.pdf", papers.pdf(61), "pdf-too-long"),
    ("large.jpg", b"\xff\xd8\xff" + bytes(1_000_000), "file-too-large"),
]


@pytest.mark.parametrize(("name", "sent", "code"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_what_is_no_paper_is_refused_and_said_why(name: str, sent: bytes, code: str) -> None:
    with pytest.raises(rules.FileRefused) as refused:
        prepare(name, sent, megabytes=1, scan=None)
    assert refused.value.code == code


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_made_anew_whatever_it_was(form: str) -> None:
    kept = prepare("写真.exe", papers.photo(3_000, 2_000, form=form), megabytes=10, scan=None)
    with Image.open(io.BytesIO(kept.content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (2_600, 1_733))
    with Image.open(io.BytesIO(kept.preview)) as small:
        assert max(small.size) == 320
    assert (kept.kind, kept.name, kept.check) == (Content.JPEG, "写真.jpg", Check.NONE)


def test_where_and_by_whom_a_photo_was_taken_is_gone_and_it_stands_upright() -> None:
    sent = papers.photo_taken_at_home()
    assert b"Kakuu" in sent
    kept = prepare("x.jpg", sent, megabytes=10, scan=None)
    assert b"Kakuu" not in kept.content
    assert b"Exif" not in kept.content
    with Image.open(io.BytesIO(kept.content)) as picture:
        assert (picture.size, dict(picture.getexif())) == ((40, 60), {})


def test_what_was_transparent_becomes_paper() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(prepare("x.png", out.getvalue(), megabytes=1, scan=None).content)) as picture:
        assert picture.getpixel((4, 4)) == (255, 255, 255)


def test_a_pdf_of_pages_is_kept_as_it_is() -> None:
    sent = papers.pdf(3)
    kept = prepare("../../etc/申請 書\u202egpj.pdf\0", sent, megabytes=1, scan=None)
    assert (kept.content, kept.pages, kept.preview) == (sent, 3, b"")
    assert kept.name == "申請 書gpj.pdf"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("", "file.jpg"),
        ("..", "file.jpg"),
        ("C:\\x\\y.png", "y.jpg"),
        ("a" * 500 + ".jpg", "a" * 80 + ".jpg"),
        ("a\r\nX: y.jpg", "a X y.jpg"),
    ],
)
def test_names_are_cleaned(given: str, shown: str) -> None:
    assert rules.clean_name(given, Content.JPEG) == shown


def test_the_scanner_is_asked_about_what_was_sent(tmp_path: Path) -> None:
    with scanner.daemon(tmp_path) as address:
        scan = clamd.scanner(address)
        assert scan is not None
        assert prepare("a.jpg", papers.photo(), megabytes=1, scan=scan).check is Check.CLEAN
        with pytest.raises(rules.FileInfected):
            prepare("a.jpg", papers.photo(comment=scanner.EICAR), megabytes=1, scan=scan)
    assert clamd.ask(address, b"x") is Verdict.UNKNOWN
    assert prepare("a.jpg", papers.photo(), megabytes=1, scan=scan).check is Check.WAITING
