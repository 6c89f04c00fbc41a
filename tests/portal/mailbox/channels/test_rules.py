"""Where messages may go, when, and that only their reader can read them; no database needed."""

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr, ValidationError

from portal.config import Mode, Settings
from portal.core import lookups
from portal.core.clock import JST
from portal.mailbox.channels import mail, push_services, rules, tokens, webpush
from portal.mailbox.channels.rules import Says
from tests.portal.mailbox.channels.push_service import unb64

# RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
READER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SALT, AUTH = "DGv6ra1nlYgDCS1FRnbzlw", "BTBZMqHH6r4Tts7J_aSIgg"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_a_message_is_sealed_as_the_standard_says() -> None:
    key = ec.derive_private_key(int.from_bytes(unb64(SENDER), "big"), ec.SECP256R1())
    sealed = webpush.seal(PLAIN, p256dh=unb64(READER), auth=unb64(AUTH), key=key, salt=unb64(SALT))
    assert sealed == unb64(SEALED)


def test_the_portals_key_is_the_same_after_a_restart_and_another_with_another_secret() -> None:
    keys = {webpush.point(webpush.portal_key(secret)) for secret in (b"one", b"one", b"two")}
    assert len(keys) == 2
    assert webpush.point(webpush.portal_key(b"one", SENDER)) == webpush.point(webpush.portal_key(b"two", SENDER))


GOOD = "https://fcm.googleapis.com/fcm/send/abc:123"
HOSTILE = [
    "http://fcm.googleapis.com/fcm/send/abc",
    "https://127.0.0.1/a",
    "https://[::1]/a",
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/a",
    "https://evil.example/a",
    "https://fcm.googleapis.com.evil.example/a",
    "https://evilpush.apple.com@127.0.0.1/a",
    "https://fcm.googleapis.com@evil.example/a",
    "https://user:password@fcm.googleapis.com/a",
    "https://fcm.googleapis.com:22/a",
    "https://fcm.googleapis.com:65536/a",
    "https://fcm.googleapis.com:443@evil.example/",
    "https://fcm.googleapis.com\\@evil.example/",
    "https://fcm.googleapis.com/a\r\nX: y",
    "https://evilnotify.windows.com/a",
    "https://2130706433/a",
    "ftp://fcm.googleapis.com/a",
    "file:///etc/passwd",
    "",
    GOOD + "x" * 10_000,
]


@pytest.mark.parametrize("endpoint", HOSTILE, ids=lambda endpoint: endpoint[:50] or "empty")
def test_no_browser_sends_the_portal_elsewhere(endpoint: str) -> None:
    with pytest.raises(rules.DeviceRefused):
        rules.check_endpoint(endpoint, {"10.0.0.1"})


def test_known_push_services_and_those_of_the_city_are_taken() -> None:
    assert rules.check_endpoint(GOOD) == ("fcm.googleapis.com", 443, False)
    assert rules.check_endpoint("https://wns2-ch1p.notify.windows.com/w/?token=a")[0] == "wns2-ch1p.notify.windows.com"
    assert rules.check_endpoint("https://push.city.example/a", {"push.city.example"})[2] is False
    assert rules.check_endpoint("http://127.0.0.1:9/a", {"127.0.0.1:9"}) == ("127.0.0.1", 9, True)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("142.250.1.1", True), ("2a00:1450::1", True), ("127.0.0.1", False), ("10.1.2.3", False), ("::1", False),
        ("169.254.169.254", False), ("::ffff:127.0.0.1", False), ("fe80::1%eth0", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("224.0.0.1", False), ("fd00::1", False), ("64:ff9b::7f00:1", False), ("fec0::1", False),
        ("64:ff9b:1::a00:1", False), ("2002:7f00:1::", False), ("::7f00:1", False), ("2001:0:7f00:1::", False),
    ],
)  # fmt: skip
def test_a_name_that_leads_into_the_house_is_seen(address: str, public: bool) -> None:
    assert rules.is_public(address) is public


