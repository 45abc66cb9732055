"""Every route × every other registered party: none reads or changes what is not its own.

The objects of each party carry a mark of their own; whatever a route answers to
somebody else must not hold it, and nothing may be different afterwards.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ocpi import jsontext, modules
from tests.known import PARTNERS, Known
from tests.samples import KINDS, NEWER, example, for_emsp, own

pytest_plugins = ["tests.known"]

CPOS = {"cpo": "BE/BEC", "cpo2": "BE/OTH", "old_cpo": "BE/OLD"}
EMSPS = {"emsp": "DE/MSP", "emsp2": "FR/ABC", "old_emsp": "FR/OLD"}
VERSION = {partner.id: partner.version for partner in PARTNERS}


def mark(token: str) -> str:
    return f"MARK-{token.replace('_', '-')}-X"


def named(module: str, token: str) -> dict[str, str]:
    """What marks an object of this party: its id, so that every answer about it shows it."""
    return {"uid": mark(token)} if module == "tokens" else {"id": mark(token)}


@pytest.fixture
def filled(ask: Any, operate: Any, known: Known) -> dict[tuple[str, str], str]:
    """Every party's own objects, at which URL it reads them, by (module, partner); and ours for each eMSP."""
    urls = {}
    for module in ("locations", "tariffs", "sessions", "cdrs", "tokens"):
        for token, owner in (EMSPS if module == "tokens" else CPOS).items():
            version = VERSION[token]
            body = example(KINDS[module], version, owner, **named(module, token))
            base = f"/ocpi/{version}/receiver/{module}"
            url = f"{base}/{owner}/{mark(token)}"
            if module == "cdrs":
                answer = ask("POST", base, token=token, body=body)
            else:
                answer = ask("PUT", url, token=token, body=body)
            assert answer.status == 201, answer.text
            urls[module, token] = url
    for token, owner in EMSPS.items():
        for module in ("sessions", "cdrs"):
            operate(
                "put",
                module=module,
                object=own(KINDS[module], id=f"OURS-{mark(token)}", cdr_token=for_emsp(owner)),
            )
    return urls


def snapshot(platform: Any) -> dict[str, Any]:
    found = {}
    for module in KINDS:
        answer = platform.clients.dynamodb.scan(TableName=platform.objects.table(module))
        for item in answer["Items"]:
            found[f"{module} {item['object']['S']} {item['part']['S']}"] = item
    return found


def routes() -> list[tuple[str, modules.Interface, modules.Operation, str]]:
    return [
        (module.id, side, operation, version)
        for module in modules.MODULES
        if module.id in KINDS
        for side in module.interfaces
        for operation in side.operations
        for version in operation.versions
        if version in module.versions
    ]


def bodies(module: str, operation: modules.Operation, version: str, victim: str, owner: str) -> list[Any]:
    if operation.method in ("GET", "DELETE"):
        return [None]
    last = operation.names[-1] if operation.names else ""
    kind = {"{evse_uid}": "evse", "{connector_id}": "connector"}.get(last, KINDS[module])
    whole = example(kind, version, owner)
    if kind not in ("evse", "connector", "client_info"):
        whole |= named(module, victim)
    if operation.action == "set_charging_preferences":
        return [{"profile_type": "CHEAP"}]
    if operation.action == "authorize_token":
        return [None]
    if operation.method == "PATCH":
        return [{"last_updated": NEWER}, {"last_updated": NEWER, "status": "REMOVED", "valid": False}]
    return [whole]


def test_no_route_shows_or_changes_what_belongs_to_another(
    ask: Any, platform: Any, known: Known, filled: dict[tuple[str, str], str]
) -> None:
    """Design section 10; TRA-55, AMB-18, AMB-22, ARC-12."""
    before = snapshot(platform)
    tried = 0
    for module, side, operation, version in routes():
        victims = {**(EMSPS if module == "tokens" else CPOS)}
        for victim, owner in victims.items():
            country, party = owner.split("/")
            values = dict.fromkeys(
                (
                    "location_id",
                    "tariff_id",
                    "session_id",
                    "cdr_id",
                    "token_uid",
                ),
                mark(victim),
            )
            evse = example("location", VERSION[victim])["evses"][0]
            values |= {
                "country_code": country,
                "party_id": party,
                "evse_uid": evse["uid"],
                "connector_id": evse["connectors"][0]["id"],
            }
            url = f"/ocpi/{version}/{side.role.lower()}/{module}/{operation.shape.format(**values)}".rstrip(
                "/"
            )
            for other in known.by_id:
                if other == victim or (operation.method == "POST" and version == "2.1.1"):
                    continue  # a 2.1.1 CDR names no owner: it is the sender's own
                for body in bodies(module, operation, version, victim, owner):
                    answer = ask(operation.method, url, token=other, body=body)
                    tried += 1
                    assert mark(victim) not in answer.text, (other, operation.method, url, answer.text)
                    assert answer.status < 500
    assert tried > 500
    after = {name: item for name, item in snapshot(platform).items() if "hubclientinfo" not in name}
    assert after == {name: item for name, item in before.items() if "hubclientinfo" not in name}


