"""The one table that says what becomes of a request at a hub. Pure: no store, no partner, no I/O.

A row names whom the request is addressed to (OCPI-to), what it is, and what it
becomes. The first row that fits decides; `switch` carries it out.

Example: PUT of a Location with OCPI-to naming the hub: "hub", locations, RECEIVER, PUT: BROADCAST.

Spec: design section 12; HUB-15 to HUB-31, AMB-23, AMB-27
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.ocpi.modules import BY_ID, LIST, PUBLIC, RECEIVER, SENDER

# Whom OCPI-to names: a party hosted beside the hub, the hub itself, any other party, nobody.
HOSTED, HUB, OTHER, NOBODY = "hosted", "hub", "other", "nobody"
ANYONE = (HOSTED, HUB, OTHER, NOBODY)

# What a request becomes.
HERE = "here"  # it is handled as without a hub
RESULT = "result"  # the result of a request that was passed on, at a URL of ours
FORWARD = "forward"  # asked of the party named, its answer handed back
BROADCAST = "broadcast"  # stored as the requester's, told to everyone of the opposite role
GET_ALL = "get_all"  # one list of everything the hub holds for the requester
COPY = "copy"  # what the hub has stored
OPEN = "open"  # forwarded to the party that its content names
NO_BROADCAST = "no_broadcast"  # 2001: this is for one party only
NO_RECEIVER = "no_receiver"  # 4001: nobody is named, and no content says who is meant

FOR_ONE = ("sessions", "cdrs", "commands", "chargingprofiles")
LISTED = ("locations", "tokens", "tariffs", "sessions", "cdrs")


@dataclass(frozen=True)
class Row:
    """What requests it is about, and what they become. Empty: any; `shape`: that path alone."""

    to: tuple[str, ...]
    becomes: str
    modules: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    interface: str = ""
    shape: str | None = None

    def fits(self, to: str, module: str, interface: str, method: str, shape: str) -> bool:
        """Whether the row is about this request."""
        return (
            to in self.to
            and module in (self.modules or (module,))
            and method in (self.methods or (method,))
            and self.interface in ("", interface)
            and self.shape in (None, shape)
        )


KNOWN = tuple(BY_ID)
TABLE = (
    # OCPI-to         becomes        modules             methods  interface shape
    Row(ANYONE, HERE, ("hubclientinfo",)),
    Row(ANYONE, RESULT, ("commands",), ("POST",), SENDER),
    Row(ANYONE, RESULT, ("chargingprofiles",), ("POST",), SENDER),
    Row((HOSTED,), HERE),
    Row((OTHER,), FORWARD),
    Row((HUB,), BROADCAST, PUBLIC, ("PUT", "PATCH"), RECEIVER),
    Row((HUB,), BROADCAST, ("tariffs",), ("DELETE",), RECEIVER),
    Row((HUB,), GET_ALL, LISTED, ("GET",), SENDER, LIST),
    Row((HUB,), COPY, LISTED, ("GET",)),
    Row((HUB,), OPEN, ("tokens",), ("POST",), SENDER),
    Row((HUB,), NO_BROADCAST, FOR_ONE),
    Row((NOBODY,), GET_ALL, LISTED, ("GET",), SENDER, LIST),
    Row((NOBODY,), BROADCAST, PUBLIC, ("PUT", "PATCH", "DELETE"), RECEIVER),
    Row((NOBODY,), OPEN, KNOWN),
    Row((HUB, NOBODY), NO_RECEIVER),
)


def becomes(to: str, module: str, interface: str, method: str, shape: str) -> str:
    """What this request becomes; a custom module has the shape ""."""
    return next(row.becomes for row in TABLE if row.fits(to, module, interface, method, shape))
