"""The operator's actions on objects: checked as strictly as what we send, one or thousands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.objects import bulk
from chalicelib.objects.stored_object import load
from chalicelib.tasks import PerformAction
from tests.harness import OperatorRefused
from tests.known import Known
from tests.samples import example, own

pytest_plugins = ["tests.known"]


def test_a_wrong_object_is_refused_with_a_pointer(operate: Any, known: Known) -> None:
    """Design section 5: nothing we could not send is stored."""
    for changes, pointer in (
        ({"city": None}, "/city"),
        ({"time_zone": 7}, "/time_zone"),
        ({"country": "NL"}, "/country"),
        ({"party_id": "XXX"}, "/party_id"),
        ({"country_code": "DE"}, "/country_code"),
    ):
        with pytest.raises(OperatorRefused) as refused:
            operate("put", module="locations", object=own("location", **changes))
        assert refused.value.pointer == pointer
    assert operate("list", module="locations")["objects"] == []


def test_an_object_that_names_no_owner_is_told_what_is_missing(operate: Any, known: Known) -> None:
    for name in ("country_code", "party_id"):
        whole = own("location")
        del whole[name]
        with pytest.raises(OperatorRefused) as refused:
            operate("put", module="locations", object=whole)
        assert (refused.value.pointer, refused.value.message) == (f"/{name}", "required, but missing")


def test_a_wrong_object_among_many_is_refused_by_itself(operate: Any, known: Known) -> None:
    objects = [own("tariff", id=f"T{at}") for at in range(5)]
    objects[2]["currency"] = "EURO"
    objects[4] = "nonsense"  # type: ignore[call-overload]
    answer = operate("put", module="tariffs", objects=objects)
    assert (answer["stored"], answer["unchanged"]) == (3, 0)
    assert [error["index"] for error in answer["errors"]] == [2, 4]
    assert answer["errors"][0]["pointer"] == "/currency"
    again = operate("put", module="tariffs", objects=objects[:2] + objects[3:4])
    assert (again["stored"], again["unchanged"], again["errors"]) == (0, 3, [])


def test_the_same_id_twice_in_one_go(operate: Any, known: Known) -> None:
    objects = [own("token", uid="U1", valid=valid) for valid in (True, False)]
    assert operate("put", module="tokens", objects=objects)["stored"] == 2
    assert operate("get", module="tokens", id="U1")["object"]["valid"] is False


def test_what_one_invocation_cannot_finish_goes_on_through_the_inbox(
    operate: Any, known: Known, drain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands in one go, in steps that may be repeated."""
    monkeypatch.setattr(bulk, "SECONDS", -1)
    monkeypatch.setattr(bulk, "MOST_IN_MESSAGE", 8000)
    objects = [own("token", uid=f"U{at:03}") for at in range(60)]
    answer = operate("put", module="tokens", objects=objects)
    job = answer.pop("job")
    assert (answer["stored"], answer["older"], answer["errors"], answer["queued"]) == (0, 0, [], 60)
    (begun,) = operate("puts")["puts"]
    assert (begun["id"], begun["state"], begun["total"], begun["stored"]) == (job, "RUNNING", 60, 0)
    monkeypatch.setattr(bulk, "SECONDS", 20)
    drain(sweep=False)
    found = operate("list", module="tokens", limit=1000)
    assert [each["uid"] for each in found["objects"]] == [f"U{at:03}" for at in range(60)]
    (ended,) = operate("puts", job=job)["puts"]
    assert (ended["state"], ended["stored"], ended["refused"]) == ("COMPLETED", 60, 0)


