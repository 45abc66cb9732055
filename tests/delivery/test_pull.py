"""Fetching a partner's objects, whatever the partner does (design section 8)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.delivery import absent, pull
from chalicelib.ocpi import jsontext
from chalicelib.tasks import PullPage
from tests import samples
from tests.harness import EMSP
from tests.samples import CPO_ROLES, later
from tests.stub import Canned


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600", "OCPI_PULL_INTERVAL": "7200"}


def theirs(id: str, **more: Any) -> dict[str, Any]:
    found = jsontext.dumps(samples.location(id, 1, **{"country_code": "BE", "party_id": "BEC", **more}))
    located: dict[str, Any] = jsontext.loads(found)
    return located


def fetched(stub: Any, module: str = "locations") -> list[dict[str, str]]:
    return [each.query for each in stub.requests("GET", f"/sender/{module}")]


def held(operate: Any, module: str = "locations", **more: Any) -> list[str]:
    answer = operate("list", module=module, party="BE/BEC", limit=500, **more)
    return sorted(each["id"] for each in answer["objects"])


def change_pages(cpo: Any, change: Callable[[Any, Canned], None]) -> None:
    """Let this see and change what the partner answers to each request for its Locations."""

    def decide(request: Any) -> Canned | None:
        if not request.path.endswith("/sender/locations"):
            return None
        said: Canned = cpo._page(request, "locations")
        change(request, said)
        return said

    cpo.script(decide)


def test_a_full_pull_fetches_every_page(operate: Any, drain: Any, events: Any, cpo: Any) -> None:
    """TRA-40: by following the links; progress in `pulls`, PullCompleted at the end."""
    cpo.objects["locations"] = [theirs(f"L{at}") for at in range(7)]
    cpo.page_limit = 3
    begun = operate("pull", partner=cpo.id, module="locations", full=True)
    assert begun["state"] == "RUNNING"
    drain()
    assert held(operate) == [f"L{at}" for at in range(7)]
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    shown = {name: pull[name] for name in ("id", "state", "pages", "objects", "set_aside", "total")}
    assert shown == {
        "id": begun["id"],
        "state": "COMPLETED",
        "pages": 3,
        "objects": 7,
        "set_aside": 0,
        "total": 7,
    }
    told = [each["detail"] for each in events("PullCompleted") if each["detail"]["objects"]]
    assert [(each["module"], each["partner"]) for each in told] == [("locations", cpo.id)]


def test_registration_fetches_what_the_partner_has(register_partner: Any, drain: Any) -> None:
    """TRA-95: of the modules our parties receive, in the partner's version."""
    old = register_partner(roles=CPO_ROLES, version="2.1.1")
    drain()
    modules = {each.path.split("/")[-1] for each in old.requests("GET", "/sender/")}
    assert modules == {"locations", "tariffs", "sessions", "cdrs"}


def test_a_second_pull_asks_for_what_changed_since_the_first(
    operate: Any, drain: Any, clock: Any, cpo: Any
) -> None:
    operate("pull", partner=cpo.id, module="locations")
    drain()
    assert "date_from" in fetched(cpo)[-1]
    operate("pull", partner=cpo.id, module="locations", date_from="2026-01-01T00:00:00Z")
    drain()
    assert fetched(cpo)[-1]["date_from"] == "2026-01-01T00:00:00Z"
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    assert "date_from" not in fetched(cpo)[-1]


def test_pulls_come_again_by_schedule(drain: Any, clock: Any, cpo: Any) -> None:
    clock.advance(7200 * 1.3)
    drain()
    assert len(fetched(cpo)) == 1
    clock.advance(7200 * 1.2)
    drain()
    assert len(fetched(cpo)) == 2


def test_an_older_state_does_not_replace_a_newer_one(ask: Any, operate: Any, drain: Any, cpo: Any) -> None:
    newer = theirs("L1", name="pushed", last_updated=later(9))
    assert ask("PUT", "/ocpi/2.2.1/receiver/locations/BE/BEC/L1", token=cpo.token, body=newer).code == 1000
    cpo.objects["locations"] = [theirs("L1", name="listed")]
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    assert operate("get", module="locations", party="BE/BEC", id="L1")["object"]["name"] == "pushed"


