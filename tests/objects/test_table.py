"""Every row of the module table as its RECEIVER serves it: its owner, others, wrong ids, missing fields."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ocpi import modules
from chalicelib.ocpi.modules import RECEIVER
from tests.known import Known
from tests.samples import KINDS, NEWER, example

pytest_plugins = ["tests.known"]

CPO_OF = {"2.1.1": ("old_cpo", "BE/OLD"), "2.2.1": ("cpo", "BE/BEC"), "2.3.0": ("cpo2", "BE/OTH")}
EMSP_OF = {"2.1.1": ("old_emsp", "FR/OLD"), "2.2.1": ("emsp", "DE/MSP"), "2.3.0": ("emsp2", "FR/ABC")}
NAMES = ("location_id", "evse_uid", "connector_id", "tariff_id", "session_id", "cdr_id", "token_uid")


def ids(version: str) -> dict[str, str]:
    """The ids that the examples of a version have."""
    location = example("location", version)
    return {
        "location_id": location["id"],
        "evse_uid": location["evses"][0]["uid"],
        "connector_id": location["evses"][0]["connectors"][0]["id"],
        "tariff_id": example("tariff", version)["id"],
        "session_id": example("session", version)["id"],
        "cdr_id": example("cdr", version)["id"],
        "token_uid": example("token", version)["uid"],
    }


def rows() -> list[Any]:
    found = []
    for module in modules.MODULES:
        side = module.interface(RECEIVER)
        for operation in side.operations if side else ():
            if operation.action in (
                "page",
                "read_ours",
                "read",
                "write",
                "merge",
                "create",
                "remove",
            ) and module.id not in ("hubclientinfo",):
                for version in operation.versions:
                    if version in module.versions:
                        name = f"{version}-{module.id}-{operation.method}-{operation.shape.count('/')}"
                        found.append(pytest.param(module.id, operation, version, id=name))
    return found


def owned(module: str, version: str) -> tuple[str, str]:
    return (EMSP_OF if module == "tokens" else CPO_OF)[version]


def path(module: str, operation: modules.Operation, version: str, owner: str, **other: str) -> str:
    country, party = owner.split("/")
    values = {**ids(version), "country_code": country, "party_id": party, **other}
    return f"/ocpi/{version}/receiver/{module}/{operation.shape.format(**values)}".rstrip("/")


def kind_of(module: str, operation: modules.Operation) -> str:
    last = operation.names[-1] if operation.names else ""
    return {"{evse_uid}": "evse", "{connector_id}": "connector"}.get(last, KINDS[module])


def body(module: str, operation: modules.Operation, version: str, owner: str) -> dict[str, Any] | None:
    if operation.method in ("GET", "DELETE"):
        return None
    whole = example(kind_of(module, operation), version, owner)
    if kind_of(module, operation) == "evse":
        whole["uid"] = ids(version)["evse_uid"]
    if kind_of(module, operation) == "connector":
        whole["id"] = ids(version)["connector_id"]
    return whole if operation.method in ("PUT", "POST") else {"last_updated": NEWER}


def store(ask: Any, module: str, version: str, token: str, owner: str) -> None:
    kind = KINDS[module]
    whole = example(kind, version, owner)
    if module == "cdrs":
        answer = ask("POST", f"/ocpi/{version}/receiver/cdrs", token=token, body=whole)
    else:
        country, party = owner.split("/")
        identity = whole.get("id") or whole["uid"]
        url = f"/ocpi/{version}/receiver/{module}/{country}/{party}/{identity}"
        answer = ask("PUT", url, token=token, body=whole)
    assert (answer.status, answer.code) == (201, 1000), answer.text


@pytest.mark.parametrize(("module", "operation", "version"), rows())
def test_a_row_answers_its_owner(ask: Any, known: Known, module: str, operation: Any, version: str) -> None:
    """LOC-40 to LOC-47, SES-12, CDR-11, TAR-06, TAR-08, TOK-04, TOK-05."""
    token, owner = owned(module, version)
    store(ask, module, version, token, owner)
    answer = ask(
        operation.method,
        path(module, operation, version, owner),
        token=token,
        body=body(module, operation, version, owner),
    )
    assert (answer.status, answer.code) == (200, 1000), answer.text
    if operation.method == "GET":
        assert answer.data
    else:
        assert answer.data is None  # TRA-70


@pytest.mark.parametrize(("module", "operation", "version"), rows())
def test_a_row_hides_what_belongs_to_others(
    ask: Any, known: Known, module: str, operation: Any, version: str
) -> None:
    """TRA-55: the URL of a party that is not the client's is unknown, whether or not the object exists."""
    token, owner = owned(module, version)
    store(ask, module, version, token, owner)
    others = [each for each in known.by_id if each not in (token, "hub")]
    for other in others:
        answer = ask(
            operation.method,
            path(module, operation, version, owner),
            token=other,
            body=body(module, operation, version, owner),
        )
        if operation.method == "POST" and version == "2.1.1":
            continue  # names no owner: it becomes the client's own, see below
        assert answer.code == 2001, (other, answer.text)
        assert answer.status == (200 if operation.method == "POST" else 404)
        assert answer.data is None


