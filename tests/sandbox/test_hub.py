"""A sandbox as a hub with two sandboxes behind it: what is for one, for all, for nobody in particular."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from localrun.platform import eventually
from sandbox import Partner

HUB_PARTY = ("LU", "SBH")


class Behind:
    """A CPO BE/SBC and an eMSP DE/SBM, each registered with the hub LU/SBH alone."""

    def __init__(self, stack: ExitStack, version: str = "2.2.1", break_: str = "") -> None:
        self.hub, self.cpo, self.emsp = (
            stack.enter_context(Partner(role, version)) for role in ("HUB", "CPO", "EMSP")
        )
        for each in (self.hub, self.cpo, self.emsp):
            each.do("answers", after=0)
        for each in (self.cpo, self.emsp):
            invited = self.hub.do("invite")
            each.do("register", versions_url=invited["versions_url"], token=invited["token"])
        met = [("SBC", self.emsp), ("SBM", self.cpo)]
        assert eventually(lambda: all(_knows(each, party) for party, each in met))
        if break_:
            self.hub.do("break", name=break_)

    def charge(self) -> dict[str, Any]:
        """The eMSP starts a charge at a Location of the CPO, by its id alone; what became of the command."""
        self.cpo.do("push", module="locations")
        asked = self.emsp.do("command", command="START_SESSION", body={"location_id": "AMS1"})
        found: dict[str, Any] = self.emsp.do("result", id=asked["id"], seconds=2)
        return found


def _knows(partner: Partner, party: str) -> bool:
    return party in [each["party_id"] for each in partner.held("hubclientinfo")]


@pytest.fixture
def behind() -> Iterator[Callable[..., Behind]]:
    with ExitStack() as stack:
        yield lambda *arguments: Behind(stack, *arguments)


def _ends(headers: dict[str, str]) -> tuple[str, str, str, str]:
    names = ("from-country-code", "from-party-id", "to-country-code", "to-party-id")
    country, party, to_country, to_party = (headers.get(f"ocpi-{name}", "") for name in names)
    return country, party, to_country, to_party


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_a_broadcast_reaches_everybody_from_the_hub_and_keeps_its_owner(
    behind: Callable[..., Behind], version: str
) -> None:
    """HUB-16, HUB-17, HUB-22: taken by the hub, then FROM the hub TO each, under the owner's URL."""
    three = behind(version)
    told = three.cpo.do("push", module="locations")
    assert told["sent"] == told["accepted"] == 4
    assert eventually(lambda: len(three.emsp.held("locations")) == 4)
    heard = three.emsp.heard("PUT", "/locations")[0]
    assert "/locations/BE/SBC/" in heard.path
    assert _ends(heard.headers) == (*HUB_PARTY, "DE", "SBM")


def test_nothing_of_one_customer_is_broadcast(behind: Callable[..., Behind]) -> None:
    """HUB-21."""
    three = behind()
    body = {"id": "S1"}
    to = {"OCPI-to-country-code": HUB_PARTY[0], "OCPI-to-party-id": HUB_PARTY[1]}
    for module, method, path in (("sessions", "PUT", "/BE/SBC/S1"), ("cdrs", "POST", "")):
        said = three.cpo.do(
            "request", method=method, module=module, side="RECEIVER", path=path, body=body, headers=to
        )
        assert said["status_code"] == 2001, module


def test_a_list_of_everybody_has_what_all_of_them_broadcast(behind: Callable[..., Behind]) -> None:
    """HUB-30, HUB-32."""
    three = behind()
    three.cpo.do("push", module="locations")
    three.emsp.do("pull", module="locations")
    assert {each["party_id"] for each in three.emsp.held("locations")} == {"HBC", "SBC"}


