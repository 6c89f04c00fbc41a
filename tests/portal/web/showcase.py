"""The templates without the portal: plain Jinja, the words as they stand in the code, a small server for a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import DictLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from jinja2.loaders import ChoiceLoader

from portal.core import work
from tests import serving

WEB = Path(__file__).resolve().parents[3] / "portal" / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self' http://127.0.0.1:8200; form-action 'self'"
)
FORMATS = {
    "yen": lambda yen: f"{yen:,} yen",
    "points": lambda points: f"{points:,} points",
    "date": lambda day: f"{day:%Y-%m-%d}",
    "datetime": lambda at: f"{at:%Y-%m-%d %H:%M}",
    "time": lambda at: f"{at:%H:%M}",
    "reference": str,
    "office": str,
    "office_words": str,
}
RESIDENT = SimpleNamespace(kind="resident", display_name="架空 花子", office="")
STAFF = SimpleNamespace(kind="staff", display_name="架空 次郎", label="中央区役所 市民総合窓口課", office="chuo")
STRANGER = SimpleNamespace(kind="stranger", display_name="", office="")
BOARD = {
    "office": "中央区役所",
    "now": "10:24",
    "message": None,
    "url": "/board.json",
    "calls": [{"ticket": "E004", "window": 3}, {"ticket": "A017", "window": 5}],
    "waiting": [{"label": "優先窓口", "count": 3}],
}


def environment(pages: dict[str, str]) -> Environment:
    """Jinja as the portal sets it up, strict about names; *pages* are further templates by name."""
    loader = ChoiceLoader([FileSystemLoader(WEB / "templates"), PrefixLoader({"page": DictLoader(pages)})])
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(str, lambda one, many, n: one if n == 1 else many, newstyle=True)  # type: ignore[attr-defined]
    made.globals["url_for"] = lambda endpoint, filename="": f"/{endpoint}/{filename}"
    made.globals["kept"] = lambda macro, *facts: macro(*facts)
    made.globals["kept_around"] = made.globals["kept"]
    made.filters.update(FORMATS)
    return made


def context(actor: SimpleNamespace = RESIDENT, **more: Any) -> dict[str, Any]:
    """What every page gets from the portal."""
    return {
        "locale": "en",
        "languages": [("ja", "日本語", "?lang=ja"), ("en", "English", "?lang=en")],
        "csrf_token": lambda: "token",
        "actor": actor,
        "reader": "",
        "page_path": "/",
        "alarms": (),
        "form_page": "",
        "demo": True,
        "demo_clock": datetime(2026, 11, 22, 10, 0),
        "signed_in": actor.kind != "stranger",
        "idle_seconds": 900,
        "staff_search": "/staff/window" if actor.kind == "staff" else None,
        "nav": [("Home", "/", True, None), ("Notices", "/notices", False, 3)],
        **more,
    }


def render(template: str, actor: SimpleNamespace = RESIDENT, **more: Any) -> str:
    return environment({}).get_template(template).render(context(actor, **more))


def render_text(source: str, **more: Any) -> str:
    """A page given as text: what a room's author writes."""
    return environment({"text.html": source}).get_template("page/text.html").render(context(**more))


def all_pages() -> dict[str, str]:
    """Every page the hall itself can show, rendered."""
    day = date(2026, 11, 22)
    refusal = {"status": 404, "code": "not-found", "message": "There is no such page.", "next_step": "Check it."}
    return {
        "components": render("components.html"),
        "components-stranger": render("components.html", STRANGER),
        "accessibility": render("accessibility.html"),
        "error": render("errors/error.html", **refusal, number="1f2e3d4c", base="base.html", way=("Top page", "/")),
        "waiting": render("waiting_room.html", place=12, seconds=10, refresh=10),
        "board": render("board_base.html", STRANGER, board=BOARD),
        "staff": render_text(STAFF_PAGE, actor=STAFF, day=day),
        "form": render_text(FORM_PAGE),
        "work": render_text(WORK_PAGE, task=TASK),
        "upload": render_text(UPLOAD_PAGE),
    }


STAFF_PAGE = """{% extends "staff_base.html" %}
{% from "components/table.html" import table %}{% from "components/card_bridge.html" import card_bridge %}
{% from "components/passkey.html" import passkey_sign_in %}{% from "components/keys_dialog.html" import key %}
{% block title %}Visits of {{ day|date }}{% endblock %}
{% block keys %}{{ key("n", "Call the next person") }}{% endblock %}
{% block main %}{{ table("Visits", ["Number", "Time", "Fee"], [["E001", "10:00", "200"]], numbers=[2]) }}
{{ card_bridge("/staff/verify", csrf_token(), "abc", "http://127.0.0.1:8200", "pair") }}
{{ passkey_sign_in("/o", "/v", csrf_token()) }}{% endblock %}"""


FORM_PAGE = """{% extends "base.html" %}{% from "components/kana_name.html" import kana_name %}
{% from "components/postal_address.html" import postal_address %}{% from "components/textarea.html" import textarea %}
{% from "components/autosave.html" import autosave_status %}
{% block title %}Move{% endblock %}
{% block main %}<form class="form" method="post" data-autosave-url="/draft">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">{{ kana_name("name", "Your name") }}
{{ postal_address("address", "New address") }}{{ textarea("message", "Message") }}{{ autosave_status() }}
</form>{% endblock %}"""

UPLOAD_PAGE = """{% extends "base.html" %}{% block title %}Papers{% endblock %}
{% block main %}<form class="form" method="post" action="/papers" data-upload data-file-limit="1000"
  data-sending="{percent} percent" data-checking="Checking" data-broken="Broken" data-large="{name} is too large">
<label for="paper">Paper</label><input class="file" type="file" id="paper" name="paper">
<div data-upload-button><button class="button" name="act" value="add">Add</button></div>
<div class="upload" data-upload-progress hidden>
<label for="sent">Sent</label><progress id="sent" max="100" value="0"></progress></div>
<p role="status" data-upload-status></p></form>{% endblock %}"""

TASK = work.give(b"key", "reserve", bits=14, wait=20)
WORK_PAGE = """{% extends "base.html" %}{% from "components/proof_of_work.html" import proof_of_work %}
{% block title %}Reserve{% endblock %}
{% block main %}<form class="form" method="post" action="/reserve">{{ proof_of_work(task) }}
<button class="button">Reserve</button></form>{% endblock %}"""


@contextmanager
def served() -> Iterator[str]:
    """The pages at /<name> with the portal's content policy; gives the address."""
    pages = all_pages()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path.strip("/"))
            if page is None:
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(WEB)))
    serving.begin(server)
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        serving.end(server)
