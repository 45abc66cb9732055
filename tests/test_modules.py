"""The module table: it says what requirements section 2 says, and everything made from it agrees."""

from __future__ import annotations

import pytest

from chalicelib.ocpi import modules, routing
from chalicelib.ocpi.errors import MethodNotAllowed, UnknownPath
from chalicelib.ocpi.modules import ALL, MODULES, SINCE_2_2, V211

# Requirements section 2: (module, interface) -> {shape: methods}, in the newest version.
LEDGER = {
    ("locations", "SENDER"): {
        "": "GET",
        "{location_id}": "GET",
        "{location_id}/{evse_uid}": "GET",
        "{location_id}/{evse_uid}/{connector_id}": "GET",
    },
    ("locations", "RECEIVER"): {
        "{country_code}/{party_id}/{location_id}": "GET PATCH PUT",
        "{country_code}/{party_id}/{location_id}/{evse_uid}": "GET PATCH PUT",
        "{country_code}/{party_id}/{location_id}/{evse_uid}/{connector_id}": "GET PATCH PUT",
    },
    ("tariffs", "SENDER"): {"": "GET"},
    ("tariffs", "RECEIVER"): {"{country_code}/{party_id}/{tariff_id}": "DELETE GET PUT"},
    ("sessions", "SENDER"): {"": "GET", "{session_id}/charging_preferences": "PUT"},
    ("sessions", "RECEIVER"): {"{country_code}/{party_id}/{session_id}": "GET PATCH PUT"},
    ("cdrs", "SENDER"): {"": "GET"},
    ("cdrs", "RECEIVER"): {"": "POST", "{country_code}/{party_id}/{cdr_id}": "GET"},
    ("tokens", "SENDER"): {"": "GET", "{token_uid}/authorize": "POST"},
    ("tokens", "RECEIVER"): {"{country_code}/{party_id}/{token_uid}": "GET PATCH PUT"},
    ("commands", "SENDER"): {"{command}/{id}": "POST"},
    ("commands", "RECEIVER"): {"{command}": "POST"},
    ("chargingprofiles", "SENDER"): {"results/{id}": "POST", "{session_id}": "PUT"},
    ("chargingprofiles", "RECEIVER"): {"{session_id}": "DELETE GET PUT"},
    ("hubclientinfo", "SENDER"): {"": "GET"},
    ("hubclientinfo", "RECEIVER"): {"{country_code}/{party_id}": "GET PUT"},
}
ROWS = [(module, side, op) for module in MODULES for side in module.interfaces for op in side.operations]


def test_the_table_offers_what_the_ledger_lists_and_nothing_more() -> None:
    """TRA-14, LOC-32, LOC-52, SES-11, SES-12, CDR-10, CDR-15, TAR-05..07, TOK-08, HCI-03: 2.3.0 rows."""
    table: dict[tuple[str, str], dict[str, str]] = {}
    for module in MODULES:
        for side in module.interfaces:
            for shape in routing.shapes(side):
                methods = [o.method for o in side.operations if o.shape == shape and "2.3.0" in o.versions]
                table.setdefault((module.id, side.role), {})[shape] = " ".join(sorted(methods))
    assert table == LEDGER


@pytest.mark.parametrize(("module", "side", "op"), ROWS, ids=lambda row: getattr(row, "shape", None))
def test_every_row_routes_back_to_its_own_operation(module, side, op) -> None:
    """VER-05: what is listed answers; every other method on it is 405 with Allow (AMB-40)."""
    segments = tuple(name.strip("{}") for name in op.names)
    for version in set(op.versions) & set(module.versions):
        found, variables = routing.resolve(module.id, side.role, version, op.method, segments)
        assert (found.method, found.shape) == (op.method, op.shape)
        assert list(variables) == [name.strip("{}") for name in op.names if name.startswith("{")]
        with pytest.raises(MethodNotAllowed) as refused:
            routing.resolve(module.id, side.role, version, "TRACE", segments)
        assert op.method in refused.value.allow


def test_what_2_1_1_lacks_is_not_there() -> None:
    """VER-15, CNV-19: no chargingprofiles, hubclientinfo, charging_preferences; TAR-08: a tariff PATCH."""
    for module in ("chargingprofiles", "hubclientinfo"):
        assert modules.BY_ID[module].versions == SINCE_2_2
        with pytest.raises(UnknownPath):
            routing.resolve(module, "RECEIVER", V211, "PUT", ("NL", "EXA"))
    with pytest.raises(UnknownPath):
        routing.resolve("sessions", "SENDER", V211, "PUT", ("S1", "charging_preferences"))
    assert routing.resolve("tariffs", "RECEIVER", V211, "PATCH", ("NL", "EXA", "T1"))[0].action == "merge"
    for version in SINCE_2_2:
        with pytest.raises(MethodNotAllowed):
            routing.resolve("tariffs", "RECEIVER", version, "PATCH", ("NL", "EXA", "T1"))


@pytest.mark.parametrize("segments", [("",), ("a", ""), ("a", "b", "c", "d", "e", "f"), ("x", "charging")])
def test_a_path_of_no_shape_is_unknown(segments) -> None:
    """AMB-40: path unknown is 404."""
    for version in ALL:
        with pytest.raises(UnknownPath):
            routing.resolve("sessions", "SENDER", version, "GET", segments)


def test_a_url_keeps_its_query_and_gets_one_slash_between_segments() -> None:
    """AMB-39, TRA-52: join with exactly one slash, ids percent-encoded, an endpoint's query kept."""
    assert routing.join("https://x/ocpi/locations/", "NL", "A*B/1") == "https://x/ocpi/locations/NL/A%2AB%2F1"
    assert routing.join("https://x/l?key=1", "NL") == "https://x/l/NL?key=1"


@pytest.mark.parametrize(
    ("roles", "interface", "expected"),
    [
        ({"CPO"}, "SENDER", {"locations", "tariffs", "sessions", "cdrs"}),
        ({"CPO"}, "RECEIVER", {"tokens", "commands", "chargingprofiles", "hubclientinfo"}),
        ({"EMSP"}, "SENDER", {"tokens", "commands", "chargingprofiles"}),
        (
            {"EMSP"},
            "RECEIVER",
            {"locations", "tariffs", "sessions", "cdrs", "chargingprofiles", "hubclientinfo"},
        ),
        ({"NSP"}, "RECEIVER", {"locations", "tariffs", "hubclientinfo"}),
        ({"NAP"}, "SENDER", {"locations", "tariffs"}),
        ({"SCSP"}, "SENDER", {"chargingprofiles"}),
        ({"SCSP"}, "RECEIVER", {"sessions", "hubclientinfo"}),
    ],
)
def test_a_role_offers_the_interfaces_of_the_matrix(roles, interface, expected) -> None:
    """Requirements section 3.1; VER-13: ModuleIDs."""
    offered = modules.offered(frozenset(roles), "2.2.1")
    assert {module.id for module, side in offered if side.role == interface} == expected


def test_the_readme_lists_the_endpoints_of_the_table() -> None:
    """The README's table comes from the module table."""
    from docs import generate_modules

    is_now, should_be = generate_modules.current()
    assert is_now == should_be, "run python -m docs.generate_modules"
