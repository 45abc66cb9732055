"""The operator's page by its doors: the CloudWatch widget, and HTTP as a function URL hands it over."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.actions import console, dispatch
from tests import samples
from tests.samples import EMSP_ROLES, later

ARN = "arn:aws:lambda:eu-central-1:1:function:ocpi-dev-operator"
EVIL = '"><script>alert(1)</script>'
FIELDS = """id name partner module owner object_id part reason cause state since version method path outcome
command response result request_id correlation_id at created_at verdict claimed currency curl direction
pointer message country_code party_id role url identifier from to host"""
LISTS = (
    "partners deliveries commands messages refusals routes agreements audits disputes objects pulls errors"
)


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES, version="2.2.1")
    drain()
    return stub


@pytest.fixture
def show(hand: Any) -> Any:
    """`show("partner", id=...)`: the document a browser gets; `show.post(form)`: what a form answers."""

    def request(method: str, query: str = "", body: str = "", **headers: str) -> Any:
        event = {
            "requestContext": {"http": {"method": method}},
            "rawQueryString": query,
            "headers": headers,
            "body": body,
        }
        return hand.functions.call("operator", event)

    def show(view: str = "home", **fields: str) -> str:
        return str(request("GET", urlencode({"view": view, **fields}))["body"])

    show.request = request  # type: ignore[attr-defined]
    show.post = lambda **form: request("POST", body=urlencode(form))["body"]  # type: ignore[attr-defined]
    return show


@pytest.fixture
def widget(hand: Any) -> Any:
    def show(**event: Any) -> str:
        return str(hand.functions.call("widget", {"operator": ARN, "widgetContext": {}, **event}))

    return show


def calls(html: str) -> list[tuple[str, dict[str, Any]]]:
    """(label, payload) of everything to click; CloudWatch ties an action to the element before it."""
    found = re.findall(r">([^<>]*)</(?:a|form)><cwdb-action ([^>]*)>([^<]*)</cwdb-action>", html)
    assert len(found) == html.count("<cwdb-action")
    assert all(f'endpoint="{ARN}"' in attributes for _, attributes, _ in found)
    return [(unescape(label), json.loads(unescape(payload))["console"]) for label, _, payload in found]


def refuse(hand: Any, emsp: Any, many: int, message: str = "opening_times is missing") -> None:
    emsp.answer("PUT", times=many, status=400, code=2001, message=message)
    for number in range(many):
        hand.operate("put", module="locations", object=samples.location(id=f"LOC{number}"))
    hand.drain()


def test_every_button_of_the_widget_asks_the_operator_function_after_a_confirmation(
    widget: Any, emsp: Any
) -> None:
    html = widget()
    pressed = [(label, asked["perform"]) for label, asked in calls(html) if "perform" in asked]
    assert ("Suspend", {"action": "suspend", "partner": emsp.id}) in pressed
    for attributes, payload in re.findall(r"<cwdb-action ([^>]*)>([^<]*)<", html):
        assert ("perform" in payload) == ('confirmation="' in attributes)


def test_what_is_clicked_in_the_widget_is_shown_by_the_operator_function(
    hand: Any, widget: Any, emsp: Any
) -> None:
    (asked,) = [asked for _, asked in calls(widget()) if asked.get("id") == emsp.id]
    html = hand.functions.call("operator", {"console": asked, "widgetContext": {"theme": "dark"}})
    assert "Endpoints" in html and emsp.versions_url in html
    assert 'class="ocpi dark"' in html
    assert calls(html)


def test_a_button_pressed_in_the_widget_is_answered_for_people(hand: Any, widget: Any, emsp: Any) -> None:
    asked = dict(calls(widget()))["Suspend"]
    html = hand.functions.call("operator", {"console": asked, "widgetContext": {}})
    assert "Traffic with" in html and "is stopped" in html
    assert hand.operate("partner", partner=emsp.id)["state"] == "SUSPENDED"
    assert '{"' not in html


def test_a_form_of_the_widget_invites(hand: Any, widget: Any) -> None:
    asked = next(asked for _, asked in calls(widget()) if asked.get("form") == "invite")
    written = {"forms": {"all": {"name": "Blue Mobility", "days": "3", "roles": "EMSP BE/BEC"}}}
    html = hand.functions.call("operator", {"console": asked, "widgetContext": written})
    assert "Invited." in html
    (partner,) = hand.operate("partners")["partners"]
    assert partner["invited_roles"][0]["party_id"] == "BEC"


def test_a_widget_has_no_script_and_a_browser_one_that_its_policy_allows(show: Any, widget: Any) -> None:
    assert "<script" not in widget()
    answer = show.request("GET")
    assert answer["body"].startswith("<!doctype html>")
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer["headers"]["Content-Security-Policy"]
    assert "unsafe" not in answer["headers"]["Content-Security-Policy"]


def test_an_invitation_shows_its_token_once_and_can_be_withdrawn(hand: Any, show: Any, clock: Any) -> None:
    answer = show.post(form="invite", name="Blue Mobility", days="3", roles="", hub="", back="")
    (token,) = re.findall(r'<code class="secret">([^<]+)</code>', answer)
    assert hand.ask("GET", "/ocpi/versions", token=token).code == 1000
    page = show()
    assert token not in page
    assert "in 2 d" in page and "Withdraw" in page
    (partner,) = hand.operate("partners")["partners"]
    withdrawn = show.post(perform=json.dumps({"action": "unregister", "partner": partner["id"]}), back="")
    assert "an invitation that was open is void" in withdrawn
    assert hand.ask("GET", "/ocpi/versions", token=token).status == 401


def test_an_invitation_that_was_not_used_in_time_is_shown_as_expired(show: Any, clock: Any) -> None:
    show.post(form="invite", name="Blue Mobility", days="1")
    clock.advance(2 * 24 * 3600)
    assert "expired" in show()


@pytest.mark.parametrize(
    "written, said",
    [
        ({"form": "invite", "name": "", "days": "3"}, "name: String should have"),
        ({"form": "invite", "name": "X", "days": "soon"}, "a number is required"),
        ({"form": "invite", "name": "X", "roles": "KING NL/EXA"}, "role"),
        ({"form": "invite", "name": "X", "roles": "nonsense"}, "is no role and party"),
        ({"form": "register", "versions_url": "nowhere", "token": "abc"}, "Not done"),
        ({"form": "other"}, "there is no such form"),
        ({"perform": "{"}, "Not done"),
        ({"perform": '{"action": "suspend", "partner": "nobody"}'}, "no partner"),
    ],
)
def test_what_cannot_be_done_says_why_in_words(show: Any, written: dict[str, str], said: str) -> None:
    page = show.post(**written)
    assert 'role="alert"' in page
    assert said in unescape(page)
    assert "Traceback" not in page


def test_registering_from_the_page_registers(hand: Any, show: Any, register_partner: Any) -> None:
    other = register_partner(roles=EMSP_ROLES)
    hand.operate("unregister", partner=other.id)
    page = show.post(form="register", versions_url=other.versions_url, token="the-token-a", version="2.2.1")
    assert "Registered with" in page
    assert "the-token-a" not in page


def test_equal_refusals_are_one_row_and_sent_again_together(
    hand: Any, show: Any, widget: Any, emsp: Any
) -> None:
    """52 times the same is one line with one button, whichever objects it was about."""
    refuse(hand, emsp, 5)
    page = unescape(show())
    assert "5 × locations" in page
    assert page.count("opening_times is missing</td>") == 1
    again = [asked["perform"] for label, asked in calls(widget()) if label == "Send all again"]
    assert len(again) == 1
    told = show.post(perform=json.dumps(again[0]), back="")
    assert "5 deliveries are under way." in told
    hand.drain()
    assert hand.operate("deliveries")["deliveries"] == []


def test_refusals_that_differ_in_more_than_names_and_places_stay_apart(hand: Any, emsp: Any) -> None:
    emsp.answer("PUT", "/LOC1", status=400, code=2001, message="LOC1: evses/3/status is wrong")
    emsp.answer("PUT", "/LOC2", status=400, code=2001, message="LOC2: evses/12/status is wrong")
    emsp.answer("PUT", "/LOC3", status=400, code=2001, message="LOC3: name is wrong")
    for id in ("LOC1", "LOC2", "LOC3"):
        hand.operate("put", module="locations", object=samples.location(id=id))
    hand.drain()
    causes = {each["object_id"]: each["cause"] for each in hand.operate("deliveries")["deliveries"]}
    assert causes["LOC1"] == causes["LOC2"] != causes["LOC3"]
    assert "2001" in causes["LOC1"]
    sent = hand.operate("redeliver", partner=emsp.id, cause=causes["LOC3"])
    assert sent == {"sent": 1}


def test_what_a_partner_sent_wrongly_is_one_row_a_kind_and_a_page_each(
    hand: Any, show: Any, register_partner: Any, drain: Any
) -> None:
    cpo = register_partner(roles=samples.CPO_ROLES, version="2.2.1")
    for number in range(3):
        path = f"/ocpi/2.2.1/receiver/locations/BE/BEC/BAD{number}"
        bad = samples.location(id=f"BAD{number}", country_code="BE", party_id="BEC", coordinates=None)
        assert hand.ask("PUT", path, token=cpo.token, body=bad).code == 2001
    page = show("refusals", partner=cpo.id)
    assert "3 × locations" in page and "Try all again" in page
    each = show("refusals", partner=cpo.id, module="locations", each="1")
    assert each.count("BAD") >= 3
    (one, *_) = hand.operate("refusals")["refusals"]
    assert "As it came" in show("refusal", id=one["id"])
    told = show.post(perform=json.dumps({"action": "readmit", "partner": cpo.id}))
    assert "Read again: 3 refused" in told


def test_what_was_said_about_an_object_is_on_its_page_and_each_message_is_one(
    hand: Any, show: Any, emsp: Any
) -> None:
    """“What did we tell X about LOC0, and what did X answer?”"""
    refuse(hand, emsp, 1)
    assert "What was said" in show("object", module="locations", party="NL/EXA", id="LOC0")
    (message,) = hand.operate("messages", id="LOC0", outcome="refused")["messages"]
    page = unescape(show("message", id=message["id"]))
    assert "opening_times is missing" in page and "curl -i -X PUT" in page
    assert "LOC0" in show("search", q=message["request_id"])


def test_a_scorecard_is_figures_under_names(hand: Any, show: Any, emsp: Any) -> None:
    refuse(hand, emsp, 2)
    page = show("scorecard", partner=emsp.id)
    assert "Scorecard of" in page and "Requests" in page
    assert "to them" in page and "2 times" in page and " ms, " in page and "True" not in page
    (example,) = set(re.findall(r'href="([^"]*)">one of them<', page))
    assert "view=message" in example
    assert "opening_times is missing" in page
    assert "{&#x27;" not in page


def test_a_partners_object_is_found_by_its_id_alone(hand: Any, show: Any, register_partner: Any) -> None:
    cpo = register_partner(roles=samples.CPO_ROLES, version="2.2.1")
    theirs = samples.location(id="THEIRS", country_code="BE", party_id="BEC")
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/THEIRS"
    assert hand.ask("PUT", path, token=cpo.token, body=theirs).code == 1000
    assert "party=BE%2FBEC" in show("search", q="theirs")
    assert "THEIRS" in show("objects", module="locations")


def test_a_delivery_is_a_page_and_says_what_comes_next(hand: Any, show: Any, emsp: Any) -> None:
    refuse(hand, emsp, 1)
    (delivery,) = hand.operate("deliveries")["deliveries"]
    page = show("delivery", id=delivery["id"])
    assert "opening_times is missing" in page
    assert "this one when you ask" in page
    assert hand.operate("deliveries", id=delivery["id"])["deliveries"][0]["state"] == "REFUSED"
    assert "Deliveries" in show("deliveries", partner=emsp.id, state="REFUSED")


def test_an_object_is_a_page_with_its_evses_and_what_partners_do_not_have(
    hand: Any, show: Any, emsp: Any
) -> None:
    refuse(hand, emsp, 1)
    page = show("object", module="locations", party="NL/EXA", id="LOC0")
    assert "EVSEs" in page and "opening_times is missing" in page
    assert "LOC0" in show("objects", module="locations")


def test_search_finds_partners_objects_and_says_so_when_there_is_nothing(
    hand: Any, show: Any, emsp: Any
) -> None:
    hand.operate("put", module="locations", object=samples.location(id="LOC77"))
    assert "view=object" in show("search", q="loc77")
    assert f"id={emsp.id}" in show("search", q=emsp.id[:6].upper())
    assert "Nothing of this name" in show("search", q="xyzzy")
    assert "Nothing of this name" not in show("search", q="")


def test_a_command_is_a_page(hand: Any, show: Any, emsp: Any) -> None:
    body = {"location_id": "LOC1", "token": {}, "response_url": "https://example.com"}
    hand.ask("POST", "/ocpi/2.2.1/receiver/commands/START_SESSION", token=emsp.token, body=body)
    for command in hand.operate("commands")["commands"]:
        assert command["command"] in show("command", id=command["id"])


@pytest.mark.parametrize("view", sorted(console.VIEWS))
def test_every_view_of_nothing_is_a_page_and_none_is_a_trace(show: Any, view: str) -> None:
    page = show(view, id="nobody", partner="nobody", module="sessions", party="NL/EXA", q="x")
    assert page.startswith("<!doctype html>")
    assert "internal" not in page and "Traceback" not in page


def test_a_view_that_is_none_says_so(show: Any) -> None:
    assert "There is no such page." in show("secrets")


def test_what_a_partner_says_about_itself_cannot_become_markup(
    show: Any, widget: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever an action answers, in every view, also of actions that this platform lacks."""
    row = dict.fromkeys(FIELDS.split(), EVIL)
    whole = {
        **row,
        "roles": [row],
        "health": {"state": EVIL, "reason": EVIL},
        "endpoints": [row],
        "evses": [row],
        "request": {"body": EVIL},
        "findings": [row],
        "claims": [row],
        "object": row,
        EVIL: [row],
    }
    lists = LISTS.split()
    data = {**whole, **{name: [whole] for name in lists}, "oldest_undelivered": EVIL}
    known = dict.fromkeys([*dispatch.actions(), *lists, "message", "refusal", "scorecard", "audit"])
    monkeypatch.setattr(dispatch, "actions", lambda: known)
    monkeypatch.setattr(dispatch, "perform", lambda *_, **__: {"ok": True, "data": data})
    for view in console.VIEWS:
        page = show(view, id=EVIL, partner=EVIL, module=EVIL, q=EVIL, party=EVIL, cause=EVIL)
        assert page.count("<script") == 1, view
        assert "<script>alert" not in page, view
    assert "<script" not in widget()
    for action in ("push", "suspend", "register", "invite", "readmit", "other"):
        answer = show.post(perform=json.dumps({"action": action, "partner": EVIL}), back="view=" + EVIL)
        assert "<script>alert" not in answer


