"""Rows of the inside that were held in part, or by reading alone."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.ocpi.timestamps import seconds_between
from tests import samples
from tests.samples import EMSP_ROLES, later

OTHER_CPO = [{"role": "CPO", "country_code": "BE", "party_id": "OTH"}]


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600", "OCPI_PULL_INTERVAL": "0"}


def test_i7_an_outage_of_the_queues_longer_than_twenty_attempts_loses_no_push(
    platform: Any, operate: Any, drain: Any, emsp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row I7: SQS takes nothing in 25 attempts; every change of that batch is pushed."""
    sqs, left = platform.clients.sqs, [100]  # an attempt sends four times
    real = {name: getattr(sqs, name) for name in ("send_message", "send_message_batch")}
    monkeypatch.setattr("chalicelib.aws.queues.time.sleep", lambda _: None)

    def away(name: str) -> Any:
        def send(**asked: Any) -> Any:
            if left[0] > 0 and asked["QueueUrl"].endswith("-push"):
                left[0] -= 1
                raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "away"}}, name)
            return real[name](**asked)

        return send

    for name in real:
        monkeypatch.setattr(sqs, name, away(name))
    operate("put", module="locations", objects=[samples.location(f"L{at}", 1) for at in range(3)])
    operate("put", module="tariffs", object=samples.tariff())
    for _ in range(200):
        if not left[0]:
            break
        drain(sweep=False)
    assert left == [0]
    drain()
    came = {each.path.split("/")[-1] for each in emsp.requests("PUT")}
    assert came == {"L0", "L1", "L2", "T1"}


def test_i11_whoever_comes_after_five_lists_that_hang_begins_within_five_seconds(
    operate: Any, drain: Any, clock: Any, cpo: Any, register_partner: Any, platform: Any
) -> None:
    """Row I11: by the platform's clock, while the slow one has all the slots there are for it."""
    from chalicelib.delivery import crawl
    from chalicelib.store.pulls import Pulls

    other = register_partner(roles=OTHER_CPO)
    drain()
    other.forget()
    for _ in range(crawl.SLOTS):
        assert Pulls(platform).take_slot(cpo.id, "", crawl.SLOTS, 130)
    for module in ("locations", "tariffs", "sessions", "cdrs"):
        operate("pull", partner=cpo.id, module=module, full=True)
    asked_at = clock()
    operate("pull", partner=other.id, module="tariffs", full=True)
    drain(sweep=False)
    assert len(other.requests("GET", "/sender/tariffs")) == 1
    assert cpo.requests("GET", "/sender/") == []
    (pull,) = operate("pulls", partner=other.id, module="tariffs")["pulls"]
    assert pull["state"] == "COMPLETED"
    assert seconds_between(asked_at, clock()) < 5


def test_i17_a_call_of_aws_that_hangs_ends_before_the_function_does(platform: Any) -> None:
    """Row I17: all attempts together, within the 29 seconds of a request."""
    for client in (platform.clients.dynamodb, platform.clients.sqs, platform.clients.events):
        config = client.meta.config
        attempts = config.retries["total_max_attempts"]
        assert config.read_timeout <= 8
        assert (config.connect_timeout + config.read_timeout) * attempts <= 30


@pytest.mark.parametrize("written", ["https://ocpi.example.com/", "https://ocpi.example.com/roaming//"])
def test_i14_no_url_of_ours_has_two_slashes(make_platform: Any, written: str) -> None:
    """Row I14: versions URL, version details, invitation and next link."""
    hand = make_platform({"OCPI_BASE_URL": written})
    stub = hand.register_partner(EMSP_ROLES)
    for at in range(2):
        hand.operate("put", module="tariffs", object=samples.tariff(f"T{at}", last_updated=later(at)))
    versions = hand.ask("GET", "/ocpi/versions", token=stub.token)
    details = hand.ask("GET", "/ocpi/2.2.1", token=stub.token)
    page = hand.ask("GET", "/ocpi/2.2.1/sender/tariffs?limit=1", token=stub.token)
    urls = [each["url"] for each in [*versions.data, *details.data["endpoints"]]]
    urls.append(hand.operate("invite", name="Another")["versions_url"])
    urls.append(page.headers["link"][1:].partition(">")[0])
    assert len(urls) > 8
    for url in urls:
        assert url.startswith(written.rstrip("/") + "/ocpi/"), url
        assert "//" not in url.removeprefix("https://"), url
