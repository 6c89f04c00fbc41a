"""What may stand on a card for help, and how it is read from a form. Pure.

An entry has at most 2,048 bytes beside its id (card_reader/README.md): about 600 Japanese signs. Who helps reads it in a
hurry, so lines are short and the day it was written stands with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.core.text import TextRefused, single_line
from portal.core.words import N_

LONGEST_LINE, MOST_LINES, LONGEST_CONTACT = 60, 10, 80
MOST_BYTES = 1_900
"""Of all texts together: what JSON adds fits into the rest."""

BLOOD = ("A+", "A-", "B+", "B-", "O+", "O-", "AB+", "AB-")
LISTS = ("illnesses", "medicines", "allergies")
NEEDS: Mapping[str, str] = {
    "wheelchair": N_("I use a wheelchair"),
    "walking": N_("I cannot walk far or climb stairs"),
    "hearing": N_("I hear badly: please write or sign"),
    "sight": N_("I see badly: please read to me and guide me"),
    "explain": N_("Please explain things simply and slowly"),
    "quiet": N_("I need a quiet place"),
    "pregnant": N_("I am pregnant"),
    "infant": N_("I am with a baby: milk and nappies"),
    "care": N_("I need care every day"),
    "device": N_("I need power for a medical device"),
    "medicine": N_("I take medicine every day"),
    "food": N_("I cannot eat everything: allergy or faith"),
    "dog": N_("I am with an assistance dog"),
}
LANGUAGES = ("ja", "en", "zh", "ko", "es", "pt")


@dataclass(slots=True)
class Typed:
    """What a form said, as it is shown again; `errors` by field: (code, number in it)."""

    values: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)


def read_emergency(form: Mapping[str, str], today: date) -> tuple[Typed, dict[str, Any]]:
    """The form of the emergency data: what was typed, and the content as the card carries it."""
    typed = Typed({name: _readable(form.get(name, "")) for name in (*LISTS, "blood", "contact")})
    content: dict[str, Any] = {"as_of": today.isoformat()}
    if typed.values["blood"] in BLOOD:
        content["blood"] = typed.values["blood"]
    elif typed.values["blood"]:
        typed.errors["blood"] = "blood-unknown"
    for name in LISTS:
        lines = _lines(typed, name)
        if lines:
            content[name] = lines
    if contact := _line(typed, "contact", typed.values["contact"], LONGEST_CONTACT):
        content["contact"] = contact
    _check(typed, form, content, LISTS[0])
    return typed, content


def read_shelter(form: Mapping[str, str], needs: Sequence[str], today: date) -> tuple[Typed, dict[str, Any]]:
    """The form of the needs in a shelter."""
    known = [need for need in NEEDS if need in needs]
    typed = Typed({"needs": known, "language": form.get("language", "")})
    content: dict[str, Any] = {"as_of": today.isoformat()}
    if known:
        content["needs"] = known
    if typed.values["language"] in LANGUAGES:
        content["language"] = typed.values["language"]
    elif typed.values["language"]:
        typed.errors["language"] = "language-unknown"
    _check(typed, form, content, "needs")
    return typed, content


def shown_emergency(content: Mapping[str, Any]) -> dict[str, str]:
    """The content as the form shows it again: lists one a line."""
    shown = {name: "\n".join(content.get(name, [])) for name in LISTS}
    return shown | {name: str(content.get(name, "")) for name in ("blood", "contact")}


def _readable(text: str) -> str:
    """Without what nobody can see: it could not be shown again either."""
    return "".join(sign for sign in text.replace("\r\n", "\n") if sign.isprintable() or sign == "\n").strip()


def _lines(typed: Typed, name: str) -> list[str]:
    found = [line for line in typed.values[name].splitlines() if line.strip()]
    if len(found) > MOST_LINES:
        typed.errors[name] = "too-many-lines"
        return []
    return [line for line in (_line(typed, name, one, LONGEST_LINE) for one in found) if line]


def _line(typed: Typed, name: str, text: str, longest: int) -> str:
    if not text.strip():
        return ""
    try:
        return single_line(text, longest=longest)
    except TextRefused:
        typed.errors[name] = "line-too-long"
        return ""


def _check(typed: Typed, form: Mapping[str, str], content: Mapping[str, Any], first: str) -> None:
    """Something is said, it fits, and the person agrees."""
    if typed.errors:
        return
    if len(content) < 2:
        typed.errors[first] = "nothing-said"
    elif sum(len(str(value).encode()) for value in content.values()) > MOST_BYTES:
        typed.errors[first] = "does-not-fit"
    elif form.get("consent") != "yes":
        typed.errors["consent"] = "consent-missing"


ERRORS: Mapping[str, str] = {
    "blood-unknown": N_("Choose one of the blood types in the list."),
    "language-unknown": N_("Choose one of the languages in the list."),
    "too-many-lines": N_("Write at most 10 lines."),
    "line-too-long": N_("Write short lines, 60 signs at most, without special signs."),
    "nothing-said": N_("Write at least one thing, or go back without saving."),
    "does-not-fit": N_("This does not fit on the card. Shorten it to what helps most."),
    "consent-missing": N_("Tick the box if you agree; without it nothing is saved."),
}
