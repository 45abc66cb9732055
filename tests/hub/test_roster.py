"""Who is there, in the `roles` of 2.3.0: partners read it when they register, and are sent it later."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.partners import health
from tests import samples
from tests.harness import Hand
from tests.hub.joining import join, role, routed, statuses, told
from tests.stub import Canned, PartnerStub, Received


def put_roles(stub: PartnerStub) -> list[list[str]]:
    """The parties in each of the credentials that a partner was PUT."""
    return [
        ["/".join((each["country_code"], each["party_id"])) for each in found.json["roles"]]
        for found in stub.requests("PUT", "/credentials")
    ]


def test_a_partner_of_2_3_0_is_sent_new_roles_once_an_hour(hub: Hand) -> None:
    """AMB-20, CNV-210: hubclientinfo at once, the credentials a little later, several changes at once."""
    new = join(hub, "EMSP/DE/NWM", version="2.3.0")
    old = join(hub, "EMSP/DE/MSP", version="2.2.1")
    hub.clock.advance(1800)
    join(hub, "CPO/NL/CPO")
    hub.drain()
    assert {each.path.rpartition("/")[2] for each in told(new, "hubclientinfo")} >= {"CPO"}
    assert put_roles(new) == []
    join(hub, "CPO/BE/BEC")
    hub.clock.advance(1900)
    hub.drain()
    assert [sorted(each) for each in put_roles(new)] == [["BE/BEC", "DE/MSP", "NL/CPO"]]
    assert put_roles(old) == []
    for _ in range(3):
        hub.clock.advance(4000)
        hub.drain()
    assert len(put_roles(new)) == 1, "nothing has changed since"


def test_one_that_does_not_take_them_is_sent_them_again_in_an_hour(hub: Hand) -> None:
    new = join(hub, "EMSP/DE/NWM", version="2.3.0")
    hub.clock.advance(4000)
    new.answer("PUT", "credentials", status=500)
    join(hub, "CPO/NL/CPO")
    hub.drain()
    tried = len(put_roles(new))
    assert tried >= 1
    new.forget()
    hub.clock.advance(1800)
    hub.drain()
    assert put_roles(new) == []
    hub.clock.advance(1900)
    hub.drain()
    assert put_roles(new) == [["NL/CPO"]]


def test_a_party_that_registers_anew_has_been_told(hub: Hand) -> None:
    join(hub, "CPO/NL/CPO")
    new = join(hub, "EMSP/DE/NWM", version="2.3.0")
    for _ in range(2):
        hub.clock.advance(4000)
        hub.drain()
    assert put_roles(new) == []


@pytest.fixture
def listing(cpo: PartnerStub) -> PartnerStub:
    """A CPO whose list has L1 and L2, and that broadcast L3."""
    cpo.objects["locations"] = [place("L1"), place("L2")]
    return cpo


def place(id: str, **more: Any) -> dict[str, Any]:
    return samples.location(id, country_code="NL", party_id="CPO", **more)


def shown(hub: Hand, emsp: PartnerStub) -> list[str]:
    return sorted(each["id"] for each in hub.ask("GET", "/ocpi/2.2.1/sender/locations", emsp.token).data)


def crawl(hub: Hand, cpo: PartnerStub, **how: Any) -> dict[str, Any]:
    hub.operate("pull", partner=cpo.id, module="locations", **(how or {"full": True}))
    hub.drain()
    hub.clock.advance(10)
    found = hub.operate("pulls", partner=cpo.id)["pulls"]
    return dict(next(each for each in found if each["module"] == "locations"))


def test_a_pull_hides_what_an_earlier_list_had_and_not_what_was_broadcast(
    hub: Hand, listing: PartnerStub, emsp: PartnerStub
) -> None:
    """AMB-28, AMB-33; design section 12: a hub hides only what it pulled."""
    cpo = listing
    path = "/ocpi/2.2.1/receiver/locations/NL/CPO"
    assert hub.ask("PUT", f"{path}/L3", cpo.token, place("L3")).code == 1000
    assert crawl(hub, cpo)["state"] == "COMPLETED"
    assert shown(hub, emsp) == ["L1", "L2", "L3"]
    cpo.objects["locations"] = [place("L2"), place("L4", last_updated=samples.later(5))]
    crawl(hub, cpo, date_from=samples.later(4))
    assert shown(hub, emsp) == ["L1", "L2", "L3", "L4"]
    cpo.objects["locations"] = [place("L2")]
    assert crawl(hub, cpo)["state"] == "COMPLETED"
    assert shown(hub, emsp) == ["L2", "L3"], "L1 by the list, L4 by the list of what changed"
    assert hub.ask("PUT", f"{path}/L1", cpo.token, place("L1", last_updated=samples.later(9))).code == 1000
    crawl(hub, cpo)
    assert shown(hub, emsp) == ["L1", "L2", "L3"], "L1 was broadcast since, and in no list since"
    cpo.objects["locations"] = []
    crawl(hub, cpo)
    assert shown(hub, emsp) == ["L1", "L3"]


def test_a_token_that_comes_before_word_of_its_party_is_sent_again(hub: Hand) -> None:
    """Whoever joins a hub may push before the others heard of it; a strict one knows no such party."""
    cpo = join(hub, "CPO/BE/BEC")
    emsp = join(hub, "EMSP/DE/NWM")
    token = samples.their_token("DE", "NWM")
    path = f"/ocpi/2.2.1/receiver/tokens/DE/NWM/{token['uid']}"
    cpo.answer("PUT", "/tokens", times=1, status=404, code=2001, message="DE/NWM is no party of yours")
    assert hub.ask("PUT", path, token=emsp.token, body=token, headers=routed("DE/NWM")).code == 1000
    hub.drain()
    hub.clock.advance(30)
    hub.drain()
    assert len(cpo.requests("PUT", "/tokens")) == 2
    assert hub.operate("deliveries")["deliveries"] == []
    hub.clock.advance(3600)
    cpo.answer(path="/tokens", status=404, code=2001, message="DE/NWM is no party of yours")
    newer = {**token, "valid": False, "last_updated": samples.later(600)}
    assert hub.ask("PUT", path, token=emsp.token, body=newer, headers=routed("DE/NWM")).code == 1000
    hub.drain()
    (left,) = hub.operate("deliveries")["deliveries"]
    assert left["state"] == "REFUSED"


@pytest.fixture
def joining(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of having just joined, since the machine may be slow."""
    monkeypatch.setattr(health, "JOINING", 3600)


