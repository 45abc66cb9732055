"""Whose an object is, and its id, where only one can be meant: the path's, the connection's, the CDR's.

Spec: design section 6, rule 1; TRA-56, AMB-36
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.known import Known, a_partner
from tests.samples import example

pytest_plugins = ["tests.known"]

OF_CPO = ("location", "tariff", "session")
OWNERS = {"2.2.1": ("cpo", "BE/BEC"), "2.3.0": ("cpo2", "BE/OTH")}
FINDINGS = {"/id": "missing", "/country_code": "missing", "/party_id": "missing"}


def _codes(told: dict[str, Any]) -> dict[str, str]:
    return {each["pointer"]: each["code"] for each in told.get("findings", [])}


@pytest.mark.parametrize("version", OWNERS)
@pytest.mark.parametrize("kind", OF_CPO)
def test_what_only_the_path_names_is_that(
    ask: Any, known: Known, operate: Any, kind: str, version: str
) -> None:
    token, owner = OWNERS[version]
    body = example(kind, version, owner, id="X1")
    bare = {name: value for name, value in body.items() if name not in ("id", "country_code", "party_id")}
    answer = ask("PUT", f"/ocpi/{version}/receiver/{kind}s/{owner}/X1", token=token, body=bare)
    assert answer.status == 201, answer.text
    told = operate("get", module=f"{kind}s", party=owner, id="X1")
    stored = told["object"]
    assert [stored["country_code"], stored["party_id"], stored["id"]] == [*owner.split("/"), "X1"]
    assert FINDINGS.items() <= _codes(told).items()


def test_what_differs_from_the_path_is_refused_as_before(ask: Any, known: Known) -> None:
    body = example("tariff", "2.2.1", "BE/BEC", id="X1")
    for name, value in (("ID", "X2"), ("country_code", "FR"), ("party_id", "ABC")):
        odd = {each: body[each] for each in body if each.lower() != name.lower()} | {name: value}
        answer = ask("PUT", "/ocpi/2.2.1/receiver/tariffs/BE/BEC/X1", token="cpo", body=odd)
        assert (answer.code, f"/{name.lower()}" in answer.text) == (2001, True), answer.text


def test_a_part_that_only_the_path_names_is_that(ask: Any, known: Known, operate: Any) -> None:
    body = example("location", "2.2.1", "BE/BEC", id="L1")
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/L1"
    assert ask("PUT", path, token="cpo", body=body).status == 201
    evse = dict(body["evses"][0])
    del evse["uid"]
    connector = dict(evse["connectors"][0])
    del connector["id"]
    assert ask("PUT", f"{path}/NEW", token="cpo", body=evse).status == 201
    assert ask("PUT", f"{path}/NEW/7", token="cpo", body=connector).status == 201
    stored = operate("get", module="locations", party="BE/BEC", id="L1")["object"]
    assert stored["evses"][-1]["uid"] == "NEW"
    assert stored["evses"][-1]["connectors"][-1]["id"] == "7"


def test_a_token_that_only_the_path_names_is_that(ask: Any, known: Known, operate: Any) -> None:
    body = example("token", "2.2.1", "DE/MSP", uid="U1")
    bare = {name: value for name, value in body.items() if name not in ("uid", "country_code", "party_id")}
    assert ask("PUT", "/ocpi/2.2.1/receiver/tokens/DE/MSP/U1", token="emsp", body=bare).status == 201
    assert operate("get", module="tokens", party="DE/MSP", id="U1")["object"]["party_id"] == "MSP"


def test_a_cdr_without_owner_is_of_the_one_party_of_the_connection(
    ask: Any, known: Known, operate: Any
) -> None:
    body = example("cdr", "2.2.1", "BE/BEC", id="C1")
    bare = {name: value for name, value in body.items() if name not in ("country_code", "party_id")}
    assert ask("POST", "/ocpi/2.2.1/receiver/cdrs", token="cpo", body=bare).status == 201
    assert operate("get", module="cdrs", party="BE/BEC", id="C1")["object"]["country_code"] == "BE"
    known.by_id["cpo"] = a_partner("cpo", "2.2.1", "CPO/BE/BEC", "CPO/BE/TWO")
    answer = ask("POST", "/ocpi/2.2.1/receiver/cdrs", token="cpo", body=bare | {"id": "C2"})
    assert (answer.code, "/country_code" in answer.text) == (2001, True), answer.text


@pytest.mark.parametrize("version", OWNERS)
def test_a_tariff_in_a_cdr_that_names_no_owner_is_of_the_cdrs(
    ask: Any, known: Known, operate: Any, version: str
) -> None:
    token, owner = OWNERS[version]
    tariff = example("tariff", version, owner, id="T1")
    bare = {name: value for name, value in tariff.items() if name not in ("country_code", "party_id")}
    body = example("cdr", version, owner, id="C1", tariffs=[bare])
    assert ask("POST", f"/ocpi/{version}/receiver/cdrs", token=token, body=body).status == 201
    told = operate("get", module="cdrs", party=owner, id="C1")
    assert [each["party_id"] for each in told["object"]["tariffs"]] == [owner.split("/")[1]]
    assert _codes(told)["/tariffs/0/party_id"] == "missing"


@pytest.mark.parametrize("at", ["%20X1%20", "X1%20", "%09X1"])
def test_blanks_around_an_identifier_in_a_path_are_none_of_it(
    ask: Any, known: Known, operate: Any, at: str
) -> None:
    """As around one in a body: who writes blanks writes them in both."""
    body = example("tariff", "2.2.1", "BE/BEC", id=" X1 ")
    path = f"/ocpi/2.2.1/receiver/tariffs/BE/BEC/{at}"
    assert ask("PUT", path, token="cpo", body=body).status == 201
    assert ask("GET", path, token="cpo").status == 200
    assert operate("get", module="tariffs", party="BE/BEC", id="X1")["object"]["id"] == "X1"
    assert ask("DELETE", path, token="cpo").status == 200


def test_slashes_before_the_first_identifier_are_none_of_the_path(ask: Any, known: Known) -> None:
    body = example("location", "2.2.1", "BE/BEC", id="L1")
    assert ask("PUT", "/ocpi/2.2.1/receiver/locations//BE/BEC/L1", token="cpo", body=body).status == 201
    assert ask("GET", "/ocpi/2.2.1/receiver/locations/BE/BEC/L1", token="cpo").status == 200
    # An identifier that is missing is not passed over: what follows would be taken for it.
    assert ask("GET", "/ocpi/2.2.1/receiver/locations/BE/BEC//L1", token="cpo").status == 404