def test_one_bad_object_is_set_aside(operate: Any, drain: Any, cpo: Any) -> None:
    """TRA-18, TRA-58, TRA-59: the rest of its page is kept; the finding and the raw body are shown."""
    bad = theirs("L1")
    del bad["coordinates"]
    cpo.objects["locations"] = [
        theirs("L0"),
        bad,
        {"name": "nonsense"},
        theirs("L2"),
        theirs("L3", party_id="XXX"),
    ]
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    assert held(operate) == ["L0", "L2"]
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert (pull["state"], pull["objects"], pull["set_aside"]) == ("COMPLETED", 2, 3)
    assert any("coordinates" in each["finding"] for each in pull["findings"])
    assert "L1" in [each["object_id"] for each in pull["findings"]]


@pytest.mark.parametrize(
    "canned", [{"status": 500}, {"body": b"<html>"}, {"code": 3000}, {"data": "no list"}]
)
def test_a_page_that_fails_is_tried_again_there(
    operate: Any, drain: Any, clock: Any, cpo: Any, canned: dict[str, Any]
) -> None:
    """Resumed at that page, not from the beginning."""
    cpo.objects["locations"] = [theirs(f"L{at}") for at in range(4)]
    cpo.page_limit = 2
    failing = {"left": 1}

    def decide(request: Any) -> Canned | None:
        if request.query.get("offset") == "2" and failing["left"]:
            failing["left"] -= 1
            return Canned(**canned)
        return None

    cpo.script(decide)
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    clock.advance(10)
    drain()
    assert [each["offset"] for each in fetched(cpo)] == ["0", "2", "2"]
    assert held(operate) == [f"L{at}" for at in range(4)]


def test_a_refused_pull_fails_with_the_partners_words(operate: Any, drain: Any, cpo: Any) -> None:
    cpo.answer("GET", "/sender/locations", status=403, code=2000, message="not for you")
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert pull["state"] == "FAILED"
    assert "not for you" in pull["reason"]


def linked(cpo: Any, link: str, **more: Any) -> None:
    """Every page of locations has this next link."""
    headers = {"Link": f'<{link}>; rel="next"', "X-Total-Count": "5"}

    def decide(request: Any) -> Canned | None:
        if request.path.endswith("/sender/locations"):
            at = int(request.query.get("offset", 0))
            named = {name: value.replace("{next}", str(at + 1)) for name, value in headers.items()}
            return Canned(**{"data": [theirs("L1")], "headers": named, **more})
        return None

    cpo.script(decide)


def test_a_link_to_another_host_is_not_followed(operate: Any, drain: Any, cpo: Any) -> None:
    """Design section 10: the token goes nowhere the partner did not announce."""
    linked(cpo, "https://evil.example/next")
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert (pull["state"], pull["objects"]) == ("FAILED", 1)
    assert "did not announce" in pull["reason"]


def test_links_that_lead_in_a_circle_end(operate: Any, drain: Any, cpo: Any) -> None:
    linked(cpo, f"{cpo.url('SENDER', 'locations')}?offset=7")
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert pull["state"] == "FAILED"
    assert pull["pages"] < 6


@pytest.mark.parametrize("data", [[], None])
def test_pages_that_never_bring_anything_new_end(operate: Any, drain: Any, cpo: Any, data: Any) -> None:
    """An empty page with a next link is tolerated, some times."""
    more = {"data": []} if data is not None else {}
    linked(cpo, f"{cpo.url('SENDER', 'locations')}?offset={{next}}", **more)
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert pull["state"] == "FAILED"
    assert pull["pages"] <= 5


def test_a_wrong_total_is_tolerated(operate: Any, drain: Any, cpo: Any) -> None:
    cpo.objects["locations"] = [theirs(f"L{at}") for at in range(4)]
    cpo.page_limit = 2
    real = cpo._page

    def lying(request: Any, module: str) -> Canned:
        answer: Canned = real(request, module)
        answer.headers["X-Total-Count"] = "1000000"
        return answer

    cpo._page = lying
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    assert held(operate) == [f"L{at}" for at in range(4)]


