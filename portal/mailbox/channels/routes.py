"""How I am told: the page, its forms, what browsers need for push, and the link that stops mail."""

import json
from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import service as accounts
from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.mailbox.channels import rules, service
from portal.mailbox.channels.forms import AddressForm, CodeForm, NumberCodeForm, NumberForm, TopicsForm
from portal.mailbox.channels.rules import OTHER_PAUSED_WORDS, PAUSED_WORDS, Channel, Paused
from portal.mailbox.channels.service import Wishes
from portal.mailbox.channels.ways import Ways
from portal.web import throttle
from portal.web.access import Access, SignInNeeded
from portal.web.hall import hall
from portal.web.i18n import gettext, language
from portal.web.room import Room

room = Room("channels", __name__)
PAGE = "/mailbox/channels"
# A quarter of an hour: codes for one person, codes to one address, whoever asks; renewals from one address.
CODES, CODES_TO, RENEWALS = 5, 3, 20
# A day: nobody is written to without end, who has nothing to do with the city.
CODES_A_DAY, CODES_TO_A_DAY = 10, 6


def own(actor: Actor) -> UUID:
    if actor.id is None:
        raise SignInNeeded
    return actor.id


def ways_of() -> Ways:
    return Ways.of(hall().settings)


def page(
    session: Session,
    actor: Actor,
    *,
    address: AddressForm | None = None,
    code: CodeForm | None = None,
    number: NumberForm | None = None,
    text_code: NumberCodeForm | None = None,
    line_code: str = "",
) -> str:
    """The page as it stands, with forms that came back."""
    ways, wishes = ways_of(), service.wishes_of(session, own(actor))
    return render_template(
        "channels/page.html",
        wishes=wishes,
        paused=_paused(wishes),
        mail_works=ways.mail is not None,
        texts_work=ways.texts is not None,
        numbers=_numbers(wishes),
        line_name=ways.line.name if ways.line else "",
        line_code=line_code,
        number=(number or NumberForm()).label(),
        text_code=(text_code or NumberCodeForm()).label(),
        push_key=ways.push.public_key if ways.push else "",
        address=(address or AddressForm()).label(),
        code=(code or CodeForm()).label(),
        topics=_topics(wishes).label(),
        most_devices=rules.MOST_DEVICES,
        saved="saved" in request.args,
        changing="address" in request.args or address is not None,
    )


def _topics(wishes: Wishes) -> TopicsForm:
    chosen = {name: [topic for topic in rules.Topic if getattr(one, topic)] for name, one in wishes.chosen.items()}
    return TopicsForm(data={**chosen, "hourly": wishes.hourly})


def _numbers(wishes: Wishes) -> dict[str, str]:
    """Telephone numbers as people write them."""
    kept = wishes.contacts.get(Channel.SMS)
    return {name: text.show_phone(getattr(kept, name, "")) for name in ("address", "wanted")}


def _paused(wishes: Wishes) -> dict[Channel, str]:
    """Why nothing is sent on a channel for now, in words."""
    found = {channel: why for channel in rules.CHOSEN if (why := wishes.paused(channel))}
    return {
        channel: gettext((PAUSED_WORDS if channel == Channel.MAIL else OTHER_PAUSED_WORDS)[Paused(why)])
        for channel, why in found.items()
    }


