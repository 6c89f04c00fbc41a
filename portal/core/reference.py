"""Reference numbers people read aloud: K7QM-3XPR-T2WH.

31 signs: digits and capital letters without B I L O S, which are read as 8 1 1 0 5 when somebody types
them. Eleven random signs (54 bits) and a check sign. 31 is prime and the weights 1…12 differ, so one wrong
sign or two swapped signs (adjacent or not) never give another valid number.
"""

import secrets

from portal.core.text import DASHES, TextRefused, fold_width, single_line

ALPHABET = "0123456789ACDEFGHJKMNPQRTUVWXYZ"
LENGTH = 12
_VALUE = {sign: value for value, sign in enumerate(ALPHABET)}
LOOK_ALIKE = str.maketrans("OILSB", "01158")
# How signs are read on the phone, so that 8 and H are not mixed up.
KANA = (
    "ゼロ いち に さん よん ご ろく なな はち きゅう エー シー ディー イー エフ ジー エイチ ジェイ ケー エム "
    "エヌ ピー キュー アール ティー ユー ブイ ダブリュー エックス ワイ ゼット"
)
SPOKEN = dict(zip(ALPHABET, KANA.split(), strict=True))
_BODIES = len(ALPHABET) ** (LENGTH - 1)
# The sum every valid number has modulo 31; not 0, so that twelve zeros are no reference.
_TARGET = 18


def new_reference() -> str:
    """A fresh, unguessable reference in groups of four."""
    return _written(secrets.randbelow(_BODIES))


def reference_from(secret: bytes) -> str:
    """The reference of a secret of many random bits: always the same, and as hard to guess as the secret."""
    return _written(int.from_bytes(secret, "big") % _BODIES)


def _written(number: int) -> str:
    signs = []
    for _place in range(LENGTH - 1):
        number, sign = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[sign])
    body = "".join(signs)
    return group(body + check_sign(body))


def read_reference(text: str) -> str:
    """What somebody typed or read out, in written form; case, width, spaces and hyphens do not matter."""
    folded = fold_width(single_line(text, longest=60)).upper()
    signs = "".join(sign for sign in folded if sign not in DASHES and sign != " ").translate(LOOK_ALIKE)
    if len(signs) != LENGTH:
        raise TextRefused("reference-wrong-length", {"length": len(signs), "count": LENGTH})
    if any(sign not in _VALUE for sign in signs):
        raise TextRefused("reference-unknown-sign")
    if not is_sound(signs):
        raise TextRefused("reference-mistyped")
    return group(signs)


def check_sign(body: str) -> str:
    """The twelfth sign for eleven signs."""
    rest = (_TARGET - sum(weight * _VALUE[sign] for weight, sign in enumerate(body, start=1))) % 31
    return ALPHABET[rest * pow(LENGTH, -1, 31) % 31]


def is_sound(signs: str) -> bool:
    """Twelve signs without hyphens whose check sign fits."""
    return sum(weight * _VALUE[sign] for weight, sign in enumerate(signs, start=1)) % 31 == _TARGET


def group(signs: str) -> str:
    """Twelve signs as three groups of four."""
    return "-".join(signs[start : start + 4] for start in range(0, LENGTH, 4))


def spoken(reference: str, language: str) -> list[str]:
    """The signs one by one, a text for each group: in kana for who reads them out in Japanese, with gaps for others."""
    gap = "・" if language == "ja" else " "
    return [gap.join(SPOKEN[sign] if language == "ja" else sign for sign in part) for part in reference.split("-")]
