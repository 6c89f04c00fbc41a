"""Make the cards of a state folder: STATE/cards/<persona>/card.json with auth.pem and sign.pem beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.key_store import KeyStore, MasterKeys, demo_masters, key_file, read_file, to_json
from card_reader.sessions import jpki as jpki_names
from card_reader.sessions import text as text_names
from card_reader.sessions import visual as visual_names
from card_reader.simulator import city, city_issue, jpki, text, visual
from card_reader.simulator.authority import Authority, key_to_pem, new_key, open_authority, to_pem
from card_reader.simulator.memory import FORMAT, FileStore, write_atomically
from card_reader.simulator.people import Persona

CONTACT_ATR = "3BE000FF8131FE4514"  # the one OpenSC's jpki driver knows
TEXT_PIN_TRIES = 3


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What public sources about the national card leave open or contradict each other in; see README, open points.

    `printed_code_tries` are those of 照合番号 A and B, `blocked` the status word once no tries are left, `number_tag`
    the tag of the personal number, `short_ids` whether files may be named within a command (ISO/IEC 7816-4 7.3.2).
    """

    printed_code_tries: int = 10
    blocked: int = 0x6984
    number_tag: int = text_names.NUMBER_TAGS[0]
    short_ids: bool = True

    def pin(self, value: str, limit: int) -> dict[str, Any]:
        """Return the memory of a PIN file."""
        return {"value": value, "left": limit, "limit": limit, "blocked": self.blocked}


AS_PUBLISHED = CardFacts()


def card_folder(state: Path, persona: str) -> Path:
    return state / "cards" / persona


def cards_in(state: Path) -> set[str]:
    """The short names whose cards are in the folder."""
    return {file.parent.name for file in (state / "cards").glob("*/card.json")}


def prepare(
    state: Path, people: Iterable[Persona], facts: CardFacts = AS_PUBLISHED, *, may_replace: bool = True
) -> list[str]:
    """Make every card that is missing or was made for other data; return the short names of the new ones.

    A card that exists keeps its keys, certificates and PIN counters. The CRL is renewed each time. Without *may_replace*
    (nobody named these people for this folder) cards that were made for other people raise CardsOfOthers, all untouched.
    """
    people = list(people)
    if not may_replace and (others := [one.persona for one in people if _is_of_another(state, one)]):
        raise CardsOfOthers(
            f"the cards {', '.join(others)} in this folder were made for other people: name their file with --personas"
        )
    authority = open_authority(state / "cards")
    masters = _master_keys(state)
    made = []
    for person in people:
        store = FileStore(card_folder(state, person.persona) / "card.json")
        old = store.load() if store.path.exists() else None
        if old is not None and old["holder"] == person.record():
            continue
        if old is not None and _lacks_only_the_city_card(old, person):
            _add_city_card(old, person, store, masters)
            continue
        content, auth, sign = new_card(authority, person, masters, facts)
        if old is not None:
            _replace(authority, old, auth)
        _write_card(store, content, auth, sign)
        made.append(person.persona)
    authority.save()
    return made


class CardsOfOthers(ValueError):
    """Cards of the same short names, made for other data, would have been replaced and their certificates revoked."""


def _is_of_another(state: Path, person: Persona) -> bool:
    store = FileStore(card_folder(state, person.persona) / "card.json")
    if not store.path.exists():
        return False
    old = store.load()
    return bool(old["holder"] != person.record()) and not _lacks_only_the_city_card(old, person)


def renew(state: Path, person: Persona) -> None:
    """Give an existing card new keys and certificates, as the window does every five years; PINs and the rest stay.

    No simulator may be running on this folder.
    """
    authority = open_authority(state / "cards")
    store = FileStore(card_folder(state, person.persona) / "card.json")
    content = store.load()
    fresh, auth, sign = new_card(authority, person, _master_keys(state))
    _replace(authority, content, auth)
    for part in ("files", "keys"):
        content["applications"][jpki.NAME][part] = fresh["applications"][jpki.NAME][part]
    _write_card(store, content, auth, sign)
    authority.save()


def _replace(authority: Authority, old: Mapping[str, Any], auth: x509.Certificate) -> None:
    """Take the certificates of the old memory back and say what took the place of the one for authentication."""
    serials = _serials(old)
    authority.renew(auth.serial_number, serials[0])
    authority.revoke(serials)


def _master_keys(state: Path) -> MasterKeys:
    """The masters of the city cards in this folder, made for the demo when there are none."""
    path = key_file(state)
    if not path.exists():
        write_atomically(path, to_json(demo_masters()), mode=0o600)
    return read_file(path)


def _lacks_only_the_city_card(old: Mapping[str, Any], person: Persona) -> bool:
    known: dict[str, Any] = old["holder"]
    return city.NAME not in old["applications"] and known.items() <= person.record().items()