def test_an_action_that_fails_leaves_the_rest_of_the_page(
    show: Any, emsp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = dispatch.perform

    def failing(platform: Any, payload: Any, noted: bool = True) -> Any:
        if payload["action"] == "commands":
            return {"ok": False, "error": {"code": "internal", "message": "no <luck>", "pointer": ""}}
        return perform(platform, payload, noted)

    monkeypatch.setattr(dispatch, "perform", failing)
    page = show()
    assert "commands: no &lt;luck&gt;" in page
    assert emsp.id in page


def test_another_sites_form_is_refused_and_other_methods_are_too(show: Any, emsp: Any, hand: Any) -> None:
    body = urlencode({"perform": json.dumps({"action": "suspend", "partner": emsp.id})})
    assert show.request("POST", body=body, **{"Sec-Fetch-Site": "cross-site"})["statusCode"] == 403
    assert show.request("PUT")["statusCode"] == 405
    assert hand.operate("partner", partner=emsp.id)["state"] == "REGISTERED"


def test_looking_at_the_page_is_not_noted_as_an_action_and_pressing_a_button_is(
    show: Any, emsp: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    show("partner", id=emsp.id)
    assert "operator action" not in capsys.readouterr().out
    show.post(perform=json.dumps({"action": "suspend", "partner": emsp.id}))
    assert capsys.readouterr().out.count("operator action") == 1


def test_times_are_given_with_their_age(hand: Any, show: Any, emsp: Any, clock: Any) -> None:
    emsp.down()
    hand.operate("put", module="locations", object=samples.location(last_updated=later(1)))
    hand.drain()
    clock.advance(3 * 3600)
    assert re.search(r"\d\d:\d\d UTC<span class=\"dim\">, 3 h ago", show())


def test_a_partner_that_is_away_is_told_with_since_when_and_why(
    hand: Any, show: Any, emsp: Any, clock: Any
) -> None:
    """Design section 5: `status`, `partners`; what waits, and since when."""
    assert hand.operate("status")["oldest_undelivered"] is None and "none oldest waiting" in plain(show())
    emsp.down()
    hand.operate("put", module="locations", object=samples.location(last_updated=later(1)))
    hand.drain()
    for _ in range(6):
        clock.advance(1800)
        hand.drain()
    status, partner = hand.operate("status"), hand.operate("partner", partner=emsp.id)
    (away,) = status["unreachable"]
    assert (away["partner"], away["state"], status["health"]) == (emsp.id, "UNREACHABLE", {"UNREACHABLE": 1})
    assert status["oldest_undelivered"] == partner["oldest_undelivered"] is not None
    assert status["failing"] == []
    overview, page = plain(show()), plain(show("partner", id=emsp.id))
    assert "1 unreachable 1 waiting 3 h ago oldest waiting" in overview
    for told in (overview, page):
        assert re.search(r"unreachable last reached \d\d:\d\d UTC , 3 h ago", told)
        assert partner["health"]["reason"] in told and "failing" not in told
    assert re.search(r"Oldest waiting \d\d:\d\d UTC , 3 h ago", page)


def test_a_module_that_fails_by_itself_is_told_and_the_partner_is_not_away(
    hand: Any, show: Any, emsp: Any, clock: Any
) -> None:
    """Design section 8: health is told by the thing itself."""
    emsp.answer("PUT", path="locations", status=503)
    hand.operate("put", module="locations", object=samples.location(last_updated=later(1)))
    hand.drain()
    for _ in range(6):
        clock.advance(600)
        hand.drain()
    status = hand.operate("status")
    assert (status["unreachable"], status["health"]) == ([], {"OK": 1})
    assert [(each["partner"], each["module"]) for each in status["failing"]] == [(emsp.id, "locations")]
    for told in (plain(show()), plain(show("partner", id=emsp.id))):
        assert "failing: locations" in told, told


def plain(html: str) -> str:
    """What is read of a page, with single blanks."""
    return " ".join(unescape(re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)).split())


def test_the_widget_describes_itself(hand: Any) -> None:
    assert "operator" in hand.functions.call("widget", {"describe": True})["markdown"]


def test_a_button_of_the_dashboard_may_send_where_it_was_pressed_along(operate: Any) -> None:
    """CloudWatch adds `widgetContext` to every call of a widget."""
    assert "partners" in operate("partners", widgetContext={"dashboardName": "ocpi-dev"})


class TestOfAHub:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        hub = {"role": "HUB", "country_code": "NL", "party_id": "HUB", "business_details": {"name": "Hub"}}
        return {"OCPI_PARTIES": json.dumps([hub]), "OCPI_HUB_POLICY": "closed"}

    def test_a_hub_shows_who_is_there_what_was_passed_on_and_who_may_roam(
        self, hand: Any, show: Any, register_partner: Any
    ) -> None:
        cpo = register_partner(roles=samples.CPO_ROLES, version="2.2.1")
        register_partner(roles=EMSP_ROLES, version="2.2.1")
        hand.drain()
        hand.operate("agree", parties=["BE/BEC", "DE/MSP"], allowed=True)
        headers = {
            "OCPI-from-country-code": "BE",
            "OCPI-from-party-id": "BEC",
            "OCPI-to-country-code": "DE",
            "OCPI-to-party-id": "MSP",
        }
        hand.ask("GET", "/ocpi/2.2.1/sender/tokens", token=cpo.token, headers=headers)
        assert "view=hub" in show()
        page = show("hub")
        assert "only by agreement" in page and "BE/BEC ↔ DE/MSP" in page and "may roam" in page
        assert "BE/BEC → DE/MSP" in page and "GET tokens" in page
        assert "of DE/MSP" in page and "connected" in page
        assert "between=BE%2FBEC%2CDE%2FMSP" in page
        assert "GET tokens" in show("hub", between="BE/BEC,DE/MSP")
