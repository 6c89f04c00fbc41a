"""The official Python client, unchanged, against this portal over HTTP: every method it has."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from notifications_python_client import prepare_upload
from notifications_python_client.errors import HTTPError
from pypdf import PdfWriter

from portal.core import clock, outbox
from portal.demo import cast
from portal.mailbox.notify.calls import SEND
from portal.mailbox.notify.protocol import KeyKind, Kind
from tests.browser import Visitor
from tests.conftest import ResidentClient
from tests.portal.mailbox.notify.conftest import HANAKO, Programs

VALUES = {"what": "健診", "name": "花子"}
LINES = ("見本 花子 様", "千葉市中央区中央1-1", "260-0013")
LETTER = {f"address_line_{number}": line for number, line in enumerate(LINES, 1)}


def finished_letter() -> io.BytesIO:
    writer, made = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.write(made)
    return io.BytesIO(made.getvalue())


def refused(call: Callable[[], Any]) -> tuple[int, list[str]]:
    with pytest.raises(HTTPError) as caught:
        call()
    return caught.value.status_code, [f"{error['error']}: {error['message']}" for error in caught.value.message]


def test_what_a_stranger_typed_holds_no_link(programs: Programs) -> None:
    client, template = programs.client(), programs.template(body="((name)) ((note))")
    typed = {"what": "健診", "name": "[押す](https://evil.example/x?y) evil.example", "Note": "see evil.example"}
    sent = client.send_email_notification(HANAKO, template, typed, sanitise_content_for=["NAME"])
    assert sent["content"]["body"] == "[押す]( evil. example see evil.example"
    assert sent["sanitised_content"] == {"name": {"unsanitised": typed["name"], "sanitised": "[押す]( evil. example"}}
    programs.work()
    (mail,) = programs.post.taken
    assert "https://evil" not in mail.get_content()
    assert client.send_email_notification(HANAKO, template, typed)["sanitised_content"] == {}


def test_a_mail_goes_out_with_its_text_and_lies_in_the_mailbox_of_whose_address_it_is(
    programs: Programs, resident_client: ResidentClient
) -> None:
    client = programs.client()
    with_reply = client.send_email_notification(
        HANAKO, programs.template(), VALUES, reference="a-1", one_click_unsubscribe_url="https://city.example/stop"
    )
    assert (with_reply["content"]["subject"], with_reply["content"]["body"]) == ("健診のお知らせ", "花子さん")
    assert client.get_notification_by_id(with_reply["id"])["status"] == "created"
    programs.work()
    (letter,) = programs.post.taken
    assert (letter["To"], letter["Subject"]) == (HANAKO, "健診のお知らせ")
    assert "花子さん" in letter.get_content()
    assert letter["List-Unsubscribe"] == "<https://city.example/stop>"
    told = client.get_notification_by_id(with_reply["id"])
    assert (told["status"], told["email_address"], told["reference"]) == ("delivered", HANAKO, "a-1")
    assert told["completed_at"]
    assert "健診のお知らせ" in resident_client("hanako").get("/mailbox").text


def test_every_other_method_of_the_client(programs: Programs) -> None:
    client = programs.client()
    email, letter = programs.template(), programs.template(Kind.LETTER)
    sent = [
        client.send_email_notification("stranger@home.example", email, VALUES, reference=f"r-{n}") for n in range(3)
    ]
    paper = client.send_letter_notification(letter, VALUES | LETTER, reference="paper")
    finished = client.send_precompiled_letter_notification("finished", finished_letter(), postage="first")
    assert finished["postage"] == "first"
    for one in (paper, finished):
        assert client.get_pdf_for_letter(one["id"]).read(5) == b"%PDF-"
    told = client.get_notification_by_id(paper["id"])
    assert (told["status"], told["line_1"], told["line_3"]) == ("accepted", "見本 花子 様", "260-0013")

    listed = [one["id"] for one in client.get_all_notifications_iterator(template_type="email")]
    assert listed == [one["id"] for one in reversed(sent)]
    assert len(client.get_all_notifications()["notifications"]) == 5
    by_reference = client.get_all_notifications(reference="r-1", status="created", include_jobs=True)["notifications"]
    assert [one["id"] for one in by_reference] == [sent[1]["id"]]
    assert client.get_all_notifications(status="failed")["notifications"] == []
    older = client.get_all_notifications(older_than=sent[1]["id"])["notifications"]
    assert [one["id"] for one in older] == [sent[0]["id"]]

    known = client.get_template(email)
    assert (known["type"], known["version"], sorted(known["personalisation"])) == ("email", 1, ["name", "what"])
    assert client.get_template_version(email, 1) == known
    assert client.get_all_template_versions(email)["data"] == [known]
    assert {one["type"] for one in client.get_all_templates()["templates"]} == {"email", "letter"}
    assert [one["id"] for one in client.get_all_templates("letter")["templates"]] == [letter]
    shown = client.post_template_preview(email, VALUES | {"name": ["花子", "太郎"]})
    assert (shown["subject"], shown["body"]) == ("健診のお知らせ", "* 花子\n* 太郎さん")
    assert client.get_received_texts()["received_text_messages"] == []
    assert list(client.get_received_texts_iterator()) == []


def test_what_is_wrong_is_said_in_the_words_programs_compare(programs: Programs) -> None:
    client, template = programs.client(), programs.template()
    bad, invalid = "BadRequestError", "ValidationError"
    nobody = str(uuid4())
    cases: list[tuple[Callable[[], Any], int, list[str]]] = [
        (
            lambda: client.send_email_notification(HANAKO, template),
            400,
            [f"{bad}: Missing personalisation: what, name"],
        ),
        (
            lambda: client.send_email_notification("no address", "no id", VALUES),
            400,
            [f"{invalid}: email_address Not a valid email address", f"{invalid}: template_id is not a valid UUID"],
        ),
        (lambda: client.send_email_notification(HANAKO, nobody, VALUES), 400, [f"{bad}: Template not found"]),
        (
            lambda: client.post("/v2/notifications/email", {"template_id": template, "more": 1}),
            400,
            [
                f"{invalid}: email_address is a required property",
                f"{invalid}: Additional properties are not allowed (more was unexpected)",
            ],
        ),
        (
            lambda: client.send_letter_notification(template, VALUES | LETTER),
            400,
            [f"{bad}: email template is not suitable for letter notification"],
        ),
        (
            lambda: client.send_sms_notification("090-1234-5678", template, VALUES),
            400,
            [f"{bad}: Service is not allowed to send text messages"],
        ),
        (
            lambda: client.send_email_notification(HANAKO, template, VALUES, email_reply_to_id=nobody),
            400,
            [f"{bad}: email_reply_to_id {nobody} does not exist in database for service id {programs.section}"],
        ),
        (lambda: client.get_notification_by_id(nobody), 404, ["NoResultFound: No result found"]),
        (lambda: client.get_notification_by_id("x"), 400, [f"{invalid}: notification_id is not a valid UUID"]),
        (
            lambda: client.get_all_notifications(template_type="fax"),
            400,
            [f"{invalid}: template_type fax is not one of [sms, email, letter]"],
        ),
        (lambda: client.get_template(nobody), 404, ["NoResultFound: No result found"]),
        (lambda: client.post_template_preview(template, {}), 400, [f"{bad}: Missing personalisation: what, name"]),
    ]
    for call, status, errors in cases:
        assert refused(call) == (status, errors)
    assert client.get_all_notifications()["notifications"] == []


def test_keys_of_three_kinds_and_what_is_no_key(programs: Programs) -> None:
    template = programs.template()
    test_key = programs.client(KeyKind.TEST)
    sent = test_key.send_email_notification(HANAKO, template, VALUES)
    assert test_key.get_notification_by_id(sent["id"])["status"] == "delivered"
    failing = test_key.send_email_notification("perm-fail@home.example", template, VALUES)
    assert test_key.get_notification_by_id(failing["id"])["status"] == "permanent-failure"
    team = programs.client(KeyKind.TEAM, guests=(HANAKO,))
    team.send_email_notification(HANAKO, template, VALUES)
    told = "BadRequestError: Can’t send to this recipient using a team-only API key"
    assert refused(lambda: team.send_email_notification("other@home.example", template, VALUES)) == (400, [told])
    programs.work()
    assert len(programs.post.taken) == 1
    assert [len(client.get_all_notifications()["notifications"]) for client in (test_key, team)] == [2, 1]

    stranger = programs.client()
    stranger.api_key = str(uuid4())
    assert refused(stranger.get_all_templates) == (403, ["AuthError: Invalid token: API key not found"])
    stranger.service_id = str(UUID(int=0))
    assert refused(stranger.get_all_templates) == (403, ["AuthError: Invalid token: service not found"])


def test_a_file_is_fetched_by_whoever_knows_the_address_it_went_to(programs: Programs) -> None:
    client = programs.client()
    template = programs.template(body="開くには ((link_to_file))")
    upload = prepare_upload(finished_letter(), filename="shinsei.pdf", confirm_email_before_download=True)
    sent = client.send_email_notification("stranger@home.example", template, {"what": "書類", "link_to_file": upload})
    door = sent["content"]["body"].partition(programs.settings.base_url)[2]
    visitor = Visitor(programs.app)
    page = visitor.get(door)
    assert "shinsei.pdf" in page.text
    assert visitor.submit(page, door, address="other@home.example").status == 422
    file = visitor.submit(page, door, address="Stranger@home.example")
    assert file.status == 200


def test_what_is_scheduled_leaves_and_is_read_at_its_time_and_a_named_person_needs_no_proven_address(
    programs: Programs, resident_client: ResidentClient
) -> None:
    client, template = programs.client(), programs.template()
    at = clock.now() + timedelta(hours=2)
    form = {
        "email_address": "office@home.example",
        "template_id": template,
        "personalisation": VALUES | {"addressee_number": cast.HANAKO.addressee_number},
        "scheduled_for": at.isoformat(),
    }
    sent = client.post("/v2/notifications/email", form)
    assert sent["scheduled_for"] == at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    programs.work()
    hanako = resident_client("hanako")
    assert programs.post.taken == []
    assert "健診のお知らせ" not in hanako.get("/mailbox").text
    with clock.freeze(at + timedelta(minutes=1)):
        with programs.database.command("look") as session:
            outbox.wake(session, SEND[Kind.EMAIL])
        programs.work()
    assert len(programs.post.taken) == 1
    assert "健診のお知らせ" in hanako.get("/mailbox").text


@pytest.mark.parametrize("issued", [10**400, -(10**400), 1e308, float("inf"), float("nan"), True, "now", [], None])
def test_a_token_of_no_time_is_refused_and_so_is_a_body_too_deep_to_read(programs: Programs, issued: Any) -> None:
    _name, service, secret = programs.key().partition(str(programs.section))
    calls, key = programs.app.test_client(), OctKey.import_key(secret.removeprefix("-"))

    def post(at: Any) -> int:
        token = jwt.encode({"alg": "HS256"}, {"iss": service, "iat": at}, key)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return calls.post("/v2/notifications/email", data="[" * 100_000, headers=headers).status_code

    assert post(issued) == 403
    assert post(int(clock.machine_now().timestamp())) == 400


def test_an_address_or_a_method_that_is_no_call_is_refused_in_notifys_shape(programs: Programs) -> None:
    client = Visitor(programs.app).client
    for address in ("/v2/nothing", "/v2", "/v2/notifications/email/x/y"):
        unknown = client.get(address)
        assert (unknown.status_code, unknown.mimetype) == (404, "application/json"), address
        assert unknown.json["result"] == "error"
        assert "not found" in unknown.json["message"]
    wrong = client.delete("/v2/notifications/email")
    assert (wrong.status_code, wrong.mimetype) == (405, "application/json")
    assert wrong.json == {"result": "error", "message": "The method is not allowed for the requested URL."}
    assert "POST" in wrong.headers["Allow"]
    assert client.get("/v2x").mimetype == "text/html", "a page of people's"
    assert client.get("/api/v1/nothing").mimetype == "application/problem+json"
