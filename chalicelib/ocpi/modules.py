"""The table of modules: which paths, methods and objects each has, in which versions.

Routing, 405s, version details, push URLs, the README's table and many tests
are made from it. A new object module is a row here, a model file and its deltas.

Spec: requirements section 2 (endpoints) and section 3 (who offers what)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

V211, V221, V230 = "2.1.1", "2.2.1", "2.3.0"
ALL = (V211, V221, V230)
SINCE_2_2 = (V221, V230)
SENDER, RECEIVER = "SENDER", "RECEIVER"
# Modules that money hangs on: what is sent of them is tried again where others take no for an answer.
PRICED = frozenset({"tariffs", "sessions", "cdrs"})
# What is meant for all, and so may be broadcast through a hub and kept there (HUB-21).
PUBLIC = ("locations", "tokens", "tariffs")

LIST = ""
LOCATION, EVSE, CONNECTOR = (
    "{location_id}",
    "{location_id}/{evse_uid}",
    "{location_id}/{evse_uid}/{connector_id}",
)
OWNER = "{country_code}/{party_id}"


@dataclass(frozen=True)
class Operation:
    """One method and shape of a row, and the word for what is done: `endpoint` knows who does it."""

    method: str
    shape: str
    action: str
    versions: tuple[str, ...] = ALL

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The shape's segments; a variable is written `{name}`."""
        return tuple(self.shape.split("/")) if self.shape else ()


@dataclass(frozen=True)
class Interface:
    """One side of a module and the hosted roles that offer it (requirements section 3).

    `tolerated` are no paths of OCPI's, but partners use them for what is meant by others.
    """

    role: str
    offered_by: tuple[str, ...]
    operations: tuple[Operation, ...]
    tolerated: tuple[Operation, ...] = ()

    @property
    def depth(self) -> int:
        """The most segments any of its paths has after the module."""
        return max(len(operation.names) for operation in (*self.operations, *self.tolerated))


@dataclass(frozen=True)
class Module:
    """A row: a ModuleID, its object, who owns that object, and its two interfaces.

    `kind` is the object's name in the models. `functional` modules carry
    routing headers (HUB-01, HUB-02).
    """

    id: str
    kind: str
    owner: str
    interfaces: tuple[Interface, ...]
    versions: tuple[str, ...] = ALL
    functional: bool = True

    def interface(self, role: str) -> Interface | None:
        return next((each for each in self.interfaces if each.role == role), None)


def _objects(methods: str, shape: str, versions: tuple[str, ...] = ALL) -> tuple[Operation, ...]:
    actions = {"GET": "read", "PUT": "write", "PATCH": "merge", "DELETE": "remove", "POST": "create"}
    return tuple(Operation(method, shape, actions[method], versions) for method in methods.split())


_PAGE = Operation("GET", LIST, "page")

