"""Papers as files: kept for decades (PDF/A-3), and sealed so that other programs than ours find the seal right."""

import io
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from tests.portal.certificates.archive import faults
from tests.portal.certificates.papers import drawn, every_kind, published

KINDS = list(every_kind())


@pytest.mark.parametrize("kind", KINDS)
def test_every_paper_keeps_the_rules_of_the_archive(kind: str) -> None:
    assert faults(drawn(every_kind()[kind], owner="ab" * 32)) == []


def _without_colours(pdf: Pdf) -> None:
    del pdf.Root.OutputIntents


def _newer(pdf: Pdf) -> None:
    pdf.Root.Version = Name("/2.0")


def _unnamed_file(pdf: Pdf) -> None:
    del pdf.Root.AF[0].AFRelationship


def _loose_file(pdf: Pdf) -> None:
    pdf.Root.AF = Array()


def _script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = pdf.make_indirect(Dictionary(Type=Name.Action, S=Name.JavaScript, JS="1"))


def _font_elsewhere(pdf: Pdf) -> None:
    for one in pdf.objects:
        if isinstance(one, Dictionary) and one.get("/Type") == Name.FontDescriptor:
            for name in ("/FontFile2", "/FontFile3"):
                if name in one:
                    del one[name]


def _signs_unknown(pdf: Pdf) -> None:
    for one in pdf.objects:
        if isinstance(one, Dictionary) and "/ToUnicode" in one:
            del one["/ToUnicode"]


def _four_colours(pdf: Pdf) -> None:
    pdf.pages[0].contents_add(b"0 0 0 1 k")


def _other_title(pdf: Pdf) -> None:
    pdf.docinfo.Title = "another"


def _hidden(pdf: Pdf) -> None:
    pdf.pages[0].Annots[0].F = 2


def _drawn_outside(pdf: Pdf) -> None:
    pdf.pages[0].Annots[0].Rect = Array([0, 0, 9, 9])


@pytest.mark.parametrize(
    ("meddle", "clause"),
    [
        (_without_colours, "6.2.3"),
        (_newer, "5.1"),
        (_unnamed_file, "6.8"),
        (_loose_file, "6.8"),
        (_script, "6.5.1"),
        (_font_elsewhere, "6.2.11.4"),
        (_signs_unknown, "6.2.11.7"),
        (_four_colours, "6.2.4.3"),
        (_other_title, "6.6.3"),
        (_hidden, "6.3.1"),
        (_drawn_outside, "6.3.3"),
    ],
)
def test_a_file_that_breaks_a_rule_of_the_archive_is_found(meddle: Callable[[Pdf], None], clause: str) -> None:
    """What looks for faults has to find them."""
    pdf = pikepdf.open(io.BytesIO(drawn(every_kind()["seal"])))
    meddle(pdf)
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    assert clause in " ".join(faults(out.getvalue()))


def test_poppler_finds_the_seal_right_and_a_changed_file_out(tmp_path: Path) -> None:
    file = tmp_path / "paper.pdf"
    file.write_bytes(drawn(every_kind()["income"]))
    told = _pdfsig(file)
    for line in ("ETSI.CAdES.detached", "SHA-256", "Total document signed", "Signature is Valid"):
        assert line in told
    assert told.count("Signature #") == 1
    content = file.read_bytes()
    place = content.index(b"stream") + 20
    file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert "Digest Mismatch" in _pdfsig(file)


def _pdfsig(file: Path) -> str:
    return subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=False).stdout


def test_openssl_follows_the_seal_to_the_published_root(tmp_path: Path) -> None:
    """The signature as CMS (RFC 5652), over the bytes its range names, by OpenSSL's own command."""
    content = drawn(every_kind()["seal"])
    found = re.search(rb"/ByteRange\s*\[\s*(\d+) (\d+) (\d+) (\d+)\s*\]", content)
    assert found
    begin, size, after, rest = map(int, found.groups())
    assert (begin, after + rest) == (0, len(content)), "all of the file but the signature itself"
    (tmp_path / "signed").write_bytes(content[:size] + content[after:])
    (tmp_path / "seal").write_bytes(bytes.fromhex(content[size + 1 : after - 1].decode()))
    (tmp_path / "root").write_bytes(published().roots)
    command = "openssl cms -verify -binary -inform DER -in seal -content signed -CAfile root -purpose any -cades"
    ran = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
    assert b"CAdES Verification successful" in ran.stderr + ran.stdout, ran.stderr
