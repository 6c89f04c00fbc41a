"""What the city issues, checked by a program that shares nothing with it (stranger)."""

import io
import json
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest
import zxingcpp
from cryptography.exceptions import InvalidSignature
from joserfc import jws
from joserfc.jwk import ECKey
from PIL import Image
from pypdf import PdfReader

from portal.certificates.sealing import electronic, reading
from portal.core.crypto import b64url
from tests.browser import Visitor
from tests.portal.certificates import stranger
from tests.portal.certificates.papers import at_desk, drawn, every_kind, published
from tests.portal.certificates.people import MARKS
from tests.portal.certificates.test_online import chosen, ordered
from tests.portal.certificates.test_sealing import data_of


def scanned(pdf: bytes) -> str:
    """The large code as a phone reads it from the printed sheet."""
    draw = ["pdftoppm", "-r", "150", "-l", "1", "-gray", "-png"]
    png = subprocess.run(draw, input=pdf, capture_output=True, check=True).stdout
    texts = [one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))]
    return next(text for text in texts if text.startswith("CC1:"))


@pytest.mark.parametrize("kind", list(every_kind()))
def test_the_code_on_each_paper_is_read_by_a_strangers_program(kind: str) -> None:
    sheet = every_kind()[kind]
    pdf = drawn(sheet)
    text = scanned(pdf)
    claims = stranger.code(text, dict(published().jwks))
    assert (claims[1], claims[7].decode()) == ("https://city.example", MARKS.issue_number)
    assert datetime.fromtimestamp(claims[6], UTC) == MARKS.issued_at
    contents = claims[-65537]
    assert contents.pop("on") == MARKS.issued_on.isoformat()
    assert contents == sheet.claims()
    attached = json.loads(PdfReader(io.BytesIO(pdf)).attachments["certificate.json"][0])
    assert (attached["statement"], attached["claims"]) == (text, contents)


def test_a_code_with_one_other_bit_is_none() -> None:
    text = scanned(drawn(every_kind()["seal"]))
    broken = text[:-6] + ("0" if text[-6] != "0" else "1") + text[-5:]
    with pytest.raises((InvalidSignature, AssertionError, ValueError, OverflowError, stranger.zlib.error)):
        stranger.code(broken, dict(published().jwks))


def test_an_electronic_certificate_is_read_by_a_strangers_program(hanako: Visitor) -> None:
    """Over the pages: what the owner chose shows, what they kept back does not, by the published metadata alone."""
    path = chosen(hanako, ordered(hanako, purpose="pension"), "").path
    text = hanako.submit(hanako.get(f"{path}/data"), f"{path}/data", shown="0").body.decode()
    about: dict[str, Any] = json.loads(hanako.get("/.well-known/jwt-vc-issuer").body)
    claims = stranger.electronic(text, about["jwks"])
    assert claims["iss"] == about["issuer"]
    assert claims["vct"].startswith(claims["iss"])
    assert claims["issue_number"]
    assert {"address", "persons"} & claims.keys() == {"address", "persons"}
    assert claims["persons"] == [], "kept back"
    assert json.loads(hanako.get("/.well-known/certificate-keys.json").body) == about["jwks"]


@pytest.mark.parametrize("shown", [set(), {0}, {1, 2}, {0, 1, 2}])
def test_both_programs_read_the_same(shown: set[int]) -> None:
    key = ECKey.import_key(at_desk().seal().electronic)
    text = electronic.present(data_of(key), shown)
    assert stranger.electronic(text, dict(published().jwks)) == electronic.read(text, published().jwks)


def _signed(payload: dict[str, Any], *disclosures: str) -> str:
    """A certificate the city would never issue, signed with its key all the same."""
    seal = at_desk().seal()
    header = {"alg": "ES256", "kid": seal.electronic_kid, "typ": "dc+sd-jwt"}
    key = ECKey.import_key(seal.electronic)
    return "~".join([jws.serialize_compact(header, json.dumps(payload), key, algorithms=["ES256"]), *disclosures, ""])


def _line(*content: Any) -> tuple[str, str]:
    encoded = b64url(json.dumps(content).encode())
    return encoded, electronic.Line(encoded, "", None).digest


@pytest.mark.parametrize("name", ["_sd", "...", "vct"])
def test_no_disclosure_takes_a_name_that_is_not_its_own(name: str) -> None:
    """RFC 9901, 7.1: reserved names, and claims that stand there already."""
    encoded, digest = _line("c2FsdHNhbHRzYWx0c2FsdA", name, [])
    text = _signed({"iss": "https://city.example", "vct": "x", "_sd": [digest], "_sd_alg": "sha-256"}, encoded)
    assert not reading.read(text.encode(), published()).genuine


def test_a_digest_stands_in_a_certificate_once() -> None:
    encoded, digest = _line("c2FsdHNhbHRzYWx0c2FsdA", "address", "x")
    text = _signed({"vct": "x", "_sd": [digest, digest], "_sd_alg": "sha-256"}, encoded)
    assert not reading.read(text.encode(), published()).genuine
