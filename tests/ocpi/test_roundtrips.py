"""Properties of conversion, for objects of every kind generated from the tables (CNV-P1 to CNV-P6)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.ocpi import jsontext, models
from chalicelib.ocpi.models import KINDS, validators
from chalicelib.ocpi.reading import read
from chalicelib.ocpi.tolerance import Tolerance
from chalicelib.ocpi.validation import Validator
from chalicelib.ocpi.writing import write
from tests.ocpi.generate import objects
from tests.ocpi.samples import EMSP, NOW, OWNER, find, token

ALL = sorted(KINDS.keys() - {"versions", "version_details"})
WITH_OWNER = {"location", "session", "cdr", "tariff", "token"}
# Kinds that 2.1.1 has, and whose words it can say again without a side-car
SAME_IN_211 = [
    "connector",
    "evse",
    "token",
    "stop_session",
    "unlock_connector",
    "start_session",
    "reserve_now",
]

few = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def equal(left: Any, right: Any) -> bool:
    return bool(jsontext.loads(jsontext.dumps(left)) == jsontext.loads(jsontext.dumps(right)))


def strict(kind: str, obj: Any, version: str) -> list[Any]:
    validator = Validator(version)
    validator.validate(models.model(kind), obj)
    return validator.findings


@pytest.mark.parametrize("kind", ALL)
@few
@given(data=st.data())
def test_2_2_1_to_2_3_0_and_back_is_exact_without_a_side_car(kind: str, data: st.DataObject) -> None:
    # the proof obligation at the end of ledger section 4.3
    body = data.draw(objects(kind, "2.2.1"))
    if kind in ("client_info", "credentials"):
        assert (
            kind == "credentials"
            or body["role"] != "HUB"
            or read(kind, body, "2.2.1").object["role"] == "OTHER"
        )
        roles = body.get("roles", [body])
        if any(role.get("role") == "HUB" for role in roles):
            return
    reading = read(kind, body, "2.2.1")
    assert reading.findings == ()
    writing = write(kind, reading.object, "2.2.1")
    assert writing.losses == ()
    assert equal(writing.object, body)


@pytest.mark.parametrize("kind", SAME_IN_211)
@few
@given(data=st.data())
def test_2_1_1_to_2_3_0_and_back_is_exact_but_for_fractions_of_seconds(
    kind: str, data: st.DataObject
) -> None:
    # CNV-08 floors
    body = data.draw(objects(kind, "2.1.1"))
    back = write(kind, read(kind, body, "2.1.1", owner=OWNER).object, "2.1.1", now=NOW).object
    assert equal(back, jsontext.loads(jsontext.dumps(body).replace(".250Z", "Z")))


@pytest.mark.parametrize("kind", ALL)
@few
@given(data=st.data())
def test_what_a_2_2_1_partner_is_sent_is_valid_2_2_1(kind: str, data: st.DataObject) -> None:
    writing = write(kind, data.draw(objects(kind, "2.3.0")), "2.2.1", now=NOW)
    if writing.object is None:
        assert writing.losses
    else:
        assert strict(kind, writing.object, "2.2.1") == []


@pytest.mark.parametrize("kind", ALL)
@few
@given(data=st.data())
def test_what_a_2_1_1_partner_is_sent_is_valid_2_1_1(kind: str, data: st.DataObject) -> None:
    body = data.draw(objects(kind, "2.3.0"))
    if "location_id" in body and kind == "session":
        body |= {"country_code": "BE", "party_id": "BEC", "location_id": "GENT-01"}
    writing = write(kind, body, "2.1.1", find=find, now=NOW)
    if writing.object is None:
        assert writing.losses
    else:
        assert strict(kind, writing.object, "2.1.1") == []


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("version", ["2.1.1", "2.2.1"])
@few
@given(data=st.data())
def test_what_an_older_partner_sent_is_valid_2_3_0(kind: str, version: str, data: st.DataObject) -> None:
    body = data.draw(objects(kind, version))
    canonical = read(kind, body, version, owner=OWNER, emsp=EMSP, token=lambda _: token("")).object
    # ids of 39 characters stay as they are (CNV-10); coordinates of 2.1.1 are a subset
    findings = [finding for finding in strict(kind, canonical, "2.3.0") if finding.code != "too_long"]
    assert [finding for finding in findings if not finding.pointer.endswith("/role")] == []


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@few
@given(data=st.data())
def test_the_fast_way_and_the_close_look_agree(kind: str, version: str, data: st.DataObject) -> None:
    body = data.draw(objects(kind, version))
    if "X_NEW" not in jsontext.dumps(body):  # the closer look tells a new word from one misspelt
        assert validators.validate(models.model(kind), version, False)(body)
    tolerance = Tolerance(version)
    assert tolerance.read(models.model(kind), body) is body
    assert tolerance.findings == []
    assert strict(kind, body, version) == []


@pytest.mark.parametrize("kind", sorted(WITH_OWNER))
@few
@given(data=st.data())
def test_last_updated_is_never_changed_but_floored_for_2_1_1(kind: str, data: st.DataObject) -> None:
    # CNV-P6
    body = data.draw(objects(kind, "2.3.0"))
    for version in ("2.2.1", "2.1.1"):
        written = write(kind, body, version, find=find, now=NOW).object
        if written is not None:
            expected = body["last_updated"] if version == "2.2.1" else body["last_updated"][:19] + "Z"
            assert written["last_updated"] == expected


@pytest.mark.parametrize("kind", ALL)
@few
@given(data=st.data())
def test_writing_changes_nothing_in_place(kind: str, data: st.DataObject) -> None:
    body = data.draw(objects(kind, "2.3.0"))
    before = jsontext.dumps(body)
    for version in ("2.3.0", "2.2.1", "2.1.1"):
        write(kind, body, version, find=find, now=NOW)
    assert jsontext.dumps(body) == before


@pytest.mark.parametrize("kind", ["location", "evse", "connector", "session", "token"])
@few
@given(data=st.data())
def test_any_part_of_an_object_is_converted_as_a_patch(kind: str, data: st.DataObject) -> None:
    # CNV-P7: every step tolerates an absent field
    body = data.draw(objects(kind, "2.3.0"))
    some = data.draw(st.sets(st.sampled_from(sorted(body))))
    patch = {name: value for name, value in body.items() if name in some} | {"last_updated": NOW}
    for version in ("2.2.1", "2.1.1"):
        written = write(kind, patch, version, partial=True, now=NOW).object
        if written is not None:
            validator = Validator(version)
            validator.validate(models.model(kind), written, partial=True)
            assert validator.findings == []
            read(kind, written, version, partial=True)
