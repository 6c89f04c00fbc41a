"""The words of mail to companies. They say that something is there, and nothing of what, from whom, or for which company."""

from typing import Any

from portal.core.words import N_
from portal.mailbox import service as mailbox

LANGUAGE = "ja"  # an address belongs to an office, which chose no language
_TITLE = N_("New notices in the company mailbox: %(count)s")
_LEAD = N_("There is something new in the mailbox of companies: %(count)s")
_FOR = N_("Companies it is for: %(count)s")
_OPEN = N_("Open the mailbox to read it. You sign in with gBizID.")
_FOOT = N_("This mail says nothing of the contents on purpose.")
_STOP = N_("To stop these mails:")
_CODE = N_("Your code for the company mailbox: %(code)s")
_CODE_TEXT = N_(
    "Type this code on the page “Mail to us”: %(code)s\n\n"
    "It is good for 30 minutes. If you did not ask for it, somebody may have mistyped their address; "
    "you need not do anything."
)


def _say(sentence: str, **facts: Any) -> str:
    return mailbox.mail_words.say(LANGUAGE, sentence, **facts)


def news(notices: int, companies: int, *, link: str, stop: str) -> tuple[str, str]:
    """(subject, text)."""
    lines = [_say(_LEAD, count=notices)]
    if companies > 1:
        lines.append(_say(_FOR, count=companies))
    told = "\n".join(lines)
    text = f"{told}\n\n{_say(_OPEN)}\n{link}\n\n--\n{_say(_FOOT)}\n{_say(_STOP)}\n{stop}\n"
    return _say(_TITLE, count=notices), text


def code(digits: str) -> tuple[str, str]:
    """(subject, text) of the mail with a code."""
    return _say(_CODE, code=digits), _say(_CODE_TEXT, code=digits) + "\n"
