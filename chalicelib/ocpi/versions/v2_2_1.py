"""What 2.2.1 writes differently from 2.3.0.

Spec: ledger section 4.3 (CNV-201 to CNV-241)
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

from chalicelib.ocpi.models.base import V221, V230
from chalicelib.ocpi.versions.conversion import Inexpressible, Path, Trip, at
from chalicelib.ocpi.versions.delta import Delta

# Enough digits that no sum or difference of two accepted amounts is rounded.
_EXACT = Context(prec=210)
_FOUR_DECIMALS = Decimal("0.0001")


def _price_up(price: dict[str, Any], _trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-205: the difference of the two amounts is one tax, also when it is 0."""
    without, included = price.pop("excl_vat", None), price.pop("incl_vat", None)
    if without is None:
        return price
    up = {"before_taxes": without}
    if included is not None:
        up["taxes"] = [{"name": "VAT", "amount": _add(included, without, -1)}]
    return up | price | up


def _price_down(price: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-205, AMB-57: no taxes listed means that the amount with taxes is not stated."""
    without, taxes = price.pop("before_taxes", None), price.pop("taxes", None)
    if without is None:
        return price
    down = {"excl_vat": without}
    if taxes:
        total = without
        for tax in taxes:
            total = _add(total, tax["amount"])
        down["incl_vat"] = total
        if len(taxes) > 1 or taxes[0].keys() != {"name", "amount"} or taxes[0]["name"] != "VAT":
            trip.lose((path, "taxes"), "changed", "names and rates of taxes; only their sum is written")
    return down | price


def _limit_up(price: dict[str, Any], _trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-233"""
    return {_LIMIT.get(name, name): amount for name, amount in price.items()}


def _limit_down(price: dict[str, Any], _trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-233"""
    return {_LIMIT_BACK.get(name, name): amount for name, amount in price.items()}


_LIMIT = {"excl_vat": "before_taxes", "incl_vat": "after_taxes"}
_LIMIT_BACK = {"before_taxes": "excl_vat", "after_taxes": "incl_vat"}


def _tariff_up(tariff: dict[str, Any], trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-230: prices of 2.2.1 exclude VAT."""
    if not trip.partial:
        tariff.setdefault("tax_included", "NO")
    return tariff


def _tariff_down(tariff: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-230, CNV-231: net prices where they can be told; a tariff without them is not sent."""
    included = tariff.get("tax_included")
    if included not in ("YES", "N/A"):
        return tariff
    elements = []
    for number, element in enumerate(tariff.get("elements") or ()):
        components = []
        for index, component in enumerate(element.get("price_components") or ()):
            where = at(path, "elements", number, "price_components", index)
            components.append(_net(component, included, trip, where))
        elements.append({**element, "price_components": components})
    if elements:
        tariff["elements"] = elements
    return tariff


def _element_down(element: dict[str, Any], _trip: Trip, path: Path) -> dict[str, Any]:
    """TAR-44: without the word `booking` it would price every session, so the element goes."""
    if (element.get("restrictions") or {}).get("booking") is not None:
        raise Inexpressible(path, "not_in_version", "2.2.1 prices no bookings")
    return element


def _net(component: dict[str, Any], included: str, trip: Trip, path: Path) -> dict[str, Any]:
    rate = component.get("vat")
    if included == "N/A":
        if rate is not None:
            trip.lose(at(path, "vat"), "changed", "no taxes apply, so no rate is written")
        return {name: value for name, value in component.items() if name != "vat"}
    if rate is None:
        if component["price"] == 0:
            return component
        raise Inexpressible(path, "net_price_unknown", "price includes a tax of unknown rate (CNV-231)")
    if Decimal(rate) <= -100:
        raise Inexpressible(path, "net_price_unknown", "no net price follows from this rate (CNV-231)")
    gross = Decimal(component["price"])
    net = (
        _EXACT.divide(gross, 1 + Decimal(rate) / 100)
        .quantize(_FOUR_DECIMALS, context=_EXACT)
        .normalize(_EXACT)
    )
    trip.lose(at(path, "price"), "changed", "2.2.1 prices exclude VAT; the net price is written")
    return {**component, "price": _plain(net)}


def _credentials_up(credentials: dict[str, Any], _trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-203, CNV-204: the hub is named by hub_party_id; the role HUB is no more (AMB-19)."""
    for role in credentials.get("roles") or ():
        if role.get("role") == "HUB":
            credentials.setdefault("hub_party_id", f"{role.get('country_code')}{role.get('party_id')}")
    return credentials


def _credentials_down(credentials: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-203: of a hub only the hub is told; who is behind it, hubclientinfo tells."""
    hub = credentials.get("hub_party_id")
    roles = credentials.get("roles")
    if isinstance(hub, str) and len(hub) > 2 and roles:
        mine = [
            role
            for role in roles
            if f"{role.get('country_code')}{role.get('party_id')}".upper() == hub.upper()
        ]
        if len(roles) > 1:
            trip.lose(at(path, "roles"), "changed", "only the hub itself; its parties are in hubclientinfo")
        hub_role = {"role": "HUB", "country_code": hub[:2], "party_id": hub[2:]}
        credentials["roles"] = [{**(mine or roles)[0], **hub_role}]
    return credentials


def _add(left: Any, right: Any, sign: int = 1) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        return left + sign * right
    return (_EXACT.add if sign > 0 else _EXACT.subtract)(Decimal(left), Decimal(right))


def _plain(number: Decimal) -> Decimal | int:
    return int(number) if number == number.to_integral_value() else number


DELTA = Delta(
    older=V221,
    newer=V230,
    words={"ConnectorType": {"SAE_J3400": "TESLA_S"}, "TokenType": {"*": "OTHER"}},
    words_up={"Role": {"HUB": "OTHER"}},
    up={
        "Price": _price_up,
        "PriceLimit": _limit_up,
        "Tariff": _tariff_up,
        "Credentials": _credentials_up,
    },
    down={
        "Price": _price_down,
        "PriceLimit": _limit_down,
        "Tariff": _tariff_down,
        "TariffElement": _element_down,
        "Credentials": _credentials_down,
    },
    quiet={
        "Tariff": frozenset({"tax_included"}),
        "Credentials": frozenset({"hub_party_id"}),
        "Price": frozenset({"before_taxes", "taxes"}),
        "PriceLimit": frozenset({"before_taxes", "after_taxes"}),
    },
)
