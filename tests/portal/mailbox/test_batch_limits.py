"""Where batches are reported to, and how fast a system may ask."""

import pytest

from portal.core.uow import Database
from portal.mailbox.batches import rules, webhooks
from portal.web import pace


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.city.example/x",
        "https://other.example/x",
        "https://hooks.city.example.evil.example/",
        "https://hooks.city.example@evil.example/",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "file:///etc/passwd",
        "https://hooks.city.example:22/x",
    ],
)
def test_production_reports_to_named_hosts_alone(url: str) -> None:
    with pytest.raises(rules.WebhookRefused):
        rules.check_webhook(url, {"hooks.city.example"}, demo=False)


def test_a_named_host_that_leads_into_the_house_is_not_spoken_with() -> None:
    rules.check_webhook("https://hooks.city.example/x", {"hooks.city.example"}, demo=False)
    with pytest.raises(ValueError, match="inside"):
        webhooks._address("localhost", 443, near=False)
    with pytest.raises(rules.WebhookRefused):
        rules.check_webhook("http://hooks.city.example/x", (), demo=True)


def test_a_bucket_gives_its_burst_and_then_its_pace(database: Database) -> None:
    with database.command("take") as session:
        for _ in range(20):
            pace.take(session, "someone", limit=60)
        with pytest.raises(pace.TooFast) as fast:
            pace.take(session, "someone", limit=60, tokens=10)  # one may have dripped in meanwhile, not ten
        assert 9 <= fast.value.facts["wait"] <= 10
        pace.take(session, "somebody else", limit=60)