def test_who_asks_before_word_of_it_is_introduced_and_asked_for_again(hub: Hand, joining: None) -> None:
    """HCI-10, HUB-33: a command waits for nobody; a strict far side refuses whom it never heard of."""
    cpo = hub.register_partner([role("CPO/BE/BEC")])
    emsp = hub.register_partner([role("EMSP/DE/NWM")])

    def strict(request: Received) -> Canned | None:
        known = [each for each in cpo.requests("PUT", "/hubclientinfo/DE/NWM") if each.json["role"] == "EMSP"]
        refused = Canned(code=2001, message="OCPI-from: DE/NWM is no party of yours")
        return None if known or "/hubclientinfo" in request.path else refused

    cpo.script(strict)
    command = {
        "response_url": f"{emsp.base_url}/r",
        "location_id": "L1",
        "token": samples.their_token("DE", "NWM"),
    }
    path, headers = "/ocpi/2.2.1/receiver/commands/START_SESSION", routed("DE/NWM", "BE/BEC")
    answer = hub.ask("POST", path, token=emsp.token, body=command, headers=headers)
    assert (answer.code, answer.data["result"]) == (1000, "ACCEPTED"), answer.text
    assert [each.path.split("/")[3] for each in cpo.received] == ["commands", "hubclientinfo", "commands"]
    ids = [each.headers["x-request-id"] for each in cpo.received]
    assert len(set(ids)) == 3
    told_first = cpo.requests("PUT", "/hubclientinfo")[0]
    assert not [name for name in told_first.headers if name.startswith("ocpi-")]
    hub.drain()
    assert statuses(cpo) == {"EMSP/DE/NWM": "CONNECTED"}


@pytest.mark.parametrize(("version", "times"), [("2.1.1", 1), ("2.2.1", 2), ("2.3.0", 2)])
def test_what_is_refused_for_another_reason_is_asked_twice_at_most(
    hub: Hand, joining: None, version: str, times: int
) -> None:
    """And once, where all have heard of all, or nobody tells it of others."""
    cpo, emsp = (
        hub.register_partner([role("CPO/BE/BEC")], version),
        hub.register_partner([role("EMSP/DE/NWM")]),
    )
    cpo.answer("GET", "/locations", code=2001, message="no")
    for asked in (times, 1):
        cpo.received.clear()
        answer = hub.ask(
            "GET", "/ocpi/2.2.1/sender/locations", emsp.token, headers=routed("DE/NWM", "BE/BEC")
        )
        assert answer.code == 2001
        assert len(cpo.requests("GET", "/locations")) == asked
        hub.clock.advance(7200)
