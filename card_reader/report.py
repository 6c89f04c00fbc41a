"""What can be said about a card free of charge: what it is, what is on it, how many tries are left."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from card_reader.connection import Connection
from card_reader.errors import ApplicationMissing
from card_reader.sessions import text, visual
from card_reader.sessions.city import CitySession
from card_reader.sessions.jpki import JpkiSession
from card_reader.sessions.text import TextSession
from card_reader.sessions.visual import VisualSession


def card_report(connection: Connection) -> dict[str, Any]:
    """Return the applications that are on this card, each with what everybody may know; costs no PIN try."""
    applications: dict[str, Any] = {}
    for name, look in (("jpki", _jpki), ("text", _text), ("visual", _visual), ("city", _city)):
        try:
            applications[name] = look(connection)
        except ApplicationMissing:
            continue
    return applications


def _jpki(connection: Connection) -> dict[str, Any]:
    session = JpkiSession(connection)
    return {
        "kind": session.kind(),
        "certificates": [held.name for held in session.certificates()],
        "auth_tries_left": session.auth_tries_left(),
        "sign_tries_left": session.sign_tries_left(),
    }


def _text(connection: Connection) -> dict[str, Any]:
    session = TextSession(connection)
    return {
        "pin_tries_left": session.tries_left(),
        "number_code_tries_left": session.tries_left(text.NUMBER_CODE),
        "face_code_tries_left": session.tries_left(text.FACE_CODE),
    }


def _visual(connection: Connection) -> dict[str, Any]:
    session = VisualSession(connection)
    return {
        "number_code_tries_left": session.tries_left(visual.NUMBER_CODE),
        "face_code_tries_left": session.tries_left(visual.FACE_CODE),
    }


def _city(connection: Connection) -> dict[str, Any]:
    session = CitySession(connection)
    return {**asdict(session.basics()), "pin_tries_left": session.tries_left()}