MODULES: tuple[Module, ...] = (
    Module(
        "locations",
        "location",
        "CPO",
        (
            Interface(
                SENDER,
                ("CPO", "NAP"),
                (
                    _PAGE,
                    Operation("GET", LOCATION, "read_ours"),
                    Operation("GET", EVSE, "read_ours"),
                    Operation("GET", CONNECTOR, "read_ours"),
                ),
            ),
            Interface(
                RECEIVER,
                ("EMSP", "NSP", "NAP", "OTHER"),
                (
                    *_objects("GET PUT PATCH", f"{OWNER}/{LOCATION}"),
                    *_objects("GET PUT PATCH", f"{OWNER}/{EVSE}"),
                    *_objects("GET PUT PATCH", f"{OWNER}/{CONNECTOR}"),
                ),
            ),
        ),
    ),
    Module(
        "tariffs",
        "tariff",
        "CPO",
        (
            Interface(SENDER, ("CPO", "NAP"), (_PAGE,)),
            Interface(
                RECEIVER,
                ("EMSP", "NSP", "NAP", "OTHER"),
                (
                    *_objects("GET PUT DELETE", f"{OWNER}/{{tariff_id}}"),
                    *_objects("PATCH", f"{OWNER}/{{tariff_id}}", (V211,)),
                ),
            ),
        ),
    ),
    Module(
        "sessions",
        "session",
        "CPO",
        (
            Interface(
                SENDER,
                ("CPO",),
                (
                    _PAGE,
                    Operation(
                        "PUT", "{session_id}/charging_preferences", "set_charging_preferences", SINCE_2_2
                    ),
                ),
            ),
            Interface(
                RECEIVER,
                ("EMSP", "SCSP", "OTHER"),
                _objects("GET PUT PATCH", f"{OWNER}/{{session_id}}"),
            ),
        ),
    ),
    Module(
        "cdrs",
        "cdr",
        "CPO",
        (
            Interface(SENDER, ("CPO",), (_PAGE,)),
            Interface(
                RECEIVER,
                ("EMSP", "OTHER"),
                (*_objects("POST", LIST), *_objects("GET", f"{OWNER}/{{cdr_id}}")),
                (*_objects("POST", "{cdr_id}"), *_objects("POST", f"{OWNER}/{{cdr_id}}")),
            ),
        ),
    ),
    Module(
        "tokens",
        "token",
        "EMSP",
        (
            Interface(
                SENDER,
                ("EMSP", "OTHER"),
                (_PAGE, Operation("POST", "{token_uid}/authorize", "authorize_token")),
                (Operation("POST", f"{OWNER}/{{token_uid}}/authorize", "authorize_token"),),
            ),
            Interface(RECEIVER, ("CPO",), _objects("GET PUT PATCH", f"{OWNER}/{{token_uid}}")),
        ),
    ),
    Module(
        "commands",
        "",
        "",
        (
            Interface(
                SENDER, ("EMSP", "OTHER"), (Operation("POST", "{command}/{id}", "take_command_result"),)
            ),
            Interface(RECEIVER, ("CPO",), (Operation("POST", "{command}", "accept_command"),)),
        ),
    ),
    Module(
        "chargingprofiles",
        "",
        "",
        (
            Interface(
                SENDER,
                ("SCSP", "EMSP"),
                (
                    Operation("POST", "results/{id}", "take_profile_result"),
                    Operation("PUT", "{session_id}", "take_active_profile"),
                ),
            ),
            Interface(
                RECEIVER,
                ("CPO", "EMSP"),
                (
                    Operation("GET", "{session_id}", "accept_active_profile"),
                    Operation("PUT", "{session_id}", "accept_set_profile"),
                    Operation("DELETE", "{session_id}", "accept_clear_profile"),
                ),
            ),
        ),
        versions=SINCE_2_2,
    ),
    Module(
        "hubclientinfo",
        "client_info",
        "HUB",
        (
            Interface(SENDER, ("HUB",), (Operation("GET", LIST, "page_client_info"),)),
            Interface(
                RECEIVER, ("CPO", "EMSP", "HUB", "NSP", "NAP", "SCSP", "OTHER"), _objects("GET PUT", OWNER)
            ),
        ),
        versions=SINCE_2_2,
        functional=False,
    ),
)

BY_ID = {module.id: module for module in MODULES}

CREDENTIALS = tuple(
    Operation(method, "", action)
    for method, action in (
        ("GET", "show_credentials"),
        ("POST", "register"),
        ("PUT", "update_registration"),
        ("DELETE", "unregister"),
    )
)


def offered(hosted_roles: frozenset[str], version: str) -> Iterator[tuple[Module, Interface]]:
    """The interfaces a platform hosting these roles offers in a version (VER-05, requirements section 3)."""
    for module in MODULES:
        if version in module.versions:
            for interface in module.interfaces:
                if hosted_roles & set(interface.offered_by):
                    yield module, interface


def serving_roles(module: str, interface: str) -> tuple[str, ...]:
    """The roles that offer this interface of a module."""
    row = BY_ID[module].interface(interface) if module in BY_ID else None
    return row.offered_by if row else ()


def asking_roles(module: str, interface: str) -> tuple[str, ...]:
    """The roles that ask this interface: those that offer the other side of the module."""
    return serving_roles(module, SENDER if interface == RECEIVER else RECEIVER)
