"""Facts of cards and readers as the person at the terminal reads them: what happened, and what to do next.

What PC/SC and status words say stays in the log and, as "detail", in JSON.
"""

from __future__ import annotations

from collections.abc import Mapping

MESSAGES: Mapping[str, str] = {
    "NoCard": "There is no card in the reader.",
    "CardRemoved": "The card left the reader too early.",
    "CardReplaced": "Another card was put in the place of the first.",
    "CardSilent": "The card does not answer.",
    "CardFault": "The card cannot be read.",
    "CardBusy": "Another program uses the card.",
    "ServiceDown": "The card service (pcscd) does not answer.",
    "ApplicationMissing": "The card does not hold what was asked for.",
    "CardNotGenuine": "The card does not know these keys.",
    "PinWrong": "The PIN was wrong.",
    "PinBlocked": "The PIN is locked.",
    "PinMissing": "No PIN was typed.",
    "PinNotTyped": "No PIN was typed on the reader.",
    "UnexpectedAnswer": "The card answered something that this program does not understand.",
    "ChannelBroken": "A message to or from the card was altered or lost on its way.",
    "LostUpdate": "The card was changed by somebody else in the meantime.",
    "OtherCard": "Another card lies on the reader than the one that is meant.",
}
"""What happened, by fact."""

REFUSALS: Mapping[int, str] = {
    0x6982: "The card does not allow this without a PIN or key.",
    0x6985: "The card is suspended or ended, or refuses this now.",
    0x6581: "The card could not store it; nothing was changed.",
    0x6A84: "There is no room for it on the card.",
    0x6A88: "The card has none of these keys, or nothing of that kind.",
}
"""What a card meant by a status word."""

ADVICE: Mapping[str, str] = {
    "NoCard": "Put a card on the reader.",
    "CardRemoved": "Put the card back and try again.",
    "CardReplaced": "Begin again with the card that is there now.",
    "CardSilent": "Take the card out, put it back and try again; if it stays silent it is broken.",
    "CardFault": "Turn the card over, clean it and try again.",
    "CardBusy": "Another program uses the card: end it, or wait.",
    "ReaderGone": "`card-reader list` names the readers that are plugged in.",
    "ServiceDown": "Start pcscd; without real readers: `card-reader pcscd`.",
    "AlreadyRuns": "Use that one or end it; `--private` with another `--state` runs beside it.",
    "PortTaken": "Perhaps it runs already. End the other program, or name another port (`--bind`, `--control`).",
    "ApplicationMissing": "This card does not hold it; `card-reader info` says what it holds.",
    "CardNotGenuine": "Wrong or old keys (`--store`), or not a card of this city.",
    "KeyMissing": "`card-reader keys --store …` names the keys there are.",
    "PinMissing": "Type it when you are asked, or give it on standard input. No try was spent.",
    "PinMisshapen": "Nothing was sent to the card, and no try was spent.",
    "PinBlocked": "No tries are left: only the window can help.",
    "PinNotTyped": "No try was spent. Try again.",
    "UnexpectedAnswer": "`card-reader info` says what card it is; a card of another issuer cannot be used here.",
    "ChannelBroken": "Leave the card on the reader and try again. If it goes on, try another reader.",
    "LostUpdate": 'Read the card again (`{"do": "read"}`) and write with the next version.',
    "OtherCard": "Put the right card on the reader. Nothing was changed.",
    "StatusError": "A window of the ward office can say what is wrong with the card.",
}
"""What the person at the terminal can do about a fact."""

VERDICTS: Mapping[str, str] = {
    "welcome": "Welcome.",
    "welcome-unchecked": "Welcome; whether the card was stopped is not known: the list is old. Connect the terminal.",
    "not-a-member": "This service is not on the card. Staff of any ward office can add it.",
    "ended": "This service ended on this card. Staff of any ward office can say why.",
    "suspended": "This service is suspended on this card. Staff of any ward office can say why.",
    "expired": "The card is past its last day. A ward office gives a new one.",
    "stopped": "This card was stopped: do not serve it. Its holder may go to any ward office.",
    "list-too-old": "The list of stopped cards is too old: no card is served. Connect the terminal to the network.",
    "not-genuine": "This is no card of this city: do not serve it, and tell the city.",
    "keys-too-old": "Card or terminal missed a renewal of keys. Another terminal, or a ward office, tells which.",
    "no-city-card": "This card holds no city card. Ask for the holder's city card.",
    "no-keys": "This terminal has no keys. Connect it to the network, or ask the operators.",
}
"""What a terminal's verdict says to the person behind it."""

TROUBLES: Mapping[str, str] = {
    "unreached": "The portal was not reached: look after the network and `--portal`.",
    "refused": "The portal does not let this terminal in: look at `--client-id` and `--client-key`, or ask the operators.",
    "other-role": "The city gave this terminal another role than `--role`.",
    "new-key": "It was set up anew and has another key than the city knows: operators give it its role again.",
    "no-role": "The city gave this terminal no role, or took it back. Ask the operators.",
    "no-list": "It was given no list: name `--portal`, or `--stop-list` and `--city-key`.",
}
"""Why a terminal has no keys or no list, where that is known: in the place of what the verdict says in general."""


def message_of(error: Exception) -> str:
    """What happened, in words."""
    kind = type(error).__name__
    if kind == "StatusError":
        return REFUSALS.get(getattr(error, "status", 0), "The card refused.")
    if kind == "ReaderGone" and "PC/SC" in str(error):
        return "The reader is not there any more."
    return MESSAGES.get(kind, str(error))


def advice_on(error: Exception) -> str:
    """What can be done about an error; "" where its message says so already."""
    left = getattr(error, "tries_left", 0)
    if left:
        return f"{left} {'try is' if left == 1 else 'tries are'} left."
    return ADVICE.get(type(error).__name__, "")
