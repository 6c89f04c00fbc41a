"""What was taken leaves: by mail, push, text message, LINE. No transaction is open here; what is slow holds up nobody
but this worker."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

from portal.mailbox.channels import mail, tokens, wording
from portal.mailbox.channels.parcels import Brought, Outcome, Parcel, Result
from portal.mailbox.channels.push_services import Target
from portal.mailbox.channels.rules import Channel
from portal.mailbox.channels.ways import Ways

AT_ONCE = 8
LINES = 4
"""Connections to the mail server at once: each mail waits for the server's answer."""
# What was not begun by then goes another time: the promise's own lease must not end while servers do not answer.
CARRYING_SECONDS = 30.0
LATER = Result(Outcome.LATER)
Carrier = Callable[[Ways, Parcel, float], Brought]


def carry(ways: Ways, parcels: Iterable[Parcel]) -> list[Brought]:
    """Send them; each is brought back with what became of it."""
    wanted, until = list(parcels), time.monotonic() + CARRYING_SECONDS
    letters = [parcel for parcel in wanted if parcel.channel is Channel.MAIL]
    shares = [share for start in range(LINES) if (share := letters[start::LINES])]
    others = [parcel for parcel in wanted if parcel.channel in CARRIERS]
    brought = []
    if others:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            brought += list(pool.map(lambda parcel: CARRIERS[parcel.channel](ways, parcel, until), others))
    if shares and ways.mail:
        with ThreadPoolExecutor(LINES) as pool:
            brought += [one for share in pool.map(partial(_mails, ways, until), shares) for one in share]
    return brought


def _mails(ways: Ways, until: float, share: Sequence[Parcel]) -> list[Brought]:
    """One line to the mail server for all of a share."""
    assert ways.mail
    with ways.mail.open() as line:
        return [_mail(ways, line, parcel, until) for parcel in share]


def _push(ways: Ways, parcel: Parcel, until: float) -> Brought:
    assert ways.push
    service = ways.push
    told = {
        "title": parcel.title,
        "body": parcel.body,
        "url": parcel.link,
        "tag": str(parcel.id),
        "lang": parcel.language,
    }
    targets = cast(tuple[Target, ...], parcel.to)

    def send(target: Target) -> Result:
        if time.monotonic() > until:
            return LATER
        return service.send(target, told, parcel=parcel.id, urgent=parcel.urgent, until=parcel.until)

    return Brought(parcel, tuple(map(send, targets)))


def _mail(ways: Ways, line: mail.Line, parcel: Parcel, until: float) -> Brought:
    if time.monotonic() > until:
        return Brought(parcel, (LATER,))
    (to,) = cast(tuple[str], parcel.to)
    stop = f"{ways.base_url}/mail/stop?token={tokens.stop_token(ways.key, parcel.resident_id, to)}"
    try:
        letter = mail.letter(
            line.server,
            to=to,
            subject=parcel.title,
            text=parcel.body + wording.stop_text(parcel.language, stop),
            key=parcel.id.hex,
            language=parcel.language,
            stop=stop,
        )
    except ValueError:  # a header that would be two
        return Brought(parcel, (Result(Outcome.REFUSED),))
    return Brought(parcel, (line.send(letter, key=parcel.id.hex),))


def _text(ways: Ways, parcel: Parcel, until: float) -> Brought:
    (to,) = cast(tuple[str], parcel.to)
    if ways.texts is None or time.monotonic() > until:
        return Brought(parcel, (LATER,))
    return Brought(parcel, (ways.texts.send(parcel.id, to=to, sender="", text=parcel.body),))


def _line(ways: Ways, parcel: Parcel, until: float) -> Brought:
    (to,) = cast(tuple[str], parcel.to)
    if ways.line is None or time.monotonic() > until:
        return Brought(parcel, (LATER,))
    return Brought(parcel, (ways.line.send(parcel.id, to=to, text=parcel.body),))


CARRIERS: dict[Channel, Carrier] = {Channel.PUSH: _push, Channel.SMS: _text, Channel.LINE: _line}
