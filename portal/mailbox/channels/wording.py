"""The words of messages, in the language the person chose. They name the kind of thing, and the mailbox."""

from collections.abc import Sequence
from typing import Any

from portal.core.words import N_
from portal.mailbox.channels import rules
from portal.mailbox.channels.rules import Says

_OPEN = N_("Open your mailbox to read it.")
_MORE = N_("New notices in your mailbox: %(count)s")
_LEAD = N_("There is news in your mailbox of the citizen portal:")
_FOOT = N_("This mail says nothing personal on purpose: what is new stands in your mailbox.")
_STOP = N_("To stop these mails:")
_WITHOUT_LINK = N_("Open the citizen portal as you always do. We never send links by text message.")
_CODE_NOBODY = N_("Tell it to nobody. If you did not ask for it, you need not do anything.")
_CODE_TITLE = N_("Your code for the citizen portal: %(code)s")
_CODE_TEXT = N_(
    "Type this code on the page “How I am told”: %(code)s\n\n"
    "It is good for 30 minutes. If you did not ask for it, somebody may have mistyped their address; "
    "you need not do anything."
)


def say(language: str, sentence: str, **facts: Any) -> str:
    """*sentence* in *language*. (The catalogues' library is loaded with the first message, not with the worker.)"""
    from portal.web import i18n

    return i18n.say(language, sentence, facts)


def title(language: str, says: Sequence[tuple[Says, str]]) -> str:
    """The title for one notice, or for several; each with the number it tells, if any."""
    if len(says) > 1:
        return say(language, _MORE, count=len(says))
    kind, number = says[0]
    return say(language, rules.SAYS_WORDS[kind], number=number)


def push_body(language: str, says: Sequence[tuple[Says, str]]) -> str:
    """Below the title: what the several are, and where to read them."""
    kinds = {say(language, rules.SAYS_WORDS[kind], number=number) for kind, number in says} if len(says) > 1 else set()
    return "\n".join([*sorted(kinds), say(language, _OPEN)])


def mail_text(language: str, says: Sequence[tuple[Says, str]], *, link: str) -> str:
    """The whole text of a mail, but for the address that stops it."""
    kinds = dict.fromkeys(say(language, rules.SAYS_WORDS[kind], number=number) for kind, number in says)
    told = "\n".join(f"・{kind}" for kind in kinds)
    return f"{say(language, _LEAD)}\n\n{told}\n\n{say(language, _OPEN)}\n{link}\n\n--\n{say(language, _FOOT)}\n"


def stop_text(language: str, link: str) -> str:
    """The last line of a mail."""
    return f"{say(language, _STOP)}\n{link}\n"


def short_text(language: str, says: Sequence[tuple[Says, str]], *, name: str) -> str:
    """A text message: who speaks and what kind of thing it is. No link: the city teaches nobody to tap on links in text
    messages, which anybody can send in its name."""
    return f"【{name}】{title(language, says)}\n{say(language, _WITHOUT_LINK)}"


def chat_text(language: str, says: Sequence[tuple[Says, str]], *, link: str) -> str:
    """A message of the city's own account in LINE."""
    return f"{title(language, says)}\n{push_body(language, says)}\n{link}"


def code_text(language: str, code: str) -> str:
    """The text message with a code."""
    return f"{say(language, _CODE_TITLE, code=code)}\n{say(language, _CODE_NOBODY)}"


def code_mail(language: str, code: str) -> tuple[str, str]:
    """(subject, text) of the mail with a code."""
    return say(language, _CODE_TITLE, code=code), say(language, _CODE_TEXT, code=code) + "\n"
