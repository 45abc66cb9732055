"""Rules of versions and credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.breaking import tools as by
from sandbox.breaking.table import SINCE_221, kept, rows

if TYPE_CHECKING:
    pass


def _swapped(endpoint: dict[str, Any]) -> dict[str, Any]:
    other = {"SENDER": "RECEIVER", "RECEIVER": "SENDER"}
    return {**endpoint, "role": other[endpoint["role"]]} if "role" in endpoint else endpoint


def _own_credentials(change: Callable[[dict[str, Any]], Any]) -> by.OnAnswer:
    return by.data(change, "credentials", "")


VERSIONS = rows(
    "answer",
    (
        "versions_as_object",
        "the versions are one object",
        "VER-02",
        by.data(lambda found: found[0], "versions"),
    ),
    ("versions_empty", "no version is listed", "VER-02", by.data(lambda found: [], "versions")),
    (
        "version_without_url",
        "a version has no url",
        "VER-03",
        by.data(lambda found: [{"version": each["version"]} for each in found], "versions"),
    ),
    (
        "relative_version_url",
        "a version's url is relative",
        "VER-03",
        by.data(lambda found: [{**each, "url": f"/{each['version']}"} for each in found], "versions"),
    ),
    (
        "version_it_lacks",
        "a version is listed whose details are a 404",
        "VER-05",
        by.data(lambda found: [*found, {"version": "2.2", "url": found[0]["url"] + "/none"}], "versions"),
    ),
    (
        "details_of_other_version",
        "the details name another version",
        "VER-06",
        by.data(lambda found: {**found, "version": "2.0"}, "details"),
    ),
    (
        "details_without_endpoints",
        "the details have no endpoints",
        "VER-06",
        by.data(lambda found: {"version": found["version"]}, "details"),
    ),
    (
        "endpoint_without_role",
        "endpoints have no role",
        "VER-07",
        by.endpoints(lambda each: {name: each[name] for name in ("identifier", "url")}),
        SINCE_221,
    ),
    (
        "sides_swapped",
        "SENDER is called RECEIVER, and the other way round",
        "VER-10",
        by.endpoints(_swapped),
        SINCE_221,
    ),
    (
        "relative_endpoint_url",
        "endpoints have relative urls",
        "CRE-53",
        by.endpoints(lambda each: {**each, "url": "/" + each["url"].split("/", 3)[3]}),
    ),
    (
        "dead_endpoint",
        "the urls of lists lead to a 404",
        "VER-05",
        by.endpoints(lambda each: {**each, "url": each["url"].replace("/out/", "/gone/")}),
    ),
    (
        "no_credentials_endpoint",
        "credentials is not listed",
        "VER-16",
        by.endpoints(lambda each: None if each["identifier"] == "credentials" else each),
    ),
)


CREDENTIALS = {
    **kept(
        ("post_twice_accepted", "POST by one who is registered is accepted", "CRE-20"),
        ("put_unregistered_accepted", "PUT by one who is not registered is accepted", "CRE-24"),
        ("delete_unregistered_accepted", "DELETE by one who is not registered is accepted", "CRE-27"),
        ("put_keeps_token", "PUT is answered with the old token", "CRE-22"),
        ("old_token_lives", "the token before a PUT stays good", "CRE-22"),
        ("token_a_lives_on", "token A stays good after registration", "CRE-11"),
        ("deleted_token_lives", "DELETE changes nothing", "CRE-28"),
        ("post_calls_nobody", "POST is accepted without a look at the other's versions", "CRE-08"),
        (
            "unreachable_peer_accepted",
            "POST is accepted though the other's versions cannot be read",
            "CRE-30",
        ),
        ("missing_version_accepted", "POST is accepted though the other lacks this version", "AMB-16"),
        ("missing_endpoints_accepted", "POST is accepted though the other offers no module", "CRE-32"),
        ("failed_post_burns_token", "a POST that failed makes token A void", "CRE-33"),
        ("credentials_token_too_long", "the token in our Credentials has 80 characters", "CRE-40"),
        ("credentials_unchecked", "Credentials without required fields are accepted", "CRE-42"),
    ),
    **rows(
        "answer",
        (
            "credentials_without_token",
            "our Credentials have no token",
            "CRE-40",
            _own_credentials(by.leave_out("token")),
        ),
        (
            "credentials_token_encoded",
            "the token in our Credentials is Base64",
            "CRE-40",
            _own_credentials(by.say("token", "QSB0b2tlbiB0aGF0IG5vYm9keSBnYXZl")),
        ),
        (
            "credentials_without_url",
            "our Credentials have no url",
            "CRE-41",
            _own_credentials(by.leave_out("url")),
        ),
        (
            "credentials_without_roles",
            "our Credentials have no roles",
            "CRE-42",
            _own_credentials(by.leave_out("roles")),
            SINCE_221,
        ),
        (
            "credentials_roles_twice",
            "our Credentials name each role twice",
            "CRE-43",
            _own_credentials(lambda found: {**found, "roles": found["roles"] * 2}),
            SINCE_221,
        ),
        (
            "credentials_without_party",
            "our Credentials have no party_id",
            "CRE-51",
            _own_credentials(by.leave_out("party_id")),
            ("2.1.1",),
        ),
    ),
}
