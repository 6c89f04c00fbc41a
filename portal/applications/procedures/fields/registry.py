"""Which component answers which kind of question."""

from collections.abc import Mapping

from portal.applications.procedures.fields import address, attachment, bank, choices, day, lines, rows
from portal.applications.procedures.fields.component import Component
from portal.applications.procedures.schema import FormField, Kind

IN_ROWS: Mapping[Kind, Component] = {
    Kind.TEXT: lines.TEXT,
    Kind.LONG_TEXT: lines.LONG_TEXT,
    Kind.NUMBER: lines.NUMBER,
    Kind.AMOUNT: lines.AMOUNT,
    Kind.NAME: lines.NAME,
    Kind.KANA: lines.KANA,
    Kind.DATE: day.DAY,
    Kind.ADDRESS: address.ADDRESS,
    Kind.PHONE: lines.PHONE,
    Kind.EMAIL: lines.EMAIL,
    Kind.CHOICE: choices.CHOICE,
    Kind.YES_NO: choices.CHOICE,
    Kind.BANK: bank.BANK,
}
COMPONENTS: Mapping[Kind, Component] = {
    **IN_ROWS,
    Kind.MEMBERS: choices.MEMBERS,
    Kind.LICENCE: choices.LICENCE,
    Kind.ROWS: rows.component(IN_ROWS),
    Kind.ATTACHMENT: attachment.ATTACHMENT,
}


def component_of(asked: FormField) -> Component:
    return COMPONENTS[asked.type]