def test_a_total_that_drops_steps_one_back(operate: Any, drain: Any, cpo: Any) -> None:
    """TRA-39: an object that left the window moved the others up by one."""
    cpo.objects["locations"] = [theirs(f"L{at}") for at in range(6)]
    cpo.page_limit = 2

    def decide(request: Any) -> Canned | None:
        if request.query.get("offset") == "2" and len(cpo.objects["locations"]) == 6:
            del cpo.objects["locations"][0]
        return None

    cpo.script(decide)
    operate("pull", partner=cpo.id, module="locations", date_from="2026-01-01T00:00:00Z")
    drain()
    assert held(operate) == [f"L{at}" for at in range(6)]
    assert [each["offset"] for each in fetched(cpo)][:3] == ["0", "2", "1"]


def test_what_a_complete_crawl_no_longer_lists_is_hidden(
    operate: Any, drain: Any, events: Any, cpo: Any
) -> None:
    """AMB-33, TRA-41: hidden, not deleted, and only after a complete crawl; listed again it is back."""
    cpo.objects["locations"] = [theirs("L0"), theirs("L1")]
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    cpo.objects["locations"] = [theirs("L0")]
    operate("pull", partner=cpo.id, module="locations", date_from="2026-01-01T00:00:00Z")
    drain()
    assert not [each for each in events("ObjectChanged") if each["detail"].get("hidden")]
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    hidden = [each["detail"]["id"] for each in events("ObjectChanged") if each["detail"].get("hidden")]
    assert hidden == ["L1"]
    assert operate("get", module="locations", party="BE/BEC", id="L1")["object"]["id"] == "L1"


TWO_CPOS = [*CPO_ROLES, {"role": "CPO", "country_code": "BE", "party_id": "BED"}]


def asked_of(stub: Any) -> list[str]:
    """Whose lists of Locations were asked for since, by OCPI-to; forgotten then."""
    asked = [each.headers["ocpi-to-party-id"] for each in stub.requests("GET", "/sender/locations")]
    stub.received.clear()
    return asked


def list_by_party(stub: Any, held: dict[str, list[dict[str, Any]]]) -> None:
    """Let the partner list what the party has that OCPI-to names."""

    def decide(request: Any) -> Canned | None:
        if not request.path.endswith("/sender/locations"):
            return None
        stub.objects["locations"] = held[request.headers["ocpi-to-party-id"]]
        said: Canned = stub._page(request, "locations")
        return said

    stub.script(decide)


def full(operate: Any, drain: Any, clock: Any, stub: Any, **how: Any) -> dict[str, Any]:
    clock.advance(1)
    operate("pull", partner=stub.id, module="locations", **(how or {"full": True}))
    drain()
    (found,) = operate("pulls", partner=stub.id, module="locations")["pulls"]
    return dict(found)


def test_of_a_partner_of_several_parties_each_is_asked_for_its_list(
    operate: Any, drain: Any, clock: Any, events: Any, register_partner: Any
) -> None:
    """HUB-04, AMB-33: what one does not list may be the other's, and what neither lists is hidden."""
    stub = register_partner(TWO_CPOS)
    bed = [theirs(f"D{at}", party_id="BED") for at in range(3)]
    stub.page_limit = 2
    list_by_party(stub, {"BEC": [theirs("C0")], "BED": bed})
    drain()
    assert asked_of(stub) == ["BEC", "BED", "BED"]
    found = full(operate, drain, clock, stub)
    assert asked_of(stub) == ["BEC", "BED", "BED"]
    shown = {name: found[name] for name in ("state", "pages", "objects", "hidden", "total")}
    assert shown == {"state": "COMPLETED", "pages": 3, "objects": 4, "hidden": 0, "total": 4}
    bed.clear()
    assert full(operate, drain, clock, stub)["hidden"] == 3
    hidden = [each["detail"]["id"] for each in events("ObjectChanged") if each["detail"].get("hidden")]
    assert sorted(hidden) == ["D0", "D1", "D2"]


