"""What is right is refused, or gets lost on its way: rules of reading leniently."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.breaking import tools as by
from sandbox.breaking.table import ONLY_211, ONLY_230, SINCE_221, kept, rows
from sandbox.conduct import Asked
from sandbox.messages import Answer
from sandbox.objects import VALUES

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
When = Callable[["Partner", Asked, Object], Any]
PARAMETERS = ("offset", "limit", "date_from", "date_to", "type", "response_url", "duration")


def _refuse(
    module: str, side: str, methods: str, when: When, status: int = 200, code: int = 2001
) -> Callable[..., Any]:
    """Such a request, with such a body, is refused."""

    def do(partner: Partner, asked: Asked) -> Answer | None:
        if (
            module not in ("", asked.module)
            or side not in ("", asked.side)
            or asked.method not in methods.split()
        ):
            return None
        if not (partner.knows(asked) and when(partner, asked, by.body_of(asked))):
            return None
        return Answer(status=status, code=code, message="told to refuse this")

    return do


def _unknown_capability(partner: Partner, asked: Asked, body: Object) -> bool:
    return bool(set(body.get("capabilities") or ()) - set(VALUES["CAPABILITY"].split()))


def _dead_cdr(partner: Partner, asked: Asked, body: Object) -> bool:
    place = body.get("cdr_location")
    return isinstance(place, dict) and not by.received(partner, "locations", place.get("id"))


def _conflict(partner: Partner, asked: Asked, body: Object) -> bool:
    return any(each["id"] == body.get("id") and each != body for each in partner.held("cdrs"))


def _rounded(found: Any) -> None:
    """Prices of a Tariff with two decimals."""
    for element in found.get("elements", ()) if isinstance(found, dict) else ():
        for each in element.get("price_components", ()):
            each["price"] = round(Decimal(str(each["price"])), 2)


def _ascii(found: Any) -> None:
    if isinstance(found, dict) and isinstance(found.get("name"), str):
        found["name"] = found["name"].encode("ascii", "replace").decode()


def _always_connected(found: Any) -> None:
    if isinstance(found, dict):
        by.say("status", "CONNECTED")(found)


REFUSING = {
    **kept(
        ("put_keeps_evses", "PUT of a Location keeps EVSEs that it leaves out", "LOC-46"),
        ("put_keeps_periods", "PUT of a Session without charging_periods keeps them", "SES-14", SINCE_221),
        ("empty_periods_clear", "PATCH with no charging_periods removes them", "SES-18", SINCE_221),
        ("old_periods_appended", "PATCH of a Session appends its charging_periods", "SES-20", ONLY_211),
        ("token_types_mixed", "Tokens are held by their uid alone", "TOK-06", SINCE_221),
        ("encoded_tokens_only", "a bare token is not read", "TRA-05", ONLY_211),
        ("header_case_matters", "headers are read as they are mostly written", "TRA-10"),
        ("registered_see_no_versions", "versions are shown to the token A alone", "VER-24"),
    ),
    **rows(
        "request",
        (
            "null_refused",
            "a field that is null is refused",
            "TYP-15",
            _refuse("locations", "RECEIVER", "PUT", lambda p, a, body: None in body.values()),
        ),
        (
            "new_values_refused",
            "a capability that we do not know is refused",
            "TYP-13",
            _refuse("locations", "RECEIVER", "PUT", _unknown_capability),
            ONLY_230,
        ),
        (
            "charset_refused",
            "a Content-Type with a charset is refused",
            "ARC-03",
            _refuse(
                "", "", "PUT", lambda p, asked, b: "charset" in asked.request.headers.get("content-type", "")
            ),
        ),
        (
            "fractions_refused",
            "a DateTime with fractions of a second is refused",
            "TYP-06",
            _refuse("locations", "RECEIVER", "PUT", lambda p, a, body: "." in str(body.get("last_updated"))),
            SINCE_221,
        ),
        (
            "parts_not_read",
            "GET of an EVSE or Connector is a 404",
            "LOC-41",
            _refuse("locations", "RECEIVER", "GET", lambda p, asked, b: len(asked.rest) > 3, 404, 2003),
        ),
        (
            "evse_refused",
            "PUT of an EVSE is refused",
            "LOC-45",
            _refuse("locations", "RECEIVER", "PUT", lambda p, asked, b: len(asked.rest) == 4),
        ),
        (
            "connector_refused",
            "PUT of a Connector is refused",
            "LOC-43",
            _refuse("locations", "RECEIVER", "PUT", lambda p, asked, b: len(asked.rest) == 5),
            SINCE_221,
        ),
        (
            "evse_patch_refused",
            "PATCH of an EVSE is refused",
            "LOC-51",
            _refuse("locations", "RECEIVER", "PATCH", lambda p, asked, b: len(asked.rest) == 4),
        ),
        (
            "patch_needs_date",
            "PATCH without last_updated is refused, as newer versions have it",
            "TRA-50",
            _refuse("locations", "RECEIVER", "PATCH", lambda p, a, body: "last_updated" not in body),
            ONLY_211,
        ),
        (
            "encoded_ids_refused",
            "an id with a blank or a slash in it is refused",
            "AMB-39",
            _refuse(
                "locations",
                "RECEIVER",
                "PUT GET",
                lambda p, asked, b: set(asked.rest[2] if asked.rest[2:] else "") & {" ", "/"},
            ),
        ),
        (
            "own_ids_case_matters",
            "our Locations are found by their id in its own case only",
            "TYP-01",
            _refuse(
                "locations",
                "SENDER",
                "GET",
                lambda partner, asked, b: (
                    asked.rest and asked.rest[0] not in [each["id"] for each in partner.own("locations")]
                ),
                404,
                2003,
            ),
            SINCE_221,
        ),
        (
            "tariff_patch_refused",
            "PATCH of a Tariff is refused, as newer versions have it",
            "TAR-08",
            _refuse("tariffs", "RECEIVER", "PATCH", lambda p, a, b: True),
            ONLY_211,
        ),
        (
            "cdrs_refused",
            "every CDR is refused",
            "CDR-11",
            _refuse("cdrs", "RECEIVER", "POST", lambda p, a, b: True),
        ),
        (
            "session_needs_location",
            "a Session at a Location never sent is refused",
            "SES-28",
            _refuse(
                "sessions",
                "RECEIVER",
                "PUT",
                lambda partner, a, body: not by.received(partner, "locations", body.get("location_id")),
            ),
            SINCE_221,
        ),
        (
            "cdr_needs_location",
            "a CDR at a Location never sent is refused",
            "CDR-04",
            _refuse("cdrs", "RECEIVER", "POST", _dead_cdr),
            SINCE_221,
        ),
        (
            "credit_refused",
            "a Credit CDR is refused",
            "CDR-07",
            _refuse("cdrs", "RECEIVER", "POST", lambda p, a, body: body.get("credit")),
            SINCE_221,
        ),
        (
            "cdr_conflict_breaks",
            "another CDR of a known id is HTTP 500",
            "STA-03",
            _refuse("cdrs", "RECEIVER", "POST", _conflict, 500, 3000),
        ),
        (
            "place_refused",
            "an authorization that names a place is refused",
            "TOK-30",
            _refuse("tokens", "SENDER", "POST", lambda p, asked, b: asked.request.body),
        ),
        (
            "token_type_required",
            "an authorization without a type is refused",
            "TOK-30",
            _refuse("tokens", "SENDER", "POST", lambda p, asked, b: "type" not in asked.request.query),
            SINCE_221,
        ),
        (
            "client_info_refused",
            "ClientInfo is refused",
            "HCI-03",
            _refuse("hubclientinfo", "RECEIVER", "PUT", lambda p, a, b: True),
            SINCE_221,
        ),
        (
            "sessions_need_date_from",
            "a list of Sessions without date_from is refused",
            "SES-10",
            _refuse(
                "sessions",
                "SENDER",
                "GET",
                lambda p, asked, b: asked.lists and "date_from" not in asked.request.query,
            ),
        ),
        (
            "unknown_parameters_refused",
            "a parameter that nobody knows is refused",
            "TRA-21",
            _refuse("", "SENDER", "GET", lambda p, asked, b: set(asked.request.query) - set(PARAMETERS)),
        ),
        (
            "content_type_required",
            "GET without a Content-Type is HTTP 415",
            "TRA-16",
            _refuse(
                "", "", "GET", lambda p, asked, b: "content-type" not in asked.request.headers, 415, 2000
            ),
        ),
        (
            "deep_json_breaks",
            "JSON nested deeply is HTTP 500",
            "STA-03",
            _refuse("", "RECEIVER", "PUT", lambda p, asked, b: b"[" * 1000 in asked.request.body, 500, 3000),
        ),
        (
            "odd_numbers_break",
            "NaN in JSON is HTTP 500",
            "STA-03",
            _refuse("", "RECEIVER", "PUT", lambda p, asked, b: b"NaN" in asked.request.body, 500, 3000),
        ),
        (
            "odd_paths_break",
            "a path with %00 in it is HTTP 500",
            "STA-03",
            _refuse("", "SENDER", "GET", lambda p, asked, b: "%00" in asked.request.path, 500, 3000),
        ),
    ),
    **rows(
        "answer",
        ("prices_rounded", "Tariffs are held with two decimals", "TAR-11", by.data(_rounded, "tariffs")),
        (
            "script_lost",
            "letters that are not ASCII become question marks",
            "TYP-02",
            by.data(_ascii, "locations"),
            SINCE_221,
        ),
        (
            "client_info_stays",
            "a ClientInfo that was sent always says CONNECTED",
            "HCI-11",
            by.data(_always_connected, "hubclientinfo"),
            SINCE_221,
        ),
    ),
}
