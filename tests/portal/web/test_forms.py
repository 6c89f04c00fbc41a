"""What a refused form shows again may stand on a page: no NUL, no megabyte; what can be corrected is all there."""

from flask import Flask
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from portal.web import forms
from portal.web.forms import CityForm, DayField, LongTextField, TextField


class Asked(CityForm):
    name = TextField()
    note = LongTextField()
    how = RadioField(choices=[SelectChoice("post", "Post")])
    born = DayField()
    more = TextField()


def refused(app: Flask, **typed: str) -> Asked:
    with app.test_request_context(method="POST", data=typed):
        form = Asked.read()
        assert not form.validate()
        return form


def test_signs_no_page_may_hold_do_not_come_back(app: Flask) -> None:
    form = refused(app, name="架空\x00花子", note="一\r\n二\x1b", how="\x00", **{"born-year": "20\x0026"})
    assert form.name._value() == "架空花子"
    assert form.note._value() == "一\r\n二"
    assert form.how.data == ""
    assert form.born.parts["year"] == "2026"


def test_a_text_too_long_comes_back_to_be_shortened_but_not_without_end(app: Flask) -> None:
    form = refused(app, name="あ" * 300, note="あ" * 50_000, more="あ" * 50_000)
    assert len(form.name._value()) == 300
    assert len(form.note._value()) == forms.TEXT_SHOWN
    assert len(form.more._value()) == forms.LINE_SHOWN
