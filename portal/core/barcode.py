"""カスタマバーコード: postal code and house number as 67 bars, by which the post office sorts letters.

Source: 日本郵便「郵便番号・バーコードマニュアル」. Pure.

A bar is "1" long, "2" upper half, "3" lower half, "4" short (timing).
"""

import re
import unicodedata

START, STOP = "13", "31"
BARS = {
    "1": "114", "2": "132", "3": "312", "4": "123", "5": "141", "6": "321", "7": "213", "8": "231", "9": "411",
    "0": "144", "-": "414", "CC1": "324", "CC2": "342", "CC3": "234", "CC4": "432", "CC5": "243", "CC6": "423",
    "CC7": "441", "CC8": "111",
}  # fmt: skip
ORDER = [*"0123456789", "-", *(f"CC{number}" for number in range(1, 9))]
"""Each sign's place is its figure in the check digit, which makes the sum a multiple of 19."""
LONGEST = 20
FILL = "CC4"
REPRESENTATIVE = "00"
KANJI = {sign: digit for digit, sign in enumerate("〇一二三四五六七八九")}
PLACES = {"十": 10, "百": 100, "千": 1_000}
_KANJI_NUMBER = re.compile(r"[〇一二三四五六七八九十百千]+(?=丁目|丁|番地|番|号|地割|線|の|ノ)")


def bars(postal_code: str, rest: str) -> str:
    """The 67 bars for *postal_code* (seven digits) and *rest*, the address behind the town's name; "" for the postal code
    that stands for a whole municipality (…00): it says too little to sort by, so such letters carry none."""
    if postal_code.endswith(REPRESENTATIVE):
        return ""
    signs = [*postal_code, *_signs(house_number(rest))][:LONGEST]
    signs += [FILL] * (LONGEST - len(signs))
    check = -sum(map(ORDER.index, signs)) % 19
    return START + "".join(BARS[sign] for sign in [*signs, ORDER[check]]) + STOP


def house_number(rest: str) -> str:
    """The digits, single letters and hyphens of *rest* that the barcode says: 3丁目30-8 郵便ビル403号 → 3-30-8-403."""
    said = _KANJI_NUMBER.sub(lambda found: str(_number(found[0])), rest)
    said = unicodedata.normalize("NFKC", said).upper()
    said = re.sub(r"[&/・.]", "", said)
    said = re.sub(r"[A-Z]{2,}", "-", said)
    said = re.sub(r"(?<=[0-9])F", "-", said)  # a floor
    said = re.sub(r"[^0-9A-Z]+", "-", said)
    said = re.sub(r"-?([A-Z])-?", r"\1", said)
    return said.strip("-")


def _signs(number: str) -> list[str]:
    """A letter is a control sign and a digit: A = CC1 0, K = CC2 0, U = CC3 0."""
    found = []
    for sign in number:
        if sign.isascii() and sign.isalpha():
            place = ord(sign) - ord("A")
            found += [f"CC{1 + place // 10}", str(place % 10)]
        else:
            found.append(sign)
    return found


def _number(kanji: str) -> int:
    """十二 → 12, 二三 → 23."""
    if not set(kanji) & PLACES.keys():
        return int("".join(str(KANJI[sign]) for sign in kanji))
    total, digit = 0, 0
    for sign in kanji:
        if sign in KANJI:
            digit = KANJI[sign]
        else:
            total += (digit or 1) * PLACES[sign]
            digit = 0
    return total + digit
