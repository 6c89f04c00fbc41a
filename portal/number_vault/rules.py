"""What a 個人番号 is, and how it stays hidden. Pure."""

from dataclasses import dataclass, field

from portal.core.errors import Refusal
from portal.core.text import TextRefused, digits
from portal.core.words import N_

DIGITS = 12


class NumberNotKept(Refusal):
    code = "my-number-not-kept"
    status = 409
    message = N_("We hold no My Number for somebody on this certificate.")
    next_step = N_("Issue the certificate without it, or ask the section of the resident register.")


@dataclass(frozen=True, slots=True)
class MyNumber:
    """Twelve digits with a right check digit; nothing that prints this object shows them."""

    digits: str = field(repr=False)

    def __str__(self) -> str:
        return "************"

    def printed(self) -> str:
        """As it stands on a paper: in fours."""
        return " ".join(self.digits[at : at + 4] for at in range(0, DIGITS, 4))


def read(typed: str) -> MyNumber:
    """From what a register's file says, in any width. ValueError without any of the digits in it."""
    try:
        found = digits(typed, count=DIGITS)
    except TextRefused:
        raise ValueError("twelve digits") from None
    if int(found[-1]) != check_digit(found[:-1]):
        raise ValueError("the check digit is wrong")
    return MyNumber(found)


def check_digit(body: str) -> int:
    """平成26年総務省令第85号 第5条: weights 2 to 7 and 2 to 6 from the right."""
    total = sum(int(sign) * (n + 1 if n <= 6 else n - 5) for n, sign in enumerate(reversed(body), start=1))
    rest = total % 11
    return 0 if rest <= 1 else 11 - rest
