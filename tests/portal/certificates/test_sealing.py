"""Signatures as strangers check them: by foreign libraries, from published keys, after somebody meddled."""

import io
import os
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cbor2
import pikepdf
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import ECKey
from PIL import Image
from pypdf import PdfReader

from portal.certificates.sealing import base45, electronic, keys, pdf_seal, reading, statement
from portal.certificates.sealing.key_names import key_id
from portal.certificates.sealing.statement import StatementRefused
from portal.config import Settings
from portal.core.crypto import b64url
from tests.portal.certificates.papers import at_desk, drawn, every_kind, published

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
KINDS = list(every_kind())
AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
KEYS = {key_id(KEY.public_key()): KEY.public_key()}


def signed(key: Ed25519PrivateKey = KEY, **contents: str) -> str:
    contents = contents or {"title": "住民票の写し", "address": "千葉市"}
    return statement.sign(key, issuer="https://city.example", issued_at=AT, number="2026-101-000123", contents=contents)


@pytest.mark.parametrize(
    ("plain", "coded"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")],
)
def test_base45_is_as_its_standard_shows_it(plain: bytes, coded: str) -> None:
    """RFC 9285 sections 4.3 and 4.4."""
    assert base45.encode(plain) == coded
    assert base45.decode(coded) == plain


@pytest.mark.parametrize("text", [":::", "GGW", "A", "::::", "ab8", "BB\n"])
def test_what_no_encoder_writes_is_not_base45(text: str) -> None:
    with pytest.raises(ValueError, match="base45"):
        base45.decode(text)


def test_a_code_is_a_cose_message_anybody_can_take_apart() -> None:
    """By the letters of RFC 9052, without this system's own reader."""
    raw = zlib.decompress(base45.decode(signed().removeprefix("CC1:")))
    message = cbor2.loads(raw)
    protected, unprotected, payload, signature = message.value
    assert (message.tag, unprotected) == (18, {})
    assert cbor2.loads(protected) == {1: -8, 4: key_id(KEY.public_key())}
    KEY.public_key().verify(signature, cbor2.dumps(["Signature1", protected, b"", payload]))
    claims = cbor2.loads(payload)
    assert (claims[1], claims[6], claims[7]) == ("https://city.example", int(AT.timestamp()), b"2026-101-000123")
    assert signed() == signed(), "a paper drawn again has the same code"


def _meddled(place: int) -> str:
    raw = bytearray(zlib.decompress(base45.decode(signed().removeprefix("CC1:"))))
    raw[place] ^= 1
    return "CC1:" + base45.encode(zlib.compress(bytes(raw)))


@pytest.mark.parametrize(
    "text",
    [
        signed(Ed25519PrivateKey.from_private_bytes(b"t" * 32)),
        *(_meddled(place) for place in (-1, -70, 40)),
        "CC1:",
        "CC1:NCF",
        "HC1:NCF",
        "CC1:" + base45.encode(zlib.compress(b"\x00" * 10_000_000)),
        "CC1:" + base45.encode(zlib.compress(cbor2.dumps(cbor2.CBORTag(18, [b"", {}, b"", b""])))),
        "CC1:" + base45.encode(zlib.compress(cbor2.dumps([1, 2]))),
    ],
)
def test_no_other_code_is_taken(text: str) -> None:
    with pytest.raises(StatementRefused):
        statement.read(text, KEYS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_checks_each_kind_by_published_keys_alone(kind: str) -> None:
    sheet = every_kind()[kind]
    pdf = drawn(sheet, owner="ab" * 32)
    found = reading.read(pdf, published())
    assert found.genuine, [one for one in found.findings if not one.holds]
    assert found.says["number"] == "2026-101-000123"
    assert found.says["persons"][0]["name"] == "架空 花子"
    assert drawn(sheet, owner="ab" * 32) == pdf, "the same bytes again"
    assert len(pdf) <= 100_000
    assert b"owner:" + b"ab" * 32 in pdf, "a machine finds whose it is without a PDF library"
    assert pikepdf.open(io.BytesIO(pdf)).check_pdf_syntax() == []


def test_both_codes_can_be_scanned_from_the_paper() -> None:
    pdf = drawn(every_kind()["resident-record"])
    foot = "pdftoppm -r 150 -x 600 -y 1250 -W 640 -H 450 -gray -png"
    png = subprocess.run(foot.split(), input=pdf, capture_output=True, check=True).stdout
    texts = sorted(one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(png))))
    code, address = texts
    assert address == "https://city.example/verify#2026-101-000123.K7QM-3XPR-T2WH"
    found = reading.read(code.encode(), published())
    assert found.genuine
    assert found.says["address"] == every_kind()["resident-record"].facts()["address"]
    assert "domicile" not in str(found.says), "nothing the paper does not show"


