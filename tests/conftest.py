"""What tests are written with.

In this process, by hand, no threads (moto behind botocore; milliseconds):

`platform`   a `wiring.Platform` on empty tables, hosting CPO NL/EXA and EMSP NL/EXM; override the
             fixture `settings` in a module or a class to change that (`OCPI_PARTIES`, ...).
`ask`        `ask("GET", "/ocpi/2.2.1/sender/locations?limit=2", token=partner.token, body={...},
             headers={...})`: a request through app.py as the event API Gateway makes. The answer has
             `.status` (HTTP), `.code` (OCPI), `.data`, `.json`, `.text`, `.headers` (lower-cased names).
             `token` is the credentials token in clear; `authorization` sets the header as it is. A body
             that is no str or bytes is sent as JSON (Decimals exactly). A path may be a whole URL.
`operate`    `operate("put", module="locations", object={...})`: the operator action's data; an error
             raises `OperatorRefused` with `.code`, `.message`, `.pointer`.
`drain`      runs change streams and queues by hand until nothing is left, then what is due (`sweep`), and
             so on until quiet; answers how many batches that were. What waits for a later time stays.
`clock`      `clock.advance(seconds)`: later for the platform, and for delayed or hidden messages.
             `hand.shuffle(seed)`: now all comes twice, shuffled, interrupted (`tests.shuffling`).
`events`     `events()` or `events("ObjectChanged")`: what the back end heard, as EventBridge envelopes.
`partner`    a registered partner: a `tests.stub.PartnerStub` on a loopback port, with `.id` (ours for it) and
             `.token` (what it sends us). CPO BE/BEC and EMSP DE/MSP, 2.2.1.
`register_partner`  makes more of them: `register_partner(version="2.1.1", roles=[{"role": "EMSP",
             "country_code": "FR", "party_id": "ABC"}])`.
`make_platform`  another in-process platform: `make_platform({"OCPI_PARTIES": ...})`; a `Hand`
             with `.platform`, `.ask`, `.operate`, `.drain`, `.clock`, `.events`, `.register_partner`.

Whole platforms with threads and real HTTP (about a second):

`ministack`  an emulator whose writes are atomic under threads, for races: `make_platform({}, ministack)` or
             `LocalPlatform({"OCPI_STAGE": "race"}, emulator=ministack)`. moto shows nothing about races.
`two_platforms`  `.cpo` (CPO NL/EXA) and `.emsp` (EMSP DE/EXM), each a `localrun.platform.LocalPlatform`
             (`.do(action, **fields)`, `.operator(payload)`, `.events()`, `.base_url`), not registered with
             each other until `two_platforms.register(version)`. One pair per module; `fresh_platforms` is one
             per test. Wait for things with `localrun.platform.eventually(lambda: ...)`.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import hypothesis
import pytest

from tests.harness import Answer, Clock, Hand, Pair, borrow, defaults, give_back
from tests.stub import PartnerStub

# Emulators of hundreds of platforms stay in memory: looking through them for garbage took seconds each time.
gc.set_threshold(50_000, 20, 100)
# No test looks at the wall clock: a loaded machine would fail it.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def aws() -> Iterator[None]:
    """moto behind every botocore client of this process that has no endpoint of its own."""
    from moto import mock_aws

    from localrun import large
    from localrun.lighter_moto import lighten

    before = {name: os.environ.pop(name, None) for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE")}
    lighten()
    # moto copies a table for each transaction, of however many items.
    with mock_aws(), large.tables() if os.environ.get("OCPI_TRIALS") else nullcontext():
        yield
    os.environ.update({name: value for name, value in before.items() if value is not None})


@pytest.fixture
def settings() -> dict[str, str]:
    """The settings of `platform`; override it to change them."""
    return {}


@pytest.fixture
def make_platform(aws: None) -> Iterator[Callable[..., Hand]]:
    """A factory of platforms worked by hand, each with tables of its own."""
    made: list[Hand] = []

    def make(settings: Mapping[str, str] | None = None, emulator: Any = None) -> Hand:
        hand = borrow({**defaults(), **(settings or {})}, emulator)
        made.append(hand)
        return hand

    yield make
    for hand in made:
        give_back(hand)


@pytest.fixture(scope="session")
def ministack() -> Iterator[Any]:
    """A ministack in a process of its own, for tests of races; skipped where it was never installed."""
    from localrun.emulator import TOOLS, Ministack

    if not (TOOLS / "bin" / "ministack").exists():
        pytest.skip("make emulator EMULATOR=ministack installs it")
    emulator = Ministack()
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture
def hand(make_platform: Callable[..., Hand], settings: dict[str, str]) -> Hand:
    """The platform of the other fixtures, with everything that works on it."""
    return make_platform(settings)


@pytest.fixture
def platform(hand: Hand) -> Iterator[Any]:
    """The wired platform, also the one that `wiring.platform()` answers in the test itself."""
    from chalicelib import wiring

    with wiring.using(hand.platform):
        yield hand.platform


@pytest.fixture
def ask(hand: Hand) -> Callable[..., Answer]:
    return hand.ask


@pytest.fixture
def operate(hand: Hand) -> Callable[..., Any]:
    return hand.operate


@pytest.fixture
def drain(hand: Hand) -> Callable[..., int]:
    return hand.drain


@pytest.fixture
def clock(hand: Hand) -> Clock:
    return hand.clock


@pytest.fixture
def events(hand: Hand) -> Callable[..., list[dict[str, Any]]]:
    return hand.events


@pytest.fixture
def register_partner(hand: Hand) -> Callable[..., PartnerStub]:
    return hand.register_partner


@pytest.fixture
def partner(hand: Hand) -> PartnerStub:
    return hand.register_partner()


@pytest.fixture(scope="module")
def two_platforms() -> Iterator[Pair]:
    """One pair for all tests of a module."""
    with Pair() as pair:
        yield pair


@pytest.fixture
def fresh_platforms() -> Iterator[Pair]:
    """A pair for one test."""
    with Pair() as pair:
        yield pair
