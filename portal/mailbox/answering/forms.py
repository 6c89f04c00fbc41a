"""What people type to a notice."""

from portal.mailbox.answering import rules
from portal.web.forms import CityForm, LongTextField


class AnswerForm(CityForm):
    """What was added to a chosen answer."""

    words = LongTextField(longest=rules.LONGEST_WORDS, needed=False)


class MessageForm(CityForm):
    """A message, of either side."""

    body = LongTextField(longest=rules.LONGEST_MESSAGE, render_kw={"rows": 6})
