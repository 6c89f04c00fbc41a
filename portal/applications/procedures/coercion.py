"""How JavaScript turns one kind of value into another: what json-logic-js gives, rules here must give too.

Numbers are IEEE doubles, texts are UTF-16, `UNDEFINED` is an argument nobody wrote (not the same as null in arithmetic).
Source: ECMA-262 2024, chapters 7.1 (type conversion), 7.2.13 to 7.2.15 (comparison), 6.1.6.1.20 (numbers as texts).
"""

import math
import re
from typing import Any, Final


class _Undefined:
    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = _Undefined()
_SPACE = " \t\n\v\f\r\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_DECIMAL = r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
_WHOLE_TEXT = re.compile(_DECIMAL)
_BEGINNING = re.compile(rf"[{_SPACE}]*({_DECIMAL})")
_OTHER_BASES = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_LARGEST_EXACT = 2**53
NAN = math.nan


def truthy(value: Any) -> bool:
    """JsonLogic's own rule: as in JavaScript, but an empty list is false."""
    if isinstance(value, list):
        return bool(value)
    if isinstance(value, dict):
        return True
    if value is UNDEFINED or (isinstance(value, float) and math.isnan(value)):
        return False
    return bool(value)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def tidy(value: float) -> float | int:
    """A double as JSON writes it: 3, not 3.0."""
    if math.isfinite(value) and value == int(value) and abs(value) < _LARGEST_EXACT:
        return int(value)
    return value


def as_text(value: Any) -> str:
    """String(value)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value is UNDEFINED:
        return "null" if value is None else "undefined"
    if isinstance(value, list):
        return joined(value, ",")
    return "[object Object]" if isinstance(value, dict) else _number_text(float(value))


def joined(values: list[Any], between: str) -> str:
    """Array.prototype.join: null and undefined are empty."""
    return between.join("" if one is None or one is UNDEFINED else as_text(one) for one in values)


def _number_text(value: float) -> str:
    """The shortest digits that give this number back are the same in both languages; only their layout differs."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).rstrip("0") if part.strip("0") or exponent else whole
    point = len(whole) + int(exponent or 0)
    lead = len(digits) - len(digits.lstrip("0"))
    digits, point = digits[lead:].rstrip("0"), point - lead
    return ("-" if value < 0 else "") + _laid_out(digits, point)


def _laid_out(digits: str, point: int) -> str:
    if 0 < point <= 21:
        return digits.ljust(point, "0") if len(digits) <= point else f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{point - 1:+d}"


def as_number(value: Any) -> float:
    """Number(value)."""
    if isinstance(value, bool) or value is None:
        return float(bool(value))
    if isinstance(value, int | float):
        return _double(value)
    if value is UNDEFINED:
        return NAN
    text = as_text(value).strip(_SPACE)
    if not text:
        return 0.0
    if _OTHER_BASES.fullmatch(text):
        return _double(int(text, 0))
    return _decimal(text) if _WHOLE_TEXT.fullmatch(text) else NAN


def parsed_number(value: Any) -> float:
    """parseFloat(value): the number a text begins with."""
    found = _BEGINNING.match(as_text(value))
    return _decimal(found[1]) if found else NAN


def _decimal(text: str) -> float:
    return float(text)  # "Infinity", "5." and ".5" are the same in both languages


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _primitive(value: Any) -> Any:
    return as_text(value) if isinstance(value, list | dict) else value


def loosely_equal(one: Any, other: Any) -> bool:
    """one == other."""
    nothing = (None, UNDEFINED)
    if one in nothing or other in nothing:
        return one in nothing and other in nothing
    if isinstance(one, list | dict) and isinstance(other, list | dict):
        return one is other
    one, other = _primitive(one), _primitive(other)
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return as_number(one) == as_number(other)


def strictly_equal(one: Any, other: Any) -> bool:
    """one === other."""
    if is_number(one) and is_number(other):
        return _double(one) == _double(other)
    if isinstance(one, list | dict) or one is UNDEFINED:
        return one is other
    return type(one) is type(other) and bool(one == other)


def compared(one: Any, other: Any) -> int | None:
    """-1, 0 or 1 as one is smaller, equal or larger; None where neither is (NaN)."""
    one, other = _primitive(one), _primitive(other)
    if isinstance(one, str) and isinstance(other, str):
        left, right = units(one), units(other)
        return (left > right) - (left < right)
    a, b = as_number(one), as_number(other)
    return None if math.isnan(a) or math.isnan(b) else (a > b) - (a < b)


def units(text: str) -> bytes:
    """The UTF-16 code units of a text, two bytes each."""
    return text.encode("utf-16-be", "surrogatepass")


def part_of(text: str, start: Any, length: Any = UNDEFINED) -> str:
    """String.prototype.substr."""
    whole = units(text)
    size = len(whole) // 2
    first = _clamped(start, size)
    first = max(size + first, 0) if first < 0 else first
    many = size - first if length is UNDEFINED else max(_clamped(length, size), 0)
    return whole[2 * first : 2 * (first + many)].decode("utf-16-be", "surrogatepass")


def _clamped(value: Any, size: int) -> int:
    """A count as JavaScript takes it: cut to a whole number, NaN is 0, no larger than the text."""
    number = as_number(value)
    return 0 if math.isnan(number) else int(min(max(number, -size), size))
