"""Questions answered in one box: text, several lines, numbers, amounts of yen, names, kana, phone, mail."""

from collections.abc import Callable

from portal.applications.procedures.fields.component import Component, KnownFacts, Typed, first
from portal.applications.procedures.schema import FormField
from portal.core import text


def _line(read: Callable[[str], str]) -> Component:
    return Component(lambda asked, typed, known: read(first(typed, asked.name)))


def _text(asked: FormField, typed: Typed, known: KnownFacts) -> str:
    return text.single_line(first(typed, asked.name), longest=asked.longest)


def _long_text(asked: FormField, typed: Typed, known: KnownFacts) -> str:
    return text.free_text(first(typed, asked.name), longest=asked.longest)


def _number(asked: FormField, typed: Typed, known: KnownFacts) -> int:
    return text.whole_number(first(typed, asked.name), least=asked.least, most=asked.most)


def _amount(asked: FormField, typed: Typed, known: KnownFacts) -> int:
    """Yen as people write them: "１，２３４円", "¥1,234"."""
    bare = text.fold_width(first(typed, asked.name)).strip(" ").removesuffix("円").lstrip("¥\\ ￥")
    return text.whole_number(bare, least=asked.least, most=asked.most)


TEXT = Component(_text)
LONG_TEXT = Component(_long_text)
NUMBER = Component(_number)
AMOUNT = Component(_amount)
NAME = _line(text.kanji_name)
KANA = _line(text.kana_name)
PHONE = _line(text.phone)
EMAIL = _line(text.email)