def test_a_known_name_is_still_looked_at_when_it_is_sent_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name's owner, or whoever answers for it, may say any address: what the network says is no code of ours."""
    inside = [(0, 0, 0, "", ("142.250.1.1", 443)), (0, 0, 0, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(lookups.socket, "getaddrinfo", lambda *_args, **_more: inside)
    with pytest.raises(ValueError, match="inside"):
        push_services._address("fcm.googleapis.com", 443, may_be_near=False)


@pytest.mark.parametrize("typed", ["", "a", "*" * 87, None, 7, "A" * 10_000, "BA" * 40])
def test_bad_keys_are_refused(typed: object) -> None:
    with pytest.raises(rules.DeviceRefused):
        rules.read_key(typed, 65)


# What is told, at what time in Japan, once an hour or not → when it may be sent.
@pytest.mark.parametrize(
    ("says", "at", "hourly", "sent"),
    [
        (Says.LETTER, "2026-12-07 12:20", False, "2026-12-07 12:20"),
        (Says.LETTER, "2026-12-07 12:20", True, "2026-12-07 13:00"),
        (Says.LETTER, "2026-12-07 20:59", False, "2026-12-07 20:59"),
        (Says.LETTER, "2026-12-07 20:30", True, "2026-12-08 08:00"),
        (Says.LETTER, "2026-12-07 21:00", False, "2026-12-08 08:00"),
        (Says.VISIT, "2026-12-08 03:00", False, "2026-12-08 08:00"),
        (Says.APPLICATION, "2026-12-08 07:59", True, "2026-12-08 08:00"),
        (Says.TOMORROW, "2026-12-08 08:00", False, "2026-12-08 08:00"),
        (Says.NEAR, "2026-12-07 23:30", True, "2026-12-07 23:30"),
        (Says.SECURITY, "2026-12-07 03:30", True, "2026-12-07 03:30"),
    ],
)
def test_nobody_is_woken_but_for_what_cannot_wait(says: Says, at: str, hourly: bool, sent: str) -> None:
    now, wanted = (datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=JST) for text in (at, sent))
    assert rules.due(says, now, hourly=hourly) == wanted


def test_a_server_is_left_alone_longer_each_time_and_as_long_as_it_asks() -> None:
    assert [rules.pause(attempt) for attempt in (1, 2, 3, 20)] == [
        timedelta(minutes=minutes) for minutes in (1, 2, 4, 60)
    ]
    assert rules.pause(1, timedelta(minutes=10)) == timedelta(minutes=10)
    assert rules.pause(1, timedelta(days=3)) == rules.LONGEST_PAUSE
    assert push_services._asked("120") == timedelta(seconds=120)
    assert push_services._asked("soon") is None
    assert push_services._asked(f"Mon, 20 Nov {'9' * 20} 07:28:00 GMT") is None
    assert push_services._asked("Wed, 21 Oct 2015 07:28:00 GMT")


@pytest.mark.parametrize("to", ["a@b.example\r\nBcc: c@d.example", "a@b.example\nX: y"])
def test_no_header_comes_in_with_an_address_or_a_title(to: str) -> None:
    server = mail.MailServer("smtp://127.0.0.1", "portal@city.example", "市")
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        mail.letter(server, to=to, subject="a", text="b", key="k", language="ja")
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        mail.letter(server, to="a@b.example", subject=to, text="b", key="k", language="ja")


def test_what_stops_mail_is_no_text_anybody_can_make_up() -> None:
    for token in ("", "x", "ä", "A" * 43, "A" * 5000):
        assert tokens.whose_token(token) is None or len(token) == 43


PRODUCTION = {"mode": Mode.PRODUCTION, "master_secret": SecretStr("s" * 40), "base_url": "https://city.example"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_url": "smtp://mail.city.example", "mail_from": "portal@city.example"},
        {"smtp_url": "smtps://mail.city.example"},
        {"smtp_url": "https://mail.city.example", "mail_from": "portal@city.example"},
        {"push_hosts": "127.0.0.1:8120"},
        {"push_contact": "somebody"},
        {"push_key": "not a key"},
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**PRODUCTION, **wrong)
    assert Settings(**PRODUCTION, smtp_url="smtps://u:p@mail.city.example", mail_from="portal@city.example")