def test_the_file_is_for_the_archive_and_carries_its_data() -> None:
    pdf = PdfReader(io.BytesIO(drawn(every_kind()["income"])))
    about = pdf.xmp_metadata
    assert about is not None
    text = about.stream.get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in text
    assert "<pdfaid:conformance>U</pdfaid:conformance>" in text
    assert list(pdf.attachments) == ["certificate.json"]
    spec = pdf.trailer["/Root"]["/AF"][0].get_object()
    assert spec["/AFRelationship"] == "/Data"


def _wiped(pdf: bytes) -> bytes:
    """One sign of the drawing changed."""
    place = pdf.index(b"stream") + 20
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def _added(pdf: bytes) -> bytes:
    """Something written over the page afterwards, as an editor does it."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Rotate"] = generic.NumberObject(90)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _of_another_city(pdf: bytes) -> bytes:
    stranger = keys.keys(Settings(master_secret="somebody-else's-secret-somebody-else's"))
    return pdf_seal.Sealer(stranger).seal(_unsealed(pdf), AT)


def _by_another_seal_of_the_same_root(pdf: bytes) -> bytes:
    """A real root has issued seals to others too (LGPKI: to every local government)."""
    city = at_desk().seal()
    root = keys._derived(Settings().master, "certificate-seal-root")
    own = keys._derived(Settings().master, "somebody-else's-seal")
    above = city.chain[-1].subject
    leaf = keys._certificate(keys._name("架空の隣の市 電子公印"), own, above, root, ca=False)
    stranger = replace(city, seal=keys.KeyInMemory(own), chain=(leaf, city.chain[-1]))
    return pdf_seal.Sealer(stranger).seal(_unsealed(pdf), AT)


def _validation_data_added(pdf: bytes) -> bytes:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer, out = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
    writer.root["/DSS"] = writer.add_object(generic.DictionaryObject())
    writer.update_root()
    writer.write(out)
    return out.getvalue()


def _an_object_a_repairing_viewer_would_show(pdf: bytes) -> bytes:
    return pdf + b"\n18 0 obj\n<</Length 5>>\nstream\nBT ET\nendstream\nendobj\n"


def _flate_broken(pdf: bytes) -> bytes:
    """In a compressed table of the file: no right PDF, and no reason for a crash."""
    place = pdf.rindex(b"stream\n", 0, pdf.rindex(b"endstream")) + 30
    return pdf[:place] + bytes([pdf[place] ^ 255]) * 40 + pdf[place + 40 :]


def _unsealed(pdf: bytes) -> bytes:
    """As the press drew it: the seal is an addition at the end."""
    return pdf[: pdf.rindex(b"%%EOF", 0, pdf.index(b"/ByteRange")) + 5]


@pytest.mark.parametrize(
    "meddle",
    [
        _wiped,
        _added,
        _of_another_city,
        _by_another_seal_of_the_same_root,
        _validation_data_added,
        _an_object_a_repairing_viewer_would_show,
        _flate_broken,
        lambda pdf: pdf + b"\n% a word at the end",
        lambda pdf: pdf[:2000],
        lambda pdf: b"%PDF-1.7\n",
        lambda pdf: pdf + b" " * reading.LARGEST,
    ],
)
def test_a_file_somebody_meddled_with_is_found_out(meddle) -> None:
    pdf = drawn(every_kind()["seal"])
    assert not reading.read(meddle(pdf), published()).genuine


def test_a_seal_in_a_token_signs_as_well(tmp_path: Path) -> None:
    """A key that never leaves its token (SoftHSM), as a city's own does. Fails where SoftHSM is not installed."""
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    environment = os.environ | {"SOFTHSM2_CONF": str(tmp_path / "softhsm2.conf")}
    prepare = "softhsm2-util --init-token --free --label seals --pin 4321 --so-pin 87654321"
    subprocess.run(prepare.split(), check=True, capture_output=True, env=environment)
    chain = tmp_path / "chain.pem"
    command = [sys.executable, "-m", "tests.portal.certificates.in_token", SOFTHSM, "seals", "4321", str(chain)]
    made = subprocess.run(
        command, input=_unsealed(drawn(every_kind()["seal"])), check=True, capture_output=True, env=environment
    )
    assert reading.read(made.stdout, reading.Published(published().jwks, chain.read_bytes())).genuine
    assert not reading.read(made.stdout, published()).genuine