def test_each_emsp_finds_only_its_own_sessions_and_cdrs(
    ask: Any, known: Known, filled: dict[tuple[str, str], str]
) -> None:
    """ARC-12, SES-01: by every version, page and parameter."""
    for version in modules.ALL:
        for module in ("sessions", "cdrs"):
            for token in known.by_id:
                for query in ("", "?offset=1", "?limit=1", "?date_from=2020-01-01T00:00:00Z", "?cursor=x"):
                    answer = ask("GET", f"/ocpi/{version}/sender/{module}{query}", token=token)
                    for each in answer.data or ():
                        assert each["id"] == f"OURS-{mark(token)}", (token, module, query)
                    total = int(answer.headers["x-total-count"])
                    assert total == (1 if token in EMSPS and query != "?x" else 0)


def test_everybody_still_reads_its_own(ask: Any, filled: dict[tuple[str, str], str]) -> None:
    """The other tests would pass on an empty platform."""
    for (_, token), url in filled.items():
        answer = ask("GET", url, token=token)
        assert answer.code == 1000, (url, answer.text)
        assert mark(token) in jsontext.dumps(answer.data)


def test_nobody_steers_the_session_of_another_emsps_customer(
    ask: Any, operate: Any, known: Known, events: Any, filled: dict[tuple[str, str], str]
) -> None:
    """CMD-19, CHP-23, ARC-12: by commands, preferences and profiles; the back end hears of none of it."""
    from dataclasses import replace

    from chalicelib.partner import Endpoint

    for each in list(known.by_id.values()):
        tokens = Endpoint("tokens", "SENDER", "https://x.example/t")
        known.add(replace(each, endpoints=(tokens, *each.endpoints)))
    place = own("location", id="LOC")
    place["evses"][0]["capabilities"] = ["CHARGING_PREFERENCES_CAPABLE", "CHARGING_PROFILE_CAPABLE"]
    operate("put", module="locations", object=place)
    for token, owner in EMSPS.items():
        fields = {"location_id": "LOC", "evse_uid": place["evses"][0]["uid"], "status": "ACTIVE"}
        session = own("session", id=f"LIVE-{mark(token)}", cdr_token=for_emsp(owner), **fields)
        operate("put", module="sessions", object=session)
    back = "https://x.example/r"
    profile = example("set_charging_profile", "2.3.0", response_url=back) | {
        "country_code": "",
        "party_id": "",
    }
    for victim in EMSPS:
        session_id = f"LIVE-{mark(victim)}"
        urls = [
            ("POST", "receiver/commands/STOP_SESSION", {"session_id": session_id, "response_url": back}),
            ("PUT", f"sender/sessions/{session_id}/charging_preferences", {"profile_type": "CHEAP"}),
            ("PUT", f"receiver/chargingprofiles/{session_id}", profile),
            ("GET", f"receiver/chargingprofiles/{session_id}?duration=60&response_url={back}", None),
            ("DELETE", f"receiver/chargingprofiles/{session_id}?response_url={back}", None),
        ]
        for other in known.by_id:
            for method, path, body in urls:
                if other == victim:
                    continue
                for version in modules.SINCE_2_2:
                    answer = ask(method, f"/ocpi/{version}/{path}", token=other, body=body)
                    assert answer.status < 500
                    assert answer.code < 3000
                    assert "ACCEPTED" not in answer.text, (other, method, path, answer.text)
                    assert f'"{mark(victim)}' not in answer.text
    told = {each["detail-type"] for each in events()}
    assert not told & {"CommandReceived", "ProfileRequested", "ChargingPreferencesSet"}
    for method, path, body in (
        (
            "POST",
            "receiver/commands/STOP_SESSION",
            {"session_id": f"LIVE-{mark('emsp')}", "response_url": back},
        ),
        ("PUT", f"sender/sessions/LIVE-{mark('emsp')}/charging_preferences", {"profile_type": "CHEAP"}),
        ("PUT", f"receiver/chargingprofiles/LIVE-{mark('emsp')}", profile),
    ):
        assert "ACCEPTED" in ask(method, f"/ocpi/2.2.1/{path}", token="emsp", body=body).text, path


def test_a_2_1_1_partner_that_is_no_emsp_starts_nothing(
    ask: Any, operate: Any, known: Known, events: Any
) -> None:
    """CMD-34: its Token names no owner, and could only be its own."""
    from dataclasses import replace

    from chalicelib.partner import Endpoint

    for token in ("old_cpo", "old_emsp"):
        endpoint = Endpoint("tokens", "SENDER", "https://x.example/t")
        known.add(replace(known.by_id[token], endpoints=(endpoint,)))
    operate("put", module="locations", object=own("location", id="LOC1", evses=[]))
    body = {
        "response_url": "https://x.example/r",
        "token": example("token", "2.1.1"),
        "location_id": "LOC1",
    }
    url = "/ocpi/2.1.1/receiver/commands/START_SESSION"
    refused = ask("POST", url, token="old_cpo", body=body)
    assert (refused.status, refused.code) == (200, 2001), refused.text
    assert events("CommandReceived") == []
    assert ask("POST", url, token="old_emsp", body=body).data["result"] == "ACCEPTED"