@room.page(PAGE, access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """How I am told: by mail, on which devices, about what."""
    return page(session, actor)


@room.page(PAGE, access=Access.RESIDENT, methods=("POST",))
def choose(session: Session, actor: Actor) -> Redirect:
    """Be told about these topics."""
    form = TopicsForm.read().label()
    if form.validate():  # only a page of ours has these boxes: what is no topic changes nothing
        service.choose_topics(session, own(actor), form.wanted(), hourly=form.hourly.data)
    return redirect(f"{PAGE}?saved=1", 303)


@room.page(f"{PAGE}/mail", access=Access.RESIDENT, methods=("POST",))
def want_address(session: Session, actor: Actor) -> Any:
    """Send a code to the address that was typed."""
    if ways_of().mail is None:
        raise rules.MailOff
    form = AddressForm.read()
    if not form.validate():
        return page(session, actor, address=form), 422
    box = rules.box_of(form.address.data)
    throttle.guard(session, "mail-code", str(actor.id), limit=CODES)
    throttle.guard(session, "mail-code-to", box, limit=CODES_TO)
    throttle.guard_day(session, "mail-code", str(actor.id), limit=CODES_A_DAY)
    throttle.guard_day(session, "mail-code-to", box, limit=CODES_TO_A_DAY)
    service.want_address(session, own(actor), form.address.data)
    return redirect(f"{PAGE}#e-mail", 303)


@room.page(f"{PAGE}/mail/code", access=Access.RESIDENT, methods=("POST",))
def confirm_address(session: Session, actor: Actor) -> Any:
    """The code shows that the address is the person's own."""
    form = CodeForm.read()
    if form.validate() and service.confirm_address(session, ways_of(), own(actor), form.code.data):
        accounts.tell(session, own(actor), kind="mail-address", device="")
        return redirect(f"{PAGE}?saved=1", 303)
    if not form.errors:
        wrong = rules.CodeWrong
        form.code.errors = [f"{gettext(wrong.message)} {gettext(wrong.next_step)}"]
    return page(session, actor, code=form), 422


@room.page(f"{PAGE}/mail/remove", access=Access.RESIDENT, methods=("POST",))
def remove_address(session: Session, actor: Actor) -> Redirect:
    """No mail any more; the address is forgotten."""
    service.remove_address(session, own(actor))
    return redirect(f"{PAGE}?saved=1", 303)


@room.page(f"{PAGE}/mail/resume", access=Access.RESIDENT, methods=("POST",))
def resume_mail(session: Session, actor: Actor) -> Redirect:
    """Mail again, after it was stopped or refused."""
    service.resume(session, own(actor), Channel.MAIL)
    return redirect(f"{PAGE}?saved=1", 303)


# --- devices ----------------------------------------------------------------------------------------------------


def _sent() -> dict[str, Any]:
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise rules.DeviceRefused
    return value


@room.page(f"{PAGE}/devices", access=Access.RESIDENT, methods=("POST",))
def add_device(session: Session, actor: Actor) -> Response:
    """Keep what this browser's push service gave it."""
    name = accounts.device_name(request.user_agent.string or "") or gettext("Unknown browser")
    service.add_device(session, ways_of(), own(actor), _sent(), name=name)
    accounts.tell(session, own(actor), kind="push-device", device=name)
    return jsonify(next=f"{PAGE}?saved=1")


@room.page(f"{PAGE}/devices/<uuid:device>/remove", access=Access.RESIDENT, methods=("POST",))
def remove_device(session: Session, actor: Actor, device: UUID) -> Redirect:
    """Tell nothing on this device any more."""
    service.remove_device(session, own(actor), device)
    return redirect(f"{PAGE}?saved=1", 303)


@room.protocol(f"{PAGE}/devices/renew", purpose=Purpose.OWN_USE)
def renew_device(session: Session) -> tuple[str, int]:
    """A browser's push service gave it a new address (`pushsubscriptionchange`); it shows the old one, a secret."""
    throttle.guard(session, "push-renewal", request.remote_addr or "", limit=RENEWALS)
    sent = _sent()
    return "", 204 if service.renew_device(session, ways_of(), sent.get("old"), sent.get("new")) else 404


@room.page("/push-worker.js", access=Access.PUBLIC)
def push_worker(session: Session, actor: Actor) -> Response:
    """The service worker that shows push messages; from the root, because that is what it is for."""
    response = current_app.send_static_file("js/push_worker.js")
    response.headers["Cache-Control"] = "no-cache"
    return response


@room.page("/manifest.webmanifest", access=Access.PUBLIC)
def manifest(session: Session, actor: Actor) -> Response:
    """What a phone needs to put the portal on its home screen (on iPhones push needs that)."""
    icons = [{"src": f"/static/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)]
    name = gettext("Citizen portal")
    about = {
        "id": "/",
        "name": f"{hall().settings.city_name} {name}",
        "short_name": name,
        "lang": language(),
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": "#ffffff",
        "theme_color": "#0055ad",
        "icons": icons,
    }
    return Response(json.dumps(about, ensure_ascii=False), mimetype="application/manifest+json")


# --- the link in every mail -------------------------------------------------------------------------------------


@room.page("/mail/stop", access=Access.PUBLIC)
def ask_stop_mail(session: Session, actor: Actor) -> str:
    """Asks once: mail programs open links by themselves."""
    token = request.args.get("token", "")
    service.whose_stop_link(session, ways_of(), token)
    return render_template("channels/stop.html", token=token, stopped=False)


@room.protocol("/mail/stop", purpose=Purpose.OWN_USE)
def stop_mail(session: Session) -> str:
    """Stop at one click: the page's button, or a mail program's own (RFC 8058), which knows no form of ours."""
    service.stop_mail(session, ways_of(), request.args.get("token", ""))
    return render_template("channels/stop.html", token="", stopped=True)
