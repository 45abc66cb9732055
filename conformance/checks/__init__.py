"""The rules, in the order in which they are tried."""

from __future__ import annotations

from conformance.check import REGISTRY, STAGES, Check
from conformance.checks import (
    authorization,
    cdrs,
    charging,
    command_refusals,
    commands,
    content,
    credentials,
    discovery,
    envelope,
    heard,
    hub,
    invited,
    location_content,
    location_oddities,
    location_parts,
    locations,
    methods,
    paging,
    passing_on,
    profiles,
    robustness,
    senders,
    sessions,
    tariffs,
    tokens,
)

ROOMS = (
    # A charge of ours first, so that the lists have something to show.
    *(
        discovery,
        invited,
        credentials,
        authorization,
        commands,
        command_refusals,
        profiles,
        charging,
        paging,
        content,
        location_content,
        senders,
    ),
    *(
        locations,
        location_parts,
        location_oddities,
        tariffs,
        sessions,
        cdrs,
        tokens,
        hub,
        passing_on,
        methods,
        robustness,
        heard,
        envelope,
    ),
)
_order = [room.__name__ for room in ROOMS]


def _place(each: Check) -> tuple[int, int]:
    return STAGES.index(each.stage), _order.index(each.tried_by.__module__)


CHECKS: tuple[Check, ...] = tuple(sorted(REGISTRY, key=_place))