def _add_city_card(old: dict[str, Any], person: Persona, store: FileStore, masters: KeyStore) -> None:
    """Cards of before the city card get it, and keep the certificates that services know them by."""
    old["applications"][city.NAME] = city_issue.new_memory(person, masters, datetime.now(UTC).date())
    old["holder"] = person.record()
    store.save(old)


def _write_card(store: FileStore, content: dict[str, Any], auth: x509.Certificate, sign: x509.Certificate) -> None:
    folder = store.path.parent
    write_atomically(folder / "auth.pem", to_pem(auth))
    write_atomically(folder / "sign.pem", to_pem(sign))
    store.save(content)


def new_card(
    authority: Authority, person: Persona, masters: KeyStore, facts: CardFacts = AS_PUBLISHED
) -> tuple[dict[str, Any], x509.Certificate, x509.Certificate]:
    """Return the memory of a new card and its authentication and signature certificates."""
    auth_key, sign_key = new_key(), new_key()
    auth = authority.issue_auth(auth_key.public_key())
    sign = authority.issue_sign(sign_key.public_key(), person)
    keys = {jpki_names.AUTH_KEY: auth_key, jpki_names.SIGN_KEY: sign_key}
    issuer = _der(authority.certificate)
    certificates = {
        jpki_names.AUTH_CERTIFICATE: _der(auth),
        jpki_names.AUTH_CA_CERTIFICATE: issuer,
        jpki_names.SIGN_CERTIFICATE: _der(sign),
        jpki_names.SIGN_CA_CERTIFICATE: issuer,
        jpki_names.TOKEN: jpki.TOKEN,
    }
    expires = _expiry(person, auth)
    content = {
        "format": FORMAT,
        "atr": CONTACT_ATR,
        "holder": person.record(),
        "applications": {
            jpki.NAME: _jpki(person, certificates, keys, facts),
            text.NAME: _text(authority, person, expires, facts),
            visual.NAME: _visual(person, expires, facts),
            city.NAME: city_issue.new_memory(person, masters, auth.not_valid_before_utc.date()),
        },
    }
    return content, auth, sign


def _jpki(
    person: Persona, files: Mapping[int, bytes], keys: Mapping[int, RSAPrivateKey], facts: CardFacts
) -> dict[str, Any]:
    return {
        "short_ids": facts.short_ids,
        "files": _files(files),
        "keys": {_key(file_id): key_to_pem(key) for file_id, key in keys.items()},
        "pins": {
            _key(jpki_names.AUTH_PIN): facts.pin(person.auth_pin, jpki_names.AUTH_PIN_TRIES),
            _key(jpki_names.SIGN_PIN): facts.pin(person.sign_pin, jpki_names.SIGN_PIN_TRIES),
        },
    }


def _text(authority: Authority, person: Persona, expires: date, facts: CardFacts) -> dict[str, Any]:
    return {
        "short_ids": facts.short_ids,
        "files": _files(text.files_of(person, facts.number_tag, authority.key.public_key(), authority.sign)),
        "pins": {
            _key(text_names.PIN): facts.pin(person.auth_pin, TEXT_PIN_TRIES),
            _key(text_names.NUMBER_CODE): facts.pin(person.number, facts.printed_code_tries),
            _key(text_names.FACE_CODE): facts.pin(face_code(person, expires), facts.printed_code_tries),
        },
    }


def _visual(person: Persona, expires: date, facts: CardFacts) -> dict[str, Any]:
    return {
        "short_ids": facts.short_ids,
        "files": _files(visual.files_of(person, expires)),
        "pins": {
            _key(visual_names.NUMBER_CODE): facts.pin(person.number, facts.printed_code_tries),
            _key(visual_names.FACE_CODE): facts.pin(face_code(person, expires), facts.printed_code_tries),
        },
    }


def _expiry(person: Persona, certificate: x509.Certificate) -> date:
    """The card ends at a birthday, up to ten years after issue; its certificates live half as long."""
    born = person.birth_date
    return date(certificate.not_valid_after_utc.year + 5, born.month, min(born.day, 28))


def face_code(person: Persona, expires: date) -> str:
    """照合番号B: birth date YYMMDD, year the card ends, 4-digit security code (ours: the number's end)."""
    return f"{person.birth_date:%y%m%d}{expires.year}{person.number[-4:]}"


def _files(contents: Mapping[int, bytes]) -> dict[str, str]:
    return {_key(file_id): base64.b64encode(content).decode() for file_id, content in contents.items()}


def _key(file_id: int) -> str:
    return f"{file_id:04X}"


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _serials(content: Mapping[str, Any]) -> list[int]:
    files = content["applications"][jpki.NAME]["files"]
    wanted = (jpki_names.AUTH_CERTIFICATE, jpki_names.SIGN_CERTIFICATE)
    return [x509.load_der_x509_certificate(base64.b64decode(files[_key(f)])).serial_number for f in wanted]