def test_a_command_to_nobody_finds_the_owner_of_its_location_and_its_result_the_way_back(
    behind: Callable[..., Behind],
) -> None:
    """HUB-27, HUB-06, HUB-08, HUB-09: end parties on all four legs, and URLs that lead to the hub."""
    three = behind()
    assert three.charge()["result"] == {"result": "ACCEPTED"}
    asked, forwarded = (
        three.emsp.sent("POST", "/START_SESSION")[0],
        three.cpo.heard("POST", "/START_SESSION")[0],
    )
    assert _ends(forwarded.headers) == ("DE", "SBM", "BE", "SBC")
    assert forwarded.json["response_url"].startswith(three.hub.base_url)
    assert forwarded.headers["x-correlation-id"] == asked.headers["x-correlation-id"]
    assert forwarded.headers["x-request-id"] != asked.headers["x-request-id"]
    result = three.emsp.heard("POST", "/results/")[0]
    assert _ends(result.headers) == ("BE", "SBC", "DE", "SBM")


def test_a_session_and_its_cdr_find_their_customer_and_the_cdr_is_read_through_the_hub(
    behind: Callable[..., Behind],
) -> None:
    """HUB-27, CDR-13: the Location of a CDR leads to the hub, which asks its receiver."""
    three = behind()
    three.charge()
    assert eventually(lambda: three.cpo.charges)
    three.cpo.do("stop")
    assert eventually(lambda: three.emsp.held("cdrs"))
    assert [each["status"] for each in three.emsp.held("sessions")] == ["COMPLETED"]
    assert eventually(lambda: three.cpo.sent("POST", "/cdrs"))  # answered after the eMSP has it
    location = three.cpo.sent("POST", "/cdrs")[0].answer_headers["location"]
    assert location.startswith(three.hub.base_url)
    path = location.removeprefix(three.cpo.peers.named().url("cdrs", "RECEIVER"))
    read = three.cpo.do("request", method="GET", module="cdrs", side="RECEIVER", path=path)
    assert read["data"]["id"] == three.emsp.held("cdrs")[0]["id"]


def test_a_page_behind_the_hub_links_to_the_hub(behind: Callable[..., Behind]) -> None:
    three = behind()
    to = {"OCPI-to-country-code": "BE", "OCPI-to-party-id": "SBC"}
    said = three.emsp.do(
        "request", method="GET", module="locations", side="SENDER", path="?limit=1", headers=to
    )
    assert said["headers"]["link"].startswith(f"<{three.hub.base_url}/")
    assert _ends(said["headers"]) == ("BE", "SBC", "DE", "SBM")


def _forwarded(three: Behind) -> Any:
    three.charge()
    return three.cpo.heard("POST", "/START_SESSION")[0]


BROKEN: dict[str, Callable[[Behind], Any]] = {
    "hub_keeps_request_id": lambda three: (
        _forwarded(three).headers["x-request-id"]
        == three.emsp.sent("POST", "/START")[0].headers["x-request-id"]
    ),
    "hub_drops_correlation_id": lambda three: (
        _forwarded(three).headers["x-correlation-id"]
        != three.emsp.sent("POST", "/START")[0].headers["x-correlation-id"]
    ),
    "hub_speaks_for_itself": lambda three: _ends(_forwarded(three).headers)[:2] == HUB_PARTY,
    "hub_keeps_urls": lambda three: _forwarded(three).json["response_url"].startswith(three.emsp.base_url),
    "hub_routes_nothing": lambda three: three.charge() and not three.cpo.heard("POST", "/START_SESSION"),
    "hub_keeps_broadcasts": lambda three: (
        three.cpo.do("push", module="locations") and not three.emsp.heard("PUT", "/locations")
    ),
    "hub_broadcasts_as_sender": lambda three: (
        three.cpo.do("push", module="locations")
        and eventually(lambda: three.emsp.heard("PUT", "/locations"))
        and _ends(three.emsp.heard("PUT", "/locations")[0].headers)[:2] == ("BE", "SBC")
    ),
    "hub_hides_refusals": lambda three: (
        three.cpo.do("refuse", code=2003, module="commands")
        and three.cpo.do("push", module="locations")
        and three.emsp.do("command", command="START_SESSION", body={"location_id": "AMS1"})["status_code"]
        == 1000
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_rule_of_routing_can_be_broken(behind: Callable[..., Behind], name: str) -> None:
    assert BROKEN[name](behind("2.2.1", name))
