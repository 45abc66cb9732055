"""A platform on moto that is measured: its partners, its objects in great number, its requests."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from bench.meter import Meter, Usage
from chalicelib import endpoint, wiring
from chalicelib.actions import dispatch
from chalicelib.objects import private_locations
from chalicelib.ocpi.messages import Request, encode_token
from chalicelib.partner import Partner, Role
from chalicelib.store import directory, feeds, partners, rates
from chalicelib.store.object_items import Key
from chalicelib.store.partner_items import Token, hashed
from localrun import large

PARTIES = '[{"role":"CPO","country_code":"NL","party_id":"EXA","business_details":{"name":"Example"}}]'
EMSP_PARTIES = PARTIES.replace("CPO", "EMSP").replace("EXA", "EXM")
ENVIRON = {
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "OCPI_PARTIES": PARTIES[:-1] + "," + EMSP_PARTIES[1:],
    "OCPI_BASE_URL": "https://ocpi.example.com",
    "OCPI_STAGE": "bench",
    "OCPI_MESSAGES": "none",
}


@dataclass
class Bench:
    """A platform on moto with one registered CPO and one eMSP per version."""

    platform: wiring.Platform
    meter: Meter
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, module: str, segments: tuple[str, ...], token: str, body: bytes = b"", **query: str
    ) -> str:
        """One request; its answer must be a success."""
        _, version = token.split("-")
        received = segments[:1] == ("BE",) or (method == "POST" and not segments)
        interface = "RECEIVER" if received else "SENDER"
        request = Request(
            method=method,
            version=version,
            interface=interface,
            module=module,
            segments=segments,
            query=query,
            headers={"authorization": encode_token(token, "base64")},
            body=body,
            base_url="https://ocpi.example.com",
        )
        with contextlib.redirect_stdout(io.StringIO()) as told:
            status, self.headers, text = endpoint.answer(request, self.platform)
        assert status in (200, 201) and '"status_code":1000' in text, text[:300] + told.getvalue()[-3000:]
        return text

    def units(self, *request: Any, **query: str) -> Usage:
        """What a warm request uses."""
        usage = self.meter.watch()
        self.ask(*request, **query)
        self.meter.watch()  # what comes next is not of this request
        return usage

    def operate(self, action: str, **fields: Any) -> tuple[Any, Usage]:
        """What an operator's action answers, and uses; it must be a success."""
        usage = self.meter.watch()
        with contextlib.redirect_stdout(io.StringIO()):
            answer = dispatch.perform(self.platform, {"action": action, **fields})
        assert answer["ok"], answer
        self.meter.watch()
        return answer["data"], usage


@contextmanager
def measured_platform() -> Iterator[Bench]:
    from moto import mock_aws
    from moto.dynamodb.models import dynamodb_backends

    from localrun import creation
    from localrun.emulator import mocked_clients
    from localrun.template import Template

    before = {name: os.environ.pop(name, None) for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE")}
    with mock_aws(), large.tables(), warm():
        clients = mocked_clients(ENVIRON)
        creation.create(Template.read("bench", "123456789012"), clients)
        for table in dynamodb_backends["123456789012"]["eu-central-1"].tables.values():
            table.stream_shard = None  # moto copies it in every transaction
        platform = wiring.build(ENVIRON, clients)
        shadow = mocked_clients(ENVIRON).dynamodb
        for version in ("2.1.1", "2.2.1", "2.3.0"):
            for role, country, party in (("CPO", "BE", "BEC"), ("EMSP", "BE", "EMS")):
                name = f"{role.lower()}-{version}"
                partner = Partner(
                    id=name,
                    name=name,
                    state="REGISTERED",
                    version=version,
                    roles=(Role(role, country, party),),
                )
                register(platform, partner, name)
        meter = Meter(clients.dynamodb, shadow)
        bench = Bench(platform, meter)
        for version in ("2.1.1", "2.2.1", "2.3.0"):
            for token in (f"cpo-{version}", f"emsp-{version}"):
                bench.ask("GET", "tariffs" if token[0] == "e" else "tokens", (), token)
        with wiring.using(platform):
            yield bench
    os.environ.update({name: value for name, value in before.items() if value is not None})


@contextmanager
def warm() -> Iterator[None]:
    """What a process remembers for some seconds, it remembers throughout, however slow this machine is. It
    tells nobody how many requests a partner makes, which else costs every twentieth of them a write unit.
    """
    with ExitStack() as patches:
        for each in (
            mock.patch.multiple(partners, CACHE_SECONDS=3600, SEEN_WITHIN=3600),
            mock.patch.object(directory, "READ_AGAIN", 3600.0),
            mock.patch.object(private_locations._any_private, "_seconds", 3600.0),
            mock.patch.object(rates, "TOLD_EVERY", 10**9),
        ):
            patches.enter_context(each)
        yield


def register(platform: wiring.Platform, partner: Partner, token: str) -> None:
    """A partner without handshake and without claims: several have the same party here."""
    from chalicelib.store import partner_items as items

    table = f"{platform.settings.prefix}-partners"
    item = {**items.fields(partner), "id": {"S": f"{items.PARTNER}{partner.id}"}}
    platform.clients.dynamodb.put_item(TableName=table, Item=item)
    counted = platform.partners.directories.counted(partner, new=True)
    platform.clients.dynamodb.transact_write_items(TransactItems=counted)
    item = items.token_item(Token(hashed(token), partner.id, "C"), 0)
    platform.clients.dynamodb.put_item(TableName=table, Item=item)


def seed(
    platform: wiring.Platform,
    owner: str,
    locations: list[dict[str, Any]],
    version: str,
    audience: str = feeds.EVERYONE,
) -> None:
    """Very many Locations of one owner, put behind moto's API, which would take minutes."""
    from moto.dynamodb.models import dynamodb_backends

    from chalicelib.objects.parts import split

    objects = platform.objects
    items: list[dict[str, Any]] = []
    backend = dynamodb_backends["123456789012"]["eu-central-1"]
    table = backend.tables[objects.table("locations")]
    feed = feeds.name(owner, audience)
    begin = objects.feeds.heads("locations", [feed])[0].count
    for number, whole in enumerate(locations, begin + 1):
        whole = {**whole, "country_code": owner[:2], "party_id": owner[3:]}
        key = Key("locations", owner[:2], owner[3:], whole["id"])
        for part in split("locations", whole, version, whole, platform.clock()):
            items.append(objects._put(key, None, part, feed, number, False)["Put"]["Item"])
        items += [each["Put"]["Item"] for each in private_locations.entering(platform, key, [], whole, feed)]
    large.fill(table, items)
    for action in objects.feeds._take("locations", feed, begin, len(locations)):
        objects._writer.one(action)
    objects.feeds._counts.clear()