@pytest.fixture
def electronic_key() -> ECKey:
    return ECKey.import_key(at_desk().seal().electronic)


def data_of(key: ECKey) -> str:
    always = {"iss": "https://city.example", "vct": "https://city.example/x", "iat": 1}
    people = [{"name": "架空 花子"}, {"name": "架空 太郎"}]
    kid = at_desk().seal().electronic_kid
    return electronic.issue(key, kid=kid, always=always, lines={"address": "千葉市", "persons": people})


def test_a_holder_shows_only_what_is_needed(electronic_key: ECKey) -> None:
    whole = data_of(electronic_key)
    assert [line.name for line in electronic.lines_of(whole)] == ["address", "", ""]
    shown = electronic.present(whole, {2})
    assert electronic.read(shown, published().jwks)["persons"] == [{"name": "架空 太郎"}]
    assert "address" not in electronic.read(shown, published().jwks)
    assert "花子" not in shown
    assert b64url("花子".encode()) not in shown
    assert reading.read(shown.encode(), published()).genuine


@pytest.mark.parametrize(
    "meddle",
    [
        lambda text: text[:30] + ("A" if text[30] != "A" else "B") + text[31:],
        lambda text: text + b64url(b'["salt", "age", 99]') + "~",
        lambda text: text + text.split("~")[1] + "~",
        lambda text: text.rstrip("~"),
        lambda text: text + "!~",
        lambda text: "x~",
    ],
)
def test_nothing_can_be_added_to_an_electronic_certificate(electronic_key: ECKey, meddle) -> None:
    with pytest.raises(electronic.ElectronicRefused):
        electronic.read(meddle(data_of(electronic_key)), published().jwks)


def test_a_text_nested_without_end_is_no_certificate(electronic_key: ECKey) -> None:
    endless = b64url(b"[" * 100_000)
    assert not reading.read(f"{data_of(electronic_key)}{endless}~".encode(), published()).genuine


@pytest.mark.parametrize("header", [[], [1, 2], {}, {1: -8}, {4: None, 1: -8}, 7, None])
def test_a_code_whose_head_is_none_is_refused(header: object) -> None:
    message = cbor2.CBORTag(statement.COSE_SIGN1, [cbor2.dumps(header), {}, b"", b""])
    text = statement.PREFIX + base45.encode(zlib.compress(cbor2.dumps(message)))
    with pytest.raises(StatementRefused):
        statement.read(text, KEYS)


def test_published_keys_name_each_other() -> None:
    keys = at_desk().seal()
    (cose,) = cbor2.loads(keys.cose_key_set())
    jwk = keys.jwks()["keys"][0]
    assert jwk["kid"].encode() == cose[2]
    assert jwk["x"] == b64url(cose[-2])
    assert Ed25519PublicKey.from_public_bytes(cose[-2])
    assert "d" not in {name for one in keys.jwks()["keys"] for name in one}