def test_a_list_of_all_parties_is_asked_for_once(
    operate: Any, drain: Any, clock: Any, register_partner: Any
) -> None:
    """Also by what changed since; a partner that lists all may do so of a party that has nothing, too."""
    stub = register_partner(TWO_CPOS)
    stub.objects["locations"] = [theirs("C0"), theirs("D0", party_id="BED")]
    drain()
    assert asked_of(stub) == ["BEC"]
    stub.objects["locations"] = []
    found = full(operate, drain, clock, stub, date_from="2026-01-01T00:00:00Z")
    assert (found["state"], asked_of(stub)) == ("COMPLETED", ["BEC"])
    stub.objects["locations"] = [theirs("C0")]
    found = full(operate, drain, clock, stub)
    assert (found["total"], found["hidden"], asked_of(stub)) == (1, 1, ["BEC", "BED"])


def test_a_party_that_refuses_its_list_is_named(
    operate: Any, drain: Any, clock: Any, register_partner: Any
) -> None:
    """Nothing is hidden, and what the other listed is kept."""
    stub = register_partner(TWO_CPOS)
    stub.objects["locations"] = [theirs("C0")]
    drain()
    stub.objects["locations"] = [theirs("C1")]

    def decide(request: Any) -> Canned | None:
        of_bed = request.headers.get("ocpi-to-party-id") == "BED"
        return Canned(code=2001, message="not served") if of_bed else None

    stub.script(decide)
    found = full(operate, drain, clock, stub)
    assert (found["state"], found["hidden"], held(operate)) == ("FAILED", 0, ["C0", "C1"])
    assert found["reason"].startswith("BE/BED: ") and "not served" in found["reason"]


def test_a_private_location_for_another_than_who_asks_is_not_hidden(make_platform: Any) -> None:
    """LOC-13, AMB-33: of two eMSPs hosted here one asks, and is not shown what is for the other alone."""
    hand = make_platform({"OCPI_PARTIES": json.dumps([EMSP, {**EMSP, "party_id": "EXN"}])})
    for card, party in (("CARD1", "EXM"), ("CARD2", "EXN")):
        hand.operate("put", module="tokens", object=samples.token(card, party_id=party))
    cpo = hand.register_partner(CPO_ROLES)
    private = [
        theirs(f"FOR-{card}", publish=False, publish_allowed_to=[{"uid": card, "type": "RFID"}])
        for card in ("CARD1", "CARD2")
    ]
    for each in [*private, theirs("L1", publish=True)]:
        path = f"/ocpi/2.2.1/receiver/locations/BE/BEC/{each['id']}"
        assert hand.ask("PUT", path, token=cpo.token, body=each).code == 1000
    cpo.objects["locations"] = [theirs("L0")]
    hand.drain()
    hand.clock.advance(1)
    hand.operate("pull", partner=cpo.id, module="locations", full=True)
    hand.drain()
    assert cpo.requests("GET", "/sender/locations")[-1].headers["ocpi-from-party-id"] == "EXM"
    hidden = [each["detail"]["id"] for each in hand.events("ObjectChanged") if each["detail"].get("hidden")]
    assert sorted(hidden) == ["FOR-CARD1", "L1"]


