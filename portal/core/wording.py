"""What a refused text means and what to do, in words; `%(name)s` places are filled from `TextRefused.facts`.

A form shows the first sentence at the field; a file import adds the second. Nothing here repeats what was typed.
"""

from portal.core.words import N_

# code → (what is wrong, what to do); a test holds that every code of the readers in core is here.
WORDING: dict[str, tuple[str, str]] = {
    "text-empty": (N_("This is empty."), N_("Fill it in.")),
    "text-not-text": (N_("This is not text."), N_("Type it again.")),
    "text-too-long": (
        N_("This is too long: %(length)s characters, at most %(longest)s."),
        N_("Shorten it."),
    ),
    "text-broken-character": (
        N_("Character %(position)s (%(sign)s) cannot be used."),
        N_("Delete it and type it again."),
    ),
    "text-not-digits": (N_("This has a character that is not a digit."), N_("Use the digits 0 to 9.")),
    "text-wrong-count": (N_("This has %(length)s digits instead of %(count)s."), N_("Check the number of digits.")),
    "text-out-of-range": (N_("This must be between %(least)s and %(most)s."), N_("Check the number.")),
    "text-not-a-phone-number": (
        N_("This is not a phone number."),
        N_("Type 10 or 11 digits from 0, or + and the country code."),
    ),
    "text-not-a-postal-code": (N_("This is not a postal code."), N_("Type seven digits, such as 260-0013.")),
    "text-not-kana": (N_("This has a character that is not kana (%(sign)s)."), N_("Type it in kana.")),
    "text-not-of-banks": (
        N_("This has a character bank transfers do not have (%(sign)s)."),
        N_("Type the holder as in the bank book, in katakana, capital letters or digits."),
    ),
    "text-private-character": (
        N_("This has a character only one machine knows (%(sign)s)."),
        N_("Write it in another way."),
    ),
    "text-not-a-name": (N_("This has a character names do not have (%(sign)s)."), N_("Check the name.")),
    "text-not-an-email": (N_("This is not a mail address."), N_("Check the part before and after @.")),
    "date-not-understood": (N_("This is not a date."), N_("Write it like 2026-11-22 or 令和8年11月22日.")),
    "date-parts-not-numbers": (N_("This is not a date."), N_("Write year, month and day as numbers.")),
    "date-year-not-of-era": (
        N_("This era has no such year."),
        N_("Choose “Western” for a year of four digits, or write the year of the era."),
    ),
    "date-does-not-exist": (N_("There is no such day."), N_("Check year, month and day.")),
    "date-before-1873": (N_("Days before 1873 cannot be used."), N_("Check the year.")),
    "date-outside-era": (
        N_("%(era)s did not have this day; it is called %(instead)s."),
        N_("Check the era and the year."),
    ),
    "date-contradicts-itself": (N_("The two years in this date are not the same."), N_("Check the year.")),
    "corporate-number-mistyped": (
        N_("There is a slip in this corporate number."),
        N_("Compare its 13 digits with the register (法人番号公表サイト)."),
    ),
    "bank-code-of-nobody": (N_("No bank has this code."), N_("Compare it with the bank book.")),
    "bank-unknown": (N_("No bank has this code."), N_("Compare it with the bank book.")),
    "bank-branch-unknown": (N_("This bank has no branch with this code."), N_("Compare it with the bank book.")),
    "bank-merged": (
        N_("%(name)s is no more: %(heir)s (%(code)s) took it over."),
        N_("Write the codes your account has now. Your bank has told you, or the bank book says them."),
    ),
    "bank-closed": (N_("%(name)s is no more."), N_("Choose another account.")),
    "bank-branch-moved": (
        N_("%(name)s is no more: its accounts are now at %(bank)s %(branch)s (%(code)s)."),
        N_("Write these codes."),
    ),
    "bank-branch-closed": (N_("The branch %(name)s is no more."), N_("Ask the bank for the new codes.")),
    "bank-branch-of-post": (
        N_("Branches of ゆうちょ銀行 end with 8, those of its transfer accounts with 9."),
        N_("Use branch and number for transfers from other banks, in the bank book."),
    ),
    "invoice-number-without-t": (
        N_("A registration number for invoices begins with T."),
        N_("Compare it with the register (適格請求書発行事業者公表サイト)."),
    ),
    "invoice-number-of-another": (
        N_("A corporation's number for invoices is T and its corporate number."),
        N_("Check the number."),
    ),
    "reference-wrong-length": (
        N_("A reference number has %(count)s characters; this has %(length)s."),
        N_("Compare it with the number on your receipt."),
    ),
    "reference-unknown-sign": (
        N_("This has a character reference numbers do not have."),
        N_("Compare it with the number on your receipt."),
    ),
    "verification-code-mistyped": (
        N_("This is not a verification code."),
        N_("Compare its 12 characters with the paper."),
    ),
    "reference-mistyped": (
        N_("There is a slip in this reference number."),
        N_("Compare it with the number on your receipt."),
    ),
}
