"""An object whose required values were not all stated says so to whoever it is passed on to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from tests.samples import CPO_ROLES, example

pytest_plugins = ["tests.known"]

VERSIONS = {"2.1.1": ("old_cpo", "BE/OLD"), "2.2.1": ("cpo", "BE/BEC"), "2.3.0": ("cpo2", "BE/OTH")}


def of_several_faults(version: str, owner: str) -> tuple[dict[str, Any], set[str]]:
    """A Location, and where nothing was stated of what is required."""
    body = example("location", version, owner, id="LOC1")
    del body["evses"][0]["connectors"][0]["power_type"]
    del body["city"], body["last_updated"], body["evses"][0]["last_updated"]
    body["evses"].append({"status": "AVAILABLE"})  # is set aside whole
    missing = {"/city", "/last_updated", "/evses/0/last_updated", "/evses/0/connectors/0/power_type"}
    if version != "2.1.1":
        del body["time_zone"]
        missing.add("/time_zone")
    return body, missing


def path_of(version: str, owner: str) -> str:
    return f"/ocpi/{version}/receiver/locations/{owner}/LOC1"


def listed(operate: Any, owner: str) -> Any:
    return operate("list", module="locations", party=owner).get("incomplete")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_partner_did_not_state_is_listed_beside_what_it_put(
    ask: Any, known: Any, operate: Any, drain: Any, events: Any, version: str
) -> None:
    """Design section 6, rule 3; what its owner sent comes back without the list."""
    token, owner = VERSIONS[version]
    path = path_of(version, owner)
    body, missing = of_several_faults(version, owner)
    answer = ask("PUT", path, token=token, body=body)
    assert answer.status == 201, answer.text
    read = operate("get", module="locations", party=owner, id="LOC1")
    assert set(read["incomplete"]) == missing
    assert missing <= {each["pointer"] for each in read["findings"]}
    assert set(listed(operate, owner)) == {f"/0{each}" for each in missing}
    assert "incomplete" not in ask("GET", path, token=token).data
    drain()
    told = {each["detail"]["part"]: each["detail"].get("incomplete", []) for each in events("ObjectChanged")}
    assert set(told[""]) == {each for each in missing if "evses" not in each}
    uid = body["evses"][0]["uid"]
    assert set(told[uid]) == {each.removeprefix("/evses/0") for each in missing if "evses" in each}

    whole = example("location", version, owner, id="LOC1", last_updated="2026-10-01T00:00:00Z")
    assert ask("PUT", path, token=token, body=whole).status == 200
    assert "incomplete" not in operate("get", module="locations", party=owner, id="LOC1")
    assert listed(operate, owner) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_page_did_not_state_is_listed_beside_what_was_pulled(
    operate: Any, drain: Any, events: Any, register_partner: Any, version: str
) -> None:
    partner = register_partner(roles=CPO_ROLES, version=version)
    body, missing = of_several_faults(version, "BE/BEC")
    partner.answer("GET", "/sender/locations", data=[json.loads(jsontext.dumps(body))])
    operate("pull", partner=partner.id, module="locations", full=True)
    drain()
    assert set(operate("get", module="locations", party="BE/BEC", id="LOC1")["incomplete"]) == missing
    assert set(listed(operate, "BE/BEC")) == {f"/0{each}" for each in missing}
    told = [each["detail"] for each in events("ObjectChanged") if each["detail"]["part"] == ""]
    assert set(told[-1]["incomplete"]) == {each for each in missing if "evses" not in each}


def test_a_value_that_is_stated_later_is_no_longer_missing(ask: Any, known: Any, operate: Any) -> None:
    body = example("location", id="LOC1")
    del body["city"]
    path = path_of("2.2.1", "BE/BEC")
    assert ask("PUT", path, token="cpo", body=body).status == 201
    assert operate("get", module="locations", party="BE/BEC", id="LOC1")["incomplete"] == ["/city"]
    change = {"city": "Gent", "last_updated": "2026-10-01T00:00:00Z"}
    assert ask("PATCH", path, token="cpo", body=change).code == 1000
    assert "incomplete" not in operate("get", module="locations", party="BE/BEC", id="LOC1")