def test_a_part_of_a_list_that_goes_on_by_itself_ends_too(
    operate: Any, known: Known, drain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `first` and no job: what is counted is this part alone."""
    monkeypatch.setattr(bulk, "SECONDS", -1)
    wrong = own("token", uid="U9", language="toolong")
    answer = operate("put", module="tokens", objects=[own("token", uid="U1"), wrong], first=500)
    monkeypatch.setattr(bulk, "SECONDS", 20)
    drain(sweep=False)
    (ended,) = operate("puts", job=answer["job"])["puts"]
    assert (ended["state"], ended["total"], ended["stored"], ended["refused"]) == ("COMPLETED", 2, 1, 1)
    assert [each["index"] for each in ended["errors"]] == [501]


def test_how_far_a_put_came_is_kept(operate: Any, known: Known, hand: Any) -> None:
    """Of a list in several messages, each of which may come twice; what was refused is shown."""
    objects = [own("token", uid=f"U{at:03}") for at in range(30)]
    objects[4]["language"] = objects[25]["language"] = "toolong"
    parts = [
        {
            "action": "put",
            "module": "tokens",
            "job": "tokens of May",
            "total": 30,
            "first": at,
            "objects": objects[at : at + 10],
        }
        for at in (0, 10, 20)
    ]

    def progress() -> dict[str, Any]:
        (found,) = operate("puts", job="tokens of May")["puts"]
        return {name: found[name] for name in ("state", "stored", "unchanged", "refused")}

    for part in (*parts[:2], parts[1], parts[0]):
        hand.platform.queues.send([PerformAction(part)])
        hand.drain(sweep=False)
    assert progress() == {"state": "RUNNING", "stored": 19, "unchanged": 0, "refused": 1}
    hand.platform.queues.send([PerformAction(parts[2])])
    hand.drain(sweep=False)
    assert progress() == {"state": "COMPLETED", "stored": 28, "unchanged": 0, "refused": 2}
    (found,) = operate("puts", job="tokens of May")["puts"]
    assert [error["index"] for error in found["errors"]] == [4, 25]
    assert operate("puts", job="another")["puts"] == []
    assert [each["id"] for each in operate("puts")["puts"]] == ["tokens of May"]


def test_very_many_refusals_are_all_counted_and_some_are_kept(operate: Any, known: Known) -> None:
    for first in range(0, 240, 80):
        wrong = [own("token", uid=f"U{at:03}", language="toolong") for at in range(80)]
        operate("put", module="tokens", objects=wrong, job="bad", total=240, first=first)
    (found,) = operate("puts", job="bad")["puts"]
    assert (found["state"], found["refused"], len(found["errors"])) == ("COMPLETED", 240, 50)


def test_patch_sets_last_updated_and_checks_the_result(operate: Any, known: Known) -> None:
    """Design section 5."""
    operate("put", module="tariffs", object=own("tariff", id="T1", last_updated="2024-01-01T00:00:00Z"))
    answer = operate("patch", module="tariffs", id="t1", changes={"currency": "CHF"})
    assert (answer["stored"], answer["unchanged"], answer["older"]) == (1, 0, 0)
    found = operate("get", module="tariffs", id="T1")["object"]
    assert found["currency"] == "CHF"
    assert found["last_updated"] > "2025"
    for changes, pointer in (
        ({"currency": "EURO"}, "/currency"),
        ({"id": "T2"}, "/id"),
        ({"party_id": "X"}, "/party_id"),
    ):
        with pytest.raises(OperatorRefused) as refused:
            operate("patch", module="tariffs", id="T1", changes=changes)
        assert refused.value.pointer == pointer
    with pytest.raises(OperatorRefused):
        operate("patch", module="tariffs", id="NONE", changes={"currency": "CHF"})


def test_prices_are_kept_to_the_last_digit(operate: Any, known: Known, ask: Any) -> None:
    """TYP-08: no binary floats, whatever the Lambda payload was parsed with."""
    tariff = own("tariff", id="T1")
    tariff["elements"][0]["price_components"][0]["price"] = 0.1
    operate("put", module="tariffs", object=tariff)
    answer = ask("GET", "/ocpi/2.3.0/sender/tariffs", token="emsp2")
    assert '"price":0.1,' in answer.text or '"price":0.1}' in answer.text


def test_partners_objects_are_listed_by_party(operate: Any, known: Known, ask: Any) -> None:
    for at in range(3):
        body = example("tariff", id=f"T{at}")
        assert ask("PUT", f"/ocpi/2.2.1/receiver/tariffs/BE/BEC/T{at}", token="cpo", body=body).status == 201
    first = operate("list", module="tariffs", party="be/bec", limit=2)
    rest = operate("list", module="tariffs", party="BE/BEC", limit=2, cursor=first["cursor"])
    assert [each["id"] for each in first["objects"] + rest["objects"]] == ["T0", "T1", "T2"]
    assert rest["cursor"] is None
    assert first["objects"][0]["tax_included"]  # in 2.3.0, the stored one is 2.2.1
    assert operate("list", module="tariffs")["objects"] == []


def test_own_objects_may_be_written_in_an_older_version(operate: Any, known: Known, ask: Any) -> None:
    old = example("tariff", "2.1.1", id="OLD")
    assert operate("put", module="tariffs", object=old, version="2.1.1")["stored"] == 1
    found = ask("GET", "/ocpi/2.2.1/sender/tariffs", token="emsp").data
    assert (found[0]["country_code"], found[0]["party_id"], found[0]["id"]) == ("NL", "EXA", "OLD")


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_an_operators_put_comes_back_in_every_version(operate: Any, known: Known, version: str) -> None:
    operate("put", module="locations", object=own("location", id="L1"))
    assert operate("get", module="locations", id="L1", version=version)["object"]["id"] == "L1"


def test_decimals_survive(operate: Any, known: Known, platform: Any) -> None:
    from chalicelib.objects.hosted import put
    from chalicelib.store.object_items import Key

    session = own("session", id="S1")
    session["kwh"] = Decimal("0.10")
    assert put(platform, "sessions", session).is_stored
    found = load(platform, Key("sessions", "NL", "EXA", "s1"))
    assert '"kwh":0.10' in found.text


def test_what_a_message_got_refused_is_in_the_log(
    operate: Any, known: Known, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits for the answer to a message: the index in the operator's own list tells which one."""
    wrong = [own("token", uid="U1"), own("token", uid="U2", language="toolong")]
    answer = operate("put", module="tokens", objects=wrong, first=700)
    assert answer["errors"][0]["index"] == 701
    assert '"index":701' in capsys.readouterr().out


def test_what_hubs_say_of_a_party_is_listed_by_party(operate: Any, known: Known, ask: Any) -> None:
    """Design section 5, HCI-03: `list` takes a party of every module."""
    for party, role in (("ONE", "CPO"), ("ONE", "EMSP"), ("TWO", "CPO")):
        body = example("client_info", "2.3.0", f"DE/{party}", role=role)
        url = f"/ocpi/2.3.0/receiver/hubclientinfo/DE/{party}"
        assert ask("PUT", url, token="hub", body=body).code == 1000
    found = operate("list", module="hubclientinfo", party="de/one")
    assert [(each["party_id"], each["role"]) for each in found["objects"]] == [
        ("ONE", "CPO"),
        ("ONE", "EMSP"),
    ]
    assert (found["total"], found["cursor"]) == (2, None)
    assert len(operate("list", module="hubclientinfo", party="DE/ONE", limit=1, offset=1)["objects"]) == 1
    assert operate("list", module="hubclientinfo", party="DE/XYZ")["objects"] == []
    assert len(operate("list", module="hubclientinfo")["objects"]) == 3
