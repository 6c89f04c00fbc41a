"""Steps 1 to 4 of the day: a notice, a passkey, a pre-application, a correction."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import FilePayload, Page, expect

from portal.core import clock
from portal.demo import cast
from tests.journeys.browsers import Passkeys, fill_date, path_of, press, reload_until
from tests.journeys.day import Day, sign_in_staff, sign_out
from tests.patience import until
from tests.portal.files import papers

TITLE = "お子さんが3歳になる前に：児童手当の手続き"
BODY = (
    "3歳未満のお子さんがいるご家庭へのお知らせです。\n\n"
    "児童手当をまだ申請していない方は、自宅で入力してから区役所にお越しください。窓口は数分で終わります。"
)
PHONE_TYPED, PHONE_CORRECTED = "０９０－００００－１１", "０９０－００００－１１２２"
COMMENT = "昼間につながる番号を最後まで書いてください。"
NEXT = "main form.form button.button--primary"


def clerk_writes_a_notice_and_sends_it(day: Day) -> None:
    page = day.clerk
    sign_in_staff(page, day.office, cast.SENDER)
    page.goto(f"{day.office}/staff/notices/new")
    press(page, "#begin button")
    page.locator("input[name=kind][value=task]").check()
    page.locator("#title").fill(TITLE)
    page.locator("#body").fill(BODY)
    due = clock.today() + timedelta(days=30)
    fill_date(page, "due_on", due.year, due.month, due.day)
    page.locator("#procedure").select_option("child-allowance")
    page.locator("#ward").select_option("中央区")
    page.locator("#child_under").select_option("3")
    day.picture(page, "compose-1280")
    press(page, "main form.form .actions .button--primary")
    day.learnt.notice = page.url.rpartition("/")[2]
    press(page, "main form .actions .button--primary")
    until(lambda: _delivered(page) >= 2, "the worker delivers to taro and hanako, who have a child under 3 in 中央区")


def _delivered(page: Page) -> int:
    """What the notice's page says about deliveries, loaded anew."""
    page.reload()
    return number_in(page.locator(".summary__row").nth(3).locator("dd").first.inner_text())


def number_in(words: str) -> int:
    return int("".join(re.findall(r"\d", words)) or "0")


def resident_signs_in_and_reads(day: Day) -> None:
    page = day.phone
    page.goto(f"{day.home}/sign-in")
    page.locator("input[name=login_id]").fill(cast.HANAKO.login_id)
    page.locator("input[name=password]").fill(cast.HANAKO.password)
    press(page, "main form.form button[type=submit]")
    day.passkeys = Passkeys(page)
    page.goto(f"{day.home}/account/passkeys")
    page.locator("[data-passkey-start]").click()
    expect(page.locator(".list__row .list__title")).to_have_count(1)
    sign_out(page)
    sign_in_with_passkey(day)
    page.goto(f"{day.home}/mailbox")
    unread = page.locator(".list__row--unread", has_text=TITLE)
    expect(unread).to_have_count(1)
    day.picture(page, "mailbox-390")
    press(page, f".list__row--unread:has-text('{TITLE}') a")
    expect(page.locator("h1")).to_have_text(TITLE)
    day.picture(page, "notice-390")
    clerk_sees_that_it_was_read(day)


def sign_in_with_passkey(day: Day) -> None:
    page = day.phone
    if path_of(page) != "/sign-in":
        page.goto(f"{day.home}/sign-in")
    with page.expect_navigation():
        page.locator("[data-passkey-start]").click()
    expect(page.locator(".menu__who")).to_contain_text(cast.HANAKO.name)


def clerk_sees_that_it_was_read(day: Day) -> None:
    page = day.clerk
    page.goto(f"{day.office}/staff/notices/{day.learnt.notice}/receipts")
    row = page.locator("tr", has_text=cast.HANAKO.name)
    expect(row.locator("td").nth(1)).to_contain_text(re.compile(r"\d{1,2}:\d{2}"))
    expect(page.locator("tr", has_text=cast.TARO.name).locator("td").nth(1)).not_to_contain_text(":")


def resident_types_at_home(day: Day) -> None:
    page = day.phone
    press(page, "main article .actions a.button--primary")
    press(page, "main form[action$='/start'] button")
    page.locator("input[name=reason][value=birth]").check()
    born = cast.residents(clock.today())[2].birth_date
    fill_date(page, "since", born.year, born.month, born.day)
    press(page, NEXT)
    expect(page.locator("input[name=name]")).to_have_value(cast.HANAKO.name)
    expect(page.locator("input[name=kana]")).to_have_value(cast.HANAKO.kana)
    expect(page.locator("input[name=address-town]")).to_have_value(re.compile(cast.HANAKO.town))
    page.locator("input[name=phone]").fill(PHONE_TYPED + "２２")
    press(page, NEXT)
    page.locator("input[name=occupation][value=employee]").check()
    closes_the_tab_and_comes_back(day)


