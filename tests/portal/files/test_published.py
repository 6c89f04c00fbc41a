"""What a public body may publish beside PDFs: Word, Excel and archives, as long as they only say something."""

import io
import zipfile

import pytest

from portal.files import rules
from portal.files.published import prepare
from portal.files.rules import Check, Content
from tests.portal.files import papers, published

TAKEN = [
    ("仕様書.docx", published.office(), Content.DOCX),
    ("内訳書.xlsx", published.workbook(xl__printerSettings__printerSettings1=b"\0"), Content.XLSX),
    ("名前は違う.zip", published.office(), Content.DOCX),
    ("図.docx", published.office(word__embeddings__sheet1=published.workbook()), Content.DOCX),
    ("リンク.docx", published.linked(published.HYPERLINK), Content.DOCX),
    ("宣言.docx", published.linked(published.HYPERLINK, before='<?xml version="1.0" encoding="UTF-8"?>'), Content.DOCX),
    ("一式.zip", published.zipped({"a/仕様書.pdf": papers.pdf(), "内訳.xlsx": published.workbook()}), Content.ZIP),
    ("窓.zip", published.named_in_windows(), Content.ZIP),
    ("long.pdf", papers.pdf(120), Content.PDF),
    ("現場.png", papers.photo(form="PNG"), Content.JPEG),
]
REFUSED = [
    ("empty", b"", "file-empty"),
    ("page.docx", papers.HTML, "paper-kind-unknown"),
    ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "office-old"),
    ("macro.docx", published.office(word__vbaProject=b"x"), "office-active"),
    ("active.xlsx", published.workbook(xl__activeX__a=b"x"), "office-active"),
    ("object.docx", published.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"",
                                      "word/embeddings/oleObject1.bin": b""}), "office-active"),
    ("macro-type.docx", published.typed("macroEnabled.main+xml"), "office-active"),
    ("macro-type-hidden.docx", published.typed("macro&#69;nabled.main+xml"), "office-active"),
    ("template.docx", published.linked(published.TEMPLATE), "office-active"),
    ("template-hidden.docx", published.linked(published.TEMPLATE, mode="&#69;xternal"), "office-active"),
    ("template-entity.docx", published.linked(published.TEMPLATE, mode="&e;",
                                              before="<!DOCTYPE r [<!ENTITY e 'External'>]>"), "office-active"),
    ("template-capitals.docx", published.linked(published.TEMPLATE, ending="RELS"), "office-active"),
    ("macro-capitals.docx", published.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>",
                                              "[content_types].XML": b"<Types/>"}), "archive-unreadable"),
    ("template-utf-16.docx", published.linked(published.TEMPLATE, encoding="utf-16"), "office-active"),
    ("template-utf-7.docx", published.linked(published.TEMPLATE, before='<?xml version="1.0" encoding="utf-7"?>'),
     "office-active"),
    ("no-types.docx", published.zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "archive-unreadable"),
    ("long-links.docx", published.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"",
                                          "word/_rels/a.rels": bytes(6_000_000)}), "archive-too-large"),
    ("program.zip", published.zipped({"setup.exe": b"MZ"}), "archive-active"),
    ("program.zip", published.zipped({"readme.txt": b"MZ\x90\0"}), "archive-active"),
    ("no-pdf.zip", published.zipped({"a.pdf": b"MZ"}), "archive-active"),
    ("macro.zip", published.zipped({"a.docx": published.office(word__vbaProject=b"x")}), "office-active"),
    ("sheet.zip", published.zipped({"a.docx": published.workbook()}), "archive-active"),
    ("zip.zip", published.zipped({"inner.zip": published.zipped({"a.txt": b"x"})}), "archive-active"),
    ("zip-as-docx.zip", published.zipped({"a.docx": published.zipped({"a.txt": b"x"})}), "archive-active"),
    ("path.zip", published.zipped({"../../etc/cron.txt": b"x"}), "archive-unreadable"),
    ("hidden.zip", published.zipped({"a\u202efdp.txt": b"x"}), "archive-unreadable"),
    ("locked.zip", published.locked(), "archive-unreadable"),
    ("cut.zip", published.zipped({"a.txt": b"x" * 500})[:-30], "archive-unreadable"),
    ("zip-and-pdf.pdf", published.zipped({"a.txt": b"x"}) + papers.pdf(), "archive-unreadable"),
    ("bomb.zip", published.of_zeros(250), "archive-too-large"),
    ("many.zip", published.zipped({f"{place}.txt": b"" for place in range(1_001)}), "archive-too-large"),
    ("pdf-and-zip.pdf", papers.pdf() + papers.archive(), "file-kind-unknown"),
    ("script.pdf", papers.pdf(trick="script"), "pdf-active"),
    ("large.pdf", b"%PDF-" + bytes(2_000_000), "file-too-large"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sent", "kind"), TAKEN, ids=[name for name, _, _ in TAKEN])
def test_what_offices_write_is_published_as_it_is(name: str, sent: bytes, kind: Content) -> None:
    found = prepare(name, sent, megabytes=2, scan=None)
    assert (found.kind, found.check) == (kind, Check.NONE)
    assert found.name == name.rpartition(".")[0] + rules.ENDING[kind]
    assert (found.content == sent) is (kind is not Content.JPEG)


@pytest.mark.parametrize(("name", "sent", "code"), REFUSED, ids=[f"{name} {code}" for name, _, code in REFUSED])
def test_what_acts_or_hides_is_refused_and_said_why(name: str, sent: bytes, code: str) -> None:
    with pytest.raises(rules.FileRefused) as refused:
        prepare(name, sent, megabytes=1, scan=None)
    assert refused.value.code == code


def test_an_archive_that_says_it_is_small_is_not_believed() -> None:
    """The size of a file stands in the archive; what is more than it is never unpacked."""
    content = bytearray(published.zipped({"a.docx": published.office(more=bytes(900_000))}))
    size = content.index(b"PK\x01\x02") + 24
    content[size : size + 4] = (100).to_bytes(4, "little")
    with pytest.raises(rules.FileRefused):
        prepare("small.zip", bytes(content), megabytes=1, scan=None)
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        assert archive.infolist()[0].file_size == 100