@pytest.mark.parametrize(
    ("module", "operation", "version"), [row for row in rows() if row.values[1].method not in ("PUT", "POST")]
)
def test_a_row_does_not_know_the_unknown(
    ask: Any, known: Known, module: str, operation: Any, version: str
) -> None:
    """AMB-05: HTTP 404 with 2003, 2004 or 2001 in an envelope; 2.1.1 has no 2004 (CNV-110)."""
    token, owner = owned(module, version)
    answer = ask(
        operation.method,
        path(module, operation, version, owner, **dict.fromkeys(NAMES, "NO-SUCH")),
        token=token,
        body=body(module, operation, version, owner),
    )
    expected = {"locations": 2003, "tokens": 2000 if version == "2.1.1" else 2004}.get(module, 2001)
    assert (answer.status, answer.code) == (404, expected), answer.text


@pytest.mark.parametrize(
    ("module", "operation", "version"), [row for row in rows() if row.values[1].method == "PUT"]
)
def test_path_and_body_must_agree(ask: Any, known: Known, module: str, operation: Any, version: str) -> None:
    """TRA-56, TRA-57: 2001 with a pointer to the field."""
    token, owner = owned(module, version)
    store(ask, module, version, token, owner)
    whole = body(module, operation, version, owner) or {}
    kind = kind_of(module, operation)
    names = ["uid" if kind in ("evse", "token") else "id"]
    if version != "2.1.1" and kind not in ("evse", "connector"):
        names += ["country_code", "party_id"]
    for name in names:
        answer = ask("PUT", path(module, operation, version, owner), token=token, body={**whole, name: "XX"})
        assert (answer.status, answer.code) == (200, 2001), answer.text
        assert f"/{name}" in answer.json["status_message"]


@pytest.mark.parametrize(
    ("module", "operation", "version"), [row for row in rows() if row.values[1].method in ("PUT", "POST")]
)
def test_a_missing_field_is_named(ask: Any, known: Known, module: str, operation: Any, version: str) -> None:
    """TRA-45, STA-14: HTTP 200, 2001 and which field; nothing is stored."""
    token, owner = owned(module, version)
    store(ask, module, version, token, owner)
    whole = body(module, operation, version, owner) or {}
    name = "uid" if "uid" in whole else "id"
    del whole[name]
    answer = ask(operation.method, path(module, operation, version, owner), token=token, body=whole)
    assert (answer.status, answer.code) == (200, 2001), answer.text
    assert f"/{name}" in answer.json["status_message"]


@pytest.mark.parametrize(
    ("module", "operation", "version"), [row for row in rows() if row.values[1].method == "PUT"]
)
def test_what_says_no_time_is_of_its_arrival_and_told_once(
    ask: Any, known: Known, module: str, operation: Any, version: str
) -> None:
    token, owner = owned(module, version)
    store(ask, module, version, token, owner)
    whole = body(module, operation, version, owner) or {}
    del whole["last_updated"]
    url = path(module, operation, version, owner)
    assert ask("PUT", url, token=token, body=whole).code == 1000
    assert ask("PUT", url, token=token, body=whole).code == 1000


@pytest.mark.parametrize(
    ("module", "operation", "version"), [row for row in rows() if row.values[1].method == "PATCH"]
)
def test_a_patch_says_when(ask: Any, known: Known, module: str, operation: Any, version: str) -> None:
    """TRA-48 to TRA-50: refused without last_updated, but for 2.1.1, where the time of reception counts."""
    token, owner = owned(module, version)
    store(ask, module, version, token, owner)
    answer = ask("PATCH", path(module, operation, version, owner), token=token, body={})
    assert (answer.status, answer.code) == (200, 1000 if version == "2.1.1" else 2001), answer.text


@pytest.mark.parametrize("version", modules.ALL)
@pytest.mark.parametrize("module", KINDS)
def test_other_methods_are_not_offered(ask: Any, known: Known, module: str, version: str) -> None:
    """AMB-40, LOC-32, LOC-52, SES-11, CDR-15, TAR-07, TOK-08, HCI-03."""
    row = modules.BY_ID[module]
    if version not in row.versions:
        return
    for side in row.interfaces:
        for shape in {operation.shape for operation in side.operations if version in operation.versions}:
            if set(side.offered_by) == {"HUB"}:
                continue  # tests/hub has those
            every = (*side.operations, *side.tolerated)
            offered = {o.method for o in every if o.shape == shape and version in o.versions}
            values = {**ids(version), "country_code": "BE", "party_id": "BEC"}
            url = f"/ocpi/{version}/{side.role.lower()}/{module}/{shape.format(**values)}"
            for method in {"GET", "PUT", "PATCH", "POST", "DELETE"} - offered:
                answer = ask(method, url, token="cpo", body={})
                assert (answer.status, answer.code) == (405, 2000), (method, url, answer.text)
                assert answer.headers["allow"]
