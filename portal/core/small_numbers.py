"""Numbers of people as they may be shown: below FEW they would tell of single persons (small-number guard).

One rule for every room that counts people for somebody who may not see them by name:
- a number below FEW is shown as "<5"; nobody at all may be shown as 0 where that tells nothing (`guarded`);
- a part is hidden too where what is left of a shown whole is small (`part`), and where exactly one part is hidden,
  nothing may be shown it could be worked out from (`total`, `hidden_with`);
- where the reader chooses who is counted, so that two numbers could be compared, a number is blurred besides (`blurred`).
"""

from collections.abc import Sequence
from hashlib import blake2b

FEW = 5
# A blurred number is off by at most this, the same each time for the same people (cell keys, as the Australian Bureau of
# Statistics does in TableBuilder): what two numbers differ by then tells of nobody.
BLUR = 2


def is_few(count: int) -> bool:
    """Whether a number tells of single persons; nobody is not few."""
    return 0 < count < FEW


def guarded(count: int) -> str:
    """The number, or "<5"; 0 tells of nobody."""
    return f"<{FEW}" if is_few(count) else f"{count:,}"


def part(count: int, whole: int) -> str:
    """A part of a shown whole: what is left must not tell of one person either."""
    return f">{whole - FEW:,}" if whole >= FEW and is_few(whole - count) else guarded(count)


def total(counts: Sequence[int]) -> str:
    """The sum of shown parts; "" where exactly one part is hidden, because it would follow from the others."""
    return "" if sum(map(is_few, counts)) == 1 or not counts else guarded(sum(counts))


def hidden_with(counts: Sequence[int]) -> frozenset[int]:
    """Places of the parts to hide beside a shown sum: the few, and if that is one alone, the least of the others."""
    few = {place for place, count in enumerate(counts) if is_few(count)}
    others = [place for place, count in enumerate(counts) if count >= FEW]
    if len(few) == 1 and others:
        few.add(min(others, key=lambda place: counts[place]))
    return frozenset(few)


def blurred(people: int, keys: int, salt: int) -> int | None:
    """The number off by up to BLUR; None below FEW, for nobody too. *keys* is the sum of the people's keys: the same
    people give the same number however they were asked for, and one person more or less gives another blur."""
    digest = blake2b(f"{salt}:{keys}".encode(), digest_size=8).digest()
    shown = people + int.from_bytes(digest, "big") % (2 * BLUR + 1) - BLUR
    return shown if people and shown >= FEW else None