def test_the_end_of_a_full_crawl_comes_in_steps_and_reads_names_alone(
    platform: Any, operate: Any, drain: Any, events: Any, cpo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AMB-33, design section 7: however many objects there are, no message has to look at all of them."""
    cpo.objects["locations"] = [theirs(f"L{at}") for at in range(7)]
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    client, asked = platform.clients.dynamodb, []
    query = client.query

    def two(**request: Any) -> Any:
        asked.append(request.get("IndexName"))
        return query(**request, **({"Limit": 2} if asked[-1] == "changes" else {}))

    monkeypatch.setattr(client, "query", two)
    monkeypatch.setattr(absent, "ANSWERS", 1)
    cpo.objects["locations"] = [theirs("L2"), theirs("L6")]
    real, steps = absent.hide, []
    monkeypatch.setattr(absent, "hide", lambda *given: steps.append(real(*given)) or steps[-1])
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    hidden = {each["detail"]["id"] for each in events("ObjectChanged") if each["detail"].get("hidden")}
    assert hidden == {"L0", "L1", "L3", "L4", "L5"}
    assert len(steps) > 3
    assert "feed" not in asked
    (told,) = [each["detail"] for each in events("PullCompleted")][-1:]
    assert (told["state"], told["hidden"], told["objects"]) == ("COMPLETED", 5, 2)


@pytest.mark.parametrize("total", ["0", "2", "20", "some", ""])
@pytest.mark.parametrize("linked", [True, False])
def test_a_total_that_lies_hides_nothing(
    operate: Any, drain: Any, clock: Any, cpo: Any, total: str, linked: bool
) -> None:
    """AMB-33: what is listed stays, and all of it is fetched, whatever the total and the links say."""
    cpo.page_limit = 3
    for ids in (["GONE", *(f"L{at}" for at in range(7))], [f"L{at}" for at in range(7)]):
        cpo.objects["locations"] = [theirs(each) for each in ids]

        def change(_: Any, said: Canned) -> None:
            said.headers["X-Total-Count"] = total
            if not linked:
                said.headers.pop("Link", None)

        change_pages(cpo, change)
        operate("pull", partner=cpo.id, module="locations", full=True)
        for _ in range(3):
            drain()
            clock.advance(60)
    assert [each for each in held(operate) if each != "GONE"] == [f"L{at}" for at in range(7)]
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert (pull["state"], pull["objects"]) == ("FAILED" if total == "20" else "COMPLETED", 7)
    hidden = [each["detail"]["hidden"] for each in drain.__self__.events("PullCompleted")]
    assert hidden == [0] * len(hidden)


def test_a_link_on_the_last_page_too_does_not_keep_a_crawl_from_its_end(
    operate: Any, drain: Any, cpo: Any
) -> None:
    """Design section 8: a crawl is complete when it has seen what the total promised."""
    cpo.page_limit = 3
    cpo.objects["locations"] = [theirs(f"L{at}") for at in range(7)]

    def change(request: Any, said: Canned) -> None:
        following = int(request.query.get("offset", 0)) + 3
        said.headers["Link"] = f'<{cpo.url("SENDER", "locations")}?offset={following}&limit=3>; rel="next"'

    change_pages(cpo, change)
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert (pull["state"], pull["objects"]) == ("COMPLETED", 7)
    assert len(fetched(cpo)) == 4


@pytest.mark.parametrize(
    "leads", ["to the first page", "to the list", "to its own middle", "where a proxy says 404"]
)
def test_a_link_that_leads_nowhere_new_ends_or_goes_on_by_offset(
    operate: Any, drain: Any, events: Any, cpo: Any, leads: str
) -> None:
    """Design section 8: what the total promised was seen, so it is complete, and what is gone hidden."""
    cpo.page_limit = 3
    base = cpo.url("SENDER", "locations")
    for ids in (["GONE", *(f"L{at}" for at in range(7))], [f"L{at}" for at in range(7)]):
        cpo.objects["locations"] = [theirs(each) for each in ids]

        def decide(request: Any) -> Canned | None:
            if not request.path.endswith("/sender/locations"):
                return None
            if "nowhere" in request.query:
                return Canned(status=404, body=b"<html>Not found</html>")
            query = {"offset": request.query["from"]} if "from" in request.query else {}
            said = cpo._page(replace(request, query=request.query | query), "locations")
            on, start = "Link" in said.headers, int((request.query | query).get("offset", 0))
            link = {
                "to the first page": f"{base}?offset={start + 3 if on else 0}&limit=3",
                "to the list": f"{base}?offset={start + 3}" if on else base,
                "to its own middle": f"{base}?from={start + 3 if on else 3}",
                "where a proxy says 404": f"{base}?nowhere=1",
            }[leads]
            said.headers["Link"] = f'<{link}>; rel="next"'
            return said

        cpo.script(decide)
        operate("pull", partner=cpo.id, module="locations", full=True)
        drain()
    (told,) = [each["detail"] for each in events("PullCompleted")][-1:]
    assert (told["state"], told["hidden"], told["total"]) == ("COMPLETED", 1, 7)
    assert held(operate) == ["GONE", *(f"L{at}" for at in range(7))]
    assert len(fetched(cpo)) < 20


@pytest.mark.parametrize("totals", ["what is left", "one less each time"])
def test_a_total_that_drops_with_each_page_is_no_storm(
    operate: Any, drain: Any, cpo: Any, totals: str
) -> None:
    """TRA-39, design section 10: it steps back for objects that left, and not for ever."""
    cpo.page_limit = 2
    cpo.objects["locations"] = [theirs(f"L{at}") for at in range(9)]

    def change(request: Any, said: Canned) -> None:
        left = 9 - int(request.query.get("offset", 0))
        said.headers["X-Total-Count"] = str(left if totals == "what is left" else 1000 - len(fetched(cpo)))

    change_pages(cpo, change)
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    assert held(operate) == [f"L{at}" for at in range(9)]
    assert len(fetched(cpo)) <= 25


def test_a_page_of_before_a_push_does_not_undo_it(ask: Any, operate: Any, drain: Any, cpo: Any) -> None:
    """Design section 7: of two states of one time the one pushed since the page was asked for is newer."""
    before = theirs("L1", name="Before")
    after = theirs("L1", name="After")
    after["evses"][0]["status"] = "CHARGING"
    cpo.objects["locations"] = [before]

    def push(*_: Any) -> None:
        url = "/ocpi/2.2.1/receiver/locations/BE/BEC/L1"
        assert ask("PUT", url, token=cpo.token, body=after).code == 1000

    change_pages(cpo, push)
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    (found,) = operate("list", module="locations", party="BE/BEC")["objects"]
    assert (found["name"], found["evses"][0]["status"]) == ("After", "CHARGING")
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert (pull["state"], pull["stale"]) == ("COMPLETED", 1)
    cpo._scripts.clear()
    cpo.objects["locations"] = [{**before, "name": "Later"}]  # the same time again, asked for afterwards
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    (found,) = operate("list", module="locations", party="BE/BEC")["objects"]
    assert (found["name"], found["evses"][0]["status"]) == ("Later", "AVAILABLE")


def test_what_is_pushed_during_a_crawl_by_a_lagging_clock_is_not_hidden(
    ask: Any, operate: Any, drain: Any, clock: Any, cpo: Any
) -> None:
    """AMB-33: it is in no page that was read, its time is of long ago, and it is listed now."""
    clock.advance(10)
    cpo.objects["locations"] = [theirs("L1")]
    pushed = theirs("L2")

    def push(*_: Any) -> None:
        url = "/ocpi/2.2.1/receiver/locations/BE/BEC/L2"
        assert ask("PUT", url, token=cpo.token, body=pushed).code == 1000

    change_pages(cpo, push)
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert (pull["state"], pull["hidden"]) == ("COMPLETED", 0)


def test_a_repeated_message_moves_nothing(platform: Any, operate: Any, drain: Any, cpo: Any) -> None:
    cpo.objects["locations"] = [theirs("L0")]
    begun = operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    asked = len(fetched(cpo))
    pull.page(platform, PullPage(cpo.id, "locations", begun["id"].split("#")[-1]))
    assert len(fetched(cpo)) == asked


def test_a_pull_that_lost_its_message_is_taken_up_again(
    platform: Any, operate: Any, drain: Any, clock: Any, cpo: Any
) -> None:
    """Killed between two steps: the sweep finds it."""
    cpo.objects["locations"] = [theirs("L0")]
    platform.queues.send, real = (lambda *_, **__: None), platform.queues.send
    operate("pull", partner=cpo.id, module="locations", full=True)
    platform.queues.send = real
    drain()
    assert held(operate) == []
    clock.advance(400)
    drain()
    assert held(operate) == ["L0"]


def test_tokens_are_fetched_by_their_own_role(operate: Any, drain: Any, register_partner: Any) -> None:
    """TOK-03: a CPO of ours fetches an eMSP's tokens."""
    emsp = register_partner(roles=samples.EMSP_ROLES)
    emsp.objects["tokens"] = [samples.token("T1", country_code="DE", party_id="MSP")]
    drain()
    assert operate("get", module="tokens", party="DE/MSP", id="T1")["object"]["uid"] == "T1"


def test_a_module_the_partner_does_not_offer_is_refused(operate: Any, cpo: Any) -> None:
    from tests.harness import OperatorRefused

    with pytest.raises(OperatorRefused, match="offers us no tokens"):
        operate("pull", partner=cpo.id, module="tokens")
