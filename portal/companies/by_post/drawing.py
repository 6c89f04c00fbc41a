"""Letters with codes as a file for the printer: one A4 sheet each, for window envelopes (長形3号)."""

from collections.abc import Sequence
from pathlib import Path

from portal.companies.by_post import rules
from portal.companies.by_post.models import SignInLetter
from portal.companies.rules import LETTER_WAITS
from portal.core import barcode, qr
from portal.core.addresses import CITY
from portal.core.clock import JST
from portal.core.press import press
from portal.core.wareki import japanese

LAYOUT = Path(__file__).parent / "layouts" / "letters.typ"


def letters(found: Sequence[SignInLetter], key: bytes, *, base_url: str, city: str) -> bytes:
    """The same letters give the same bytes. Their codes are made here and kept nowhere."""
    machine, link = press(), f"{base_url.rstrip('/')}/business/by-post/code"
    at = found[0].printed_at or found[0].asked_at
    sheet = {
        "title": "ログイン用の確認コード",
        "author": CITY,
        "keywords": [],
        "date": japanese(at.astimezone(JST).date()),
        "section": city,
        "days": rules.GOOD_FOR.days,
        "tries": rules.MOST_TRIES,
        "waits": LETTER_WAITS.days,
        "link": link,
        "stop": f"{base_url.rstrip('/')}/business/by-post/stop",
        "qr": qr.on_paper(link),
        "letters": [
            {
                "postal_code": f"{one.postal_code[:3]}-{one.postal_code[3:]}" if one.postal_code else "",
                "address": one.address,
                "company": one.company,
                "bars": barcode.bars(one.postal_code, one.address) if one.postal_code else "",
                "number": f"{str(one.batch)[:8].upper()}-{one.place:03d}",
                "code": rules.code_of(key, one.id, one.issue),
                "asked": japanese(one.asked_at.astimezone(JST).date()),
            }
            for one in found
        ],
    }
    return machine.draw(LAYOUT, sheet, at, tags=False)
