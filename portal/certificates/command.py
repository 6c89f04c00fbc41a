"""`portal verify-certificate FILE`: is it a certificate of the city? Needs what the city publishes, and nothing else
of the portal."""

import json
import logging
import unicodedata
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from portal.certificates.sealing.keys import keys as keys_of
from portal.certificates.sealing.reading import LARGEST, Published, Reading, read
from portal.config import Settings

PATIENCE = 10.0
LIBRARIES = "pyhanko", "pyhanko_certvalidator"
"""They log a refused seal with its signer's name as it stands; the findings say what is wrong with it."""
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
PLAIN: dict[str, Any] = {"markup": False, "highlight": False, "soft_wrap": True}
WELL_KNOWN = "/.well-known/certificate-keys.json", "/.well-known/certificate-seal.pem"


def published(city: str, keys: Path | None, seal: Path | None) -> Published | None:
    """What a city publishes, from files or fetched from its address; None where neither is given."""
    if keys and seal:
        return Published(json.loads(keys.read_text()), seal.read_bytes())
    if not city:
        return None
    with httpx.Client(base_url=city, timeout=PATIENCE) as client:
        jwks, roots = (client.get(path).raise_for_status() for path in WELL_KNOWN)
    return Published(jwks.json(), roots.content)


def own(settings: Settings) -> Published:
    """What this installation itself publishes."""
    own_keys = keys_of(settings)
    return Published(own_keys.jwks(), own_keys.chain_pem())


def verify(path: Path, by: Published, console: Console) -> int:
    """Print what was checked and what the certificate says; 0 if it is genuine, 1 if not."""
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    with path.open("rb") as file:
        reading = read(file.read(LARGEST + 1), by)
    for one in reading.findings:
        note = f" ({_shown(one.note)})" if one.note else ""
        console.print(f"{'ok   ' if one.holds else 'WRONG'} {one.what}{note}", **PLAIN)
    console.print(*map(_shown, _words(reading)), sep="\n", **PLAIN)
    return 0 if reading.genuine else 1


def _words(reading: Reading) -> list[str]:
    if not reading.genuine:
        return ["This is NOT a certificate of this city. Do not accept it."]
    found = ["Genuine. It says:", *(f"  {name}: {_plain(value)}" for name, value in reading.says.items())]
    return [
        *found,
        f"Whether it was taken back since: {reading.says.get('issuer', reading.says.get('iss', ''))}/verify",
    ]


def _shown(text: str) -> str:
    """In one line, without signs that move what a terminal shows: a stranger's file names whom it likes."""
    return "".join(f"\\u{ord(sign):04x}" if unicodedata.category(sign) in UNSEEN else sign for sign in text)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