def closes_the_tab_and_comes_back(day: Day) -> None:
    """What was typed a moment ago is still there, although nobody pressed anything."""
    page = day.phone
    saved = page.locator("[data-autosave-status]")
    expect(saved).to_contain_text(re.compile(r"\d:\d\d"))
    assert day.passkeys.keep() == 1
    context = page.context
    page.close()
    day.phone = page = context.new_page()
    day.passkeys.move_to(page)
    page.goto(f"{day.home}/procedures/child-allowance")
    press(page, "main a.button[href$='/resume']")
    assert path_of(page).endswith("/tasks")
    press(page, "main .actions a.button")
    assert path_of(page).endswith("/steps/work")
    expect(page.locator("input[name=occupation][value=employee]")).to_be_checked()


def resident_checks_and_sends(day: Day) -> None:
    page = day.phone
    page.locator("input[name=pension][value=employees]").check()
    press(page, NEXT)
    expect(page.locator("input[name=has_spouse][value=yes]")).to_be_checked()
    press(page, NEXT)
    expect(page.locator("input[name=spouse_name]")).to_have_value(cast.TARO.name)
    page.locator("input[name=spouse_occupation][value=employee]").check()
    page.locator("input[name=spouse_lives_here][value=yes]").check()
    press(page, NEXT)
    expect(page.locator("main")).to_contain_text(cast.SAKURA.name)
    page.locator("input[name=lives_apart][value=no]").check()
    page.locator("input[name=has_older_children][value=no]").check()
    press(page, NEXT)
    page.locator("input[name=pay_to][value=registered]").check()
    press(page, NEXT)
    attaches_a_photo(day)
    assert path_of(page).endswith("/check")
    corrects_one_answer(page)
    day.picture(page, "check-answers-390")
    press(page, "main form[action$='/submit'] button")
    assert path_of(page).endswith("/done")
    day.learnt.application = path_of(page).split("/")[2]
    day.learnt.reference = "-".join(page.locator(".receipt__number span").all_inner_texts())
    expect(page.locator(".qr__code svg")).to_have_count(1)
    day.picture(page, "done-390")


def attaches_a_photo(day: Day) -> None:
    """Chosen, it is sent at once and shown; nothing need be pressed."""
    page = day.phone
    photo: FilePayload = {"name": "資格確認書.jpg", "mimeType": "image/jpeg", "buffer": papers.photo(1_600, 1_200)}
    page.locator("#insurance_paper").set_input_files(photo)
    expect(page.locator(".documents__row")).to_contain_text("資格確認書.jpg")
    press(page, NEXT)


def corrects_one_answer(page: Page) -> None:
    """From the check page to one question and straight back."""
    press(page, ".summary__change a[href$='#phone']")
    page.locator("input[name=phone]").fill(PHONE_TYPED)
    press(page, NEXT)
    if page.locator(".field--error").count():  # too short: told at the field, nothing is lost
        expect(page.locator("input[name=phone]")).to_have_value(PHONE_TYPED)
        page.locator("input[name=phone]").fill("０９０－００００－１１１１")
        press(page, NEXT)
    assert path_of(page).endswith("/check")


def centre_asks_for_one_correction(day: Day) -> None:
    page = day.centre
    sign_in_staff(page, day.office, cast.PROCESSOR)
    page.goto(f"{day.office}/staff/applications")
    press(page, f"a:text-is('{day.learnt.reference}')")
    press(page, "form[action$='/claim'] button")
    page.locator("select[name=reason-phone]").select_option("incomplete")
    page.locator("input[name=comment-phone]").fill(COMMENT)
    day.picture(page, "review-1280")
    press(page, "button[form=correction]")


def resident_corrects(day: Day) -> None:
    page = day.phone
    page.goto(f"{day.home}/mailbox")
    asked = f".list__row--unread:has(.tag--warning):has-text('{day.learnt.reference}')"
    reload_until(page, asked, "the notice that a correction is needed")
    press(page, f"{asked} a")
    press(page, "main article .actions a.button--primary")
    expect(page.locator("main")).to_contain_text(COMMENT)
    page.locator("input[name=phone]").fill(PHONE_CORRECTED)
    press(page, NEXT)


def centre_finds_it_ready(day: Day) -> None:
    page = day.centre
    page.goto(f"{day.office}/staff/applications/{day.learnt.application}")
    press(page, "form[action$='/claim'] button")
    expect(page.locator("tr", has=page.locator("[name=reason-phone]"))).to_contain_text("1122")
    press(page, "form[action$='/ready'] button[data-key=a]")
    page = day.phone
    page.goto(f"{day.home}/applications/{day.learnt.application}")
    expect(page.locator("main a[href^='/reservations/new']")).to_have_count(1)
