"""The objects that the kit owns, in the words of one version; ids are new in every run."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
ABSENT = object()


def stamp(seconds: float = 0) -> str:
    """A DateTime that many seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def changed(base: Json, **changes: Any) -> Json:
    """A copy with some fields changed; ABSENT leaves one out."""
    return {name: value for name, value in {**base, **changes}.items() if value is not ABSENT}


@dataclass
class Samples:
    """Objects of one party; `driver` is the Token that Sessions and CDRs name: theirs if one is known."""

    version: str
    country: str
    party: str
    prefix: str = field(default_factory=lambda: f"KIT-{uuid.uuid4().hex[:8]}")
    driver: Json | None = None

    @property
    def old(self) -> bool:
        return self.version == "2.1.1"

    @property
    def owner(self) -> Json:
        return {} if self.old else {"country_code": self.country, "party_id": self.party}

    def id(self, key: str) -> str:
        """The id of the object that checks call by this key."""
        return f"{self.prefix}-{key}"

    def connector(self, id: str = "1", **changes: Any) -> Json:
        power = {"voltage": 230, "amperage": 32} if self.old else {"max_voltage": 230, "max_amperage": 32}
        base = {"id": id, "standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE"}
        return changed({**base, **power, "last_updated": stamp(-3600)}, **changes)

    def evse(self, key: str = "E1", **changes: Any) -> Json:
        base = {
            "uid": self.id(key),
            "evse_id": f"{self.country}*{self.party}*E{self.prefix[4:]}*{key}",
            "status": "AVAILABLE",
            "capabilities": ["RFID_READER", "REMOTE_START_STOP_CAPABLE"],
            "connectors": [self.connector()],
            "physical_reference": "1",
            "last_updated": stamp(-3600),
        }
        return changed(base, **changes)

    def location(self, key: str = "L1", **changes: Any) -> Json:
        new: Json = {"publish": True, "parking_type": "ON_STREET", "time_zone": "Europe/Amsterdam"}
        base = {
            **self.owner,
            "id": self.id(key),
            **({"type": "ON_STREET"} if self.old else new),
            "name": "Conformance kit",
            "address": "Teststraat 1",
            "city": "Amsterdam",
            "postal_code": "1012AB",
            "country": "NLD",
            "coordinates": {"latitude": "52.370216", "longitude": "4.895168"},
            "evses": [self.evse("E1"), self.evse("E2")],
            "last_updated": stamp(-3600),
        }
        return changed(base, **changes)

    def tariff(self, key: str = "T1", **changes: Any) -> Json:
        price = {"type": "ENERGY", "price": 0.25, "step_size": 1}
        base = {
            **self.owner,
            "id": self.id(key),
            "currency": "EUR",
            **({} if self.version != "2.3.0" else {"tax_included": "NO"}),
            "tariff_alt_text": [{"language": "en", "text": "Conformance kit"}],
            "elements": [{"price_components": [price if self.old else {**price, "vat": 21.0}]}],
            "last_updated": stamp(-3600),
        }
        return changed(base, **changes)

    def token(self, key: str = "C1", **changes: Any) -> Json:
        contract = {
            "auth_id" if self.old else "contract_id": f"{self.country}-{self.party}-C{self.prefix[4:]}"
        }
        base = {
            **self.owner,
            "uid": self.id(key),
            "type": "RFID",
            **contract,
            "visual_number": "KIT 0001",
            "issuer": "Conformance kit",
            "valid": True,
            "whitelist": "ALLOWED",
            "language": "en",
            "last_updated": stamp(-3600),
        }
        return changed(base, **changes)

    def _driver(self) -> Json:
        token = self.driver or self.token()
        if self.old:
            return {"auth_id": token["auth_id"]}
        names = ("country_code", "party_id", "uid", "type", "contract_id")
        return {"cdr_token": {name: token[name] for name in names}}

    def _cost(self, amount: float) -> Any:
        if self.old:
            return amount
        return {"before_taxes": amount} if self.version == "2.3.0" else {"excl_vat": amount}

    def _place(self) -> Json:
        """The Location of a 2.1.1 Session or CDR: one EVSE, one Connector."""
        return self.location(evses=[self.evse("E1")])

    def period(self, at: float, kwh: float) -> Json:
        return {"start_date_time": stamp(at), "dimensions": [{"type": "ENERGY", "volume": kwh}]}

    def session(self, key: str = "S1", **changes: Any) -> Json:
        where = {"location_id": self.id("L1"), "evse_uid": self.id("E1"), "connector_id": "1"}
        base = {
            **self.owner,
            "id": self.id(key),
            "start_datetime" if self.old else "start_date_time": stamp(-1800),
            "kwh": 1.5,
            **self._driver(),
            "auth_method": "WHITELIST",
            **({"location": self._place()} if self.old else where),
            "currency": "EUR",
            "charging_periods": [self.period(-1800, 1.5)],
            "status": "ACTIVE",
            "last_updated": stamp(-1200),
        }
        return changed(base, **changes)

    def cdr(self, key: str = "D1", **changes: Any) -> Json:
        where = {
            "id": self.id("L1"),
            "address": "Teststraat 1",
            "city": "Amsterdam",
            "postal_code": "1012AB",
            "country": "NLD",
            "coordinates": {"latitude": "52.370216", "longitude": "4.895168"},
            "evse_uid": self.id("E1"),
            "evse_id": f"{self.country}*{self.party}*E{self.prefix[4:]}*E1",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        }
        base = {
            **self.owner,
            "id": self.id(key),
            "start_date_time": stamp(-7200),
            "stop_date_time" if self.old else "end_date_time": stamp(-3600),
            **self._driver(),
            "auth_method": "WHITELIST",
            **({"location": self._place()} if self.old else {"cdr_location": where}),
            "currency": "EUR",
            "tariffs": [self.tariff()],
            "charging_periods": [self.period(-7200, 10)],
            "total_cost": self._cost(2.5),
            "total_energy": 10,
            "total_time": 1,
            "last_updated": stamp(-3500),
        }
        return changed(base, **changes)

    def client_info(self, country: str, party: str, **changes: Any) -> Json:
        base = {"country_code": country, "party_id": party, "role": "CPO", "status": "CONNECTED"}
        return changed({**base, "last_updated": stamp(-60)}, **changes)

    def profile(self, **changes: Any) -> Json:
        periods = [{"start_period": 0, "limit": 11000.0}, {"start_period": 900, "limit": 7400.0}]
        base = {"charging_rate_unit": "W", "duration": 3600, "charging_profile_period": periods}
        return changed(base, **changes)
