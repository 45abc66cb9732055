"""What names an object and its owner: always said, but for a Tariff in a CDR, and found in odd paths.

Spec: design section 6, rules 1 and 3; TRA-56, AMB-36
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.known import Known
from tests.samples import example

pytest_plugins = ["tests.known"]

OF_CPO = ("location", "tariff", "session")
OWNERS = {"2.2.1": ("cpo", "BE/BEC"), "2.3.0": ("cpo2", "BE/OTH")}


def _codes(told: dict[str, Any]) -> dict[str, str]:
    return {each["pointer"]: each["code"] for each in told.get("findings", [])}


@pytest.mark.parametrize("version", OWNERS)
@pytest.mark.parametrize("kind", OF_CPO)
def test_an_object_that_does_not_say_which_it_is_and_whose_is_refused(
    ask: Any, known: Known, kind: str, version: str
) -> None:
    """Both are told, also where the path would say: who leaves out one may mean another."""
    token, owner = OWNERS[version]
    body = example(kind, version, owner, id="X1")
    bare = {name: value for name, value in body.items() if name not in ("id", "country_code", "party_id")}
    answer = ask("PUT", f"/ocpi/{version}/receiver/{kind}s/{owner}/X1", token=token, body=bare)
    assert answer.code == 2001, answer.text
    assert all(each in answer.text for each in ("/id", "/country_code", "/party_id")), answer.text


def test_what_differs_from_the_path_is_refused_as_before(ask: Any, known: Known) -> None:
    body = example("tariff", "2.2.1", "BE/BEC", id="X1")
    for name, value in (("ID", "X2"), ("country_code", "FR"), ("party_id", "ABC")):
        odd = {each: body[each] for each in body if each.lower() != name.lower()} | {name: value}
        answer = ask("PUT", "/ocpi/2.2.1/receiver/tariffs/BE/BEC/X1", token="cpo", body=odd)
        assert (answer.code, f"/{name.lower()}" in answer.text) == (2001, True), answer.text


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
