"""The words of mail to companies. They say that something is there, and nothing of what, from whom, or for which company."""

from functools import partial

from portal.core.words import N_
from portal.mailbox import service as mailbox

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


def news(language: str, notices: int, companies: int, *, link: str, stop: str) -> tuple[str, str]:
    """(subject, text)."""
    say = partial(mailbox.mail_words.say, language)
    lines = [say(_LEAD, count=notices)]
    if companies > 1:
        lines.append(say(_FOR, count=companies))
    told = "\n".join(lines)
    text = f"{told}\n\n{say(_OPEN)}\n{link}\n\n--\n{say(_FOOT)}\n{say(_STOP)}\n{stop}\n"
    return say(_TITLE, count=notices), text


def code(language: str, digits: str) -> tuple[str, str]:
    """(subject, text) of the mail with a code."""
    say = partial(mailbox.mail_words.say, language, code=digits)
    return say(_CODE), say(_CODE_TEXT) + "\n"
