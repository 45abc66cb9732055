"""The second stage of the rehearsal is a hub: two parties register with it and charge through it.

What its functions do here they do with the roles that the template gives them: broadcast, list, forward
with next links that only the hub can read, open routing, a command and its result, who is there.
"""

from __future__ import annotations

from typing import Any

from deploy.deployed import asked, call, client, invoke, operated, step, waiting
from deploy.partner import StubPartner
from deploy.room import expect, until
from localrun.sources import schedule_event

QUEUES = ("push", "push-slow", "pull", "results", "inbox", "audit", "announce")
LOCATION = {
    "country_code": "NL",
    "party_id": "CPO",
    "id": "LOC1",
    "publish": True,
    "address": "Stationsplein 1",
    "city": "Utrecht",
    "country": "NLD",
    "coordinates": {"latitude": "52.089444", "longitude": "5.110278"},
    "time_zone": "Europe/Amsterdam",
    "last_updated": "2026-01-01T00:00:00Z",
}
CARD = {"country_code": "DE", "party_id": "MSP", "uid": "CARD1", "type": "RFID", "contract_id": "DE-MSP-C1"}
TOKEN = {
    **CARD,
    "issuer": "Rehearsal",
    "valid": True,
    "whitelist": "NEVER",
    "last_updated": "2026-01-01T00:00:00Z",
}
SESSION = {
    "country_code": "NL",
    "party_id": "CPO",
    "id": "S1",
    "start_date_time": "2026-01-01T00:00:00Z",
    "kwh": 1,
    "cdr_token": CARD,
    "auth_method": "WHITELIST",
    "location_id": "LOC1",
    "evse_uid": "E1",
    "connector_id": "1",
    "currency": "EUR",
    "status": "ACTIVE",
    "last_updated": "2026-01-01T00:10:00Z",
}


def walk(environ: dict[str, str], stack: str) -> None:
    """Charge through the hub that was deployed as this stack. Raises NotAsItShouldBe."""
    with StubPartner("CPO", "NL", "CPO") as cpo, StubPartner("EMSP", "DE", "MSP") as emsp:
        _Hub(environ, stack, cpo, emsp).walk()


class _Hub:
    def __init__(self, environ: dict[str, str], stack: str, cpo: StubPartner, emsp: StubPartner) -> None:
        self._environ, self._stack, self._cpo, self._emsp = environ, stack, cpo, emsp
        found = client(environ, "cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        api = next(each["OutputValue"] for each in found if each["OutputKey"] == "RestAPIId")
        # The emulator serves APIs under its own address.
        self._base = f"{environ['AWS_ENDPOINT_URL']}/restapis/{api}/api/_user_request_"

    def walk(self) -> None:
        with step("hub: two parties register and hear of each other"):
            for each in (self._cpo, self._emsp):
                self._register(each)
            until(lambda: self._emsp.saw("PUT", "/hubclientinfo/NL/CPO"), "the eMSP was not told of the CPO")
            until(lambda: self._cpo.saw("PUT", "/hubclientinfo/DE/MSP"), "the CPO was not told of the eMSP")
        with step("hub: a Location and a Token are broadcast and listed"):
            self._ask(self._cpo, "PUT", "receiver/locations/NL/CPO/LOC1", LOCATION, to="NL/HUB")
            self._ask(self._emsp, "PUT", "receiver/tokens/DE/MSP/CARD1", TOKEN, to="NL/HUB")
            until(lambda: self._emsp.saw("PUT", "/locations/NL/CPO/LOC1"), "the Location was not broadcast")
            until(lambda: self._cpo.saw("PUT", "/tokens/DE/MSP/CARD1"), "the Token was not broadcast")
            listed, _ = self._ask(self._emsp, "GET", "sender/locations?limit=10", to="NL/HUB")
            expect([each["id"] for each in listed] == ["LOC1"], f"GET-all: {listed}")
        with step("hub: a card is asked about, openly"):
            self._emsp.answers["POST", "/tokens/CARD1/authorize"] = (
                {"allowed": "ALLOWED", "token": TOKEN},
                {},
            )
            said, _ = self._ask(self._cpo, "POST", "sender/tokens/CARD1/authorize")
            expect(said["allowed"] == "ALLOWED", f"authorization: {said}")
        with step("hub: a command, its result, a Session"):
            self._command()
            self._ask(self._cpo, "PUT", "receiver/sessions/NL/CPO/S1", SESSION)
            expect(
                self._emsp.sent("PUT", "/sessions/NL/CPO/S1") == SESSION,
                "the Session was not passed on as it came",
            )
        with step("hub: a list in pages, by links that only the hub can read"):
            self._pages()
        with step("hub: an agreement that ends, the sweep, what was passed on"):
            self._operate("agree", parties=["NL/CPO", "DE/MSP"], allowed=False)
            until(lambda: self._emsp.knows("SUSPENDED"), "the eMSP was not told that the CPO is gone")
            invoke(self._environ, f"{self._stack}-sweep", schedule_event("sweep"))
            routes = self._operate("routes", parties=["NL/CPO", "DE/MSP"])["routes"]
            expect(len(routes) >= 5, f"routes: {routes}")
            page = invoke(self._environ, f"{self._stack}-widget", {"widgetContext": {}})
            expect("NL/CPO" in str(page), f"widget: {str(page)[:500]}")
            for queue in QUEUES:
                expect(
                    not waiting(self._environ, f"{self._stack}-{queue}-dead"), f"{queue}-dead holds messages"
                )

    def _command(self) -> None:
        self._cpo.answers["POST", "/commands/START_SESSION"] = ({"result": "ACCEPTED", "timeout": 30}, {})
        body = {"response_url": f"{self._emsp.url}/results/1", "token": TOKEN, "location_id": "LOC1"}
        said, _ = self._ask(self._emsp, "POST", "receiver/commands/START_SESSION", body, to="NL/CPO")
        expect(said["result"] == "ACCEPTED", f"command: {said}")
        back = self._cpo.sent("POST", "/commands/START_SESSION")["response_url"]
        expect(self._emsp.url not in back, f"the CPO was told the eMSP's own URL: {back}")
        self._ask(self._cpo, "POST", back.partition("/ocpi/2.2.1/")[2], {"result": "ACCEPTED"}, to="DE/MSP")
        result = {"result": "ACCEPTED"}
        until(lambda: self._emsp.sent("POST", "/results/1") == result, "the result did not come back")

    def _pages(self) -> None:
        link = f'<{self._cpo.url}/tariffs/page2>; rel="next"'
        self._cpo.answers["GET", "/tariffs"] = ([], {"Link": link})
        _, headers = self._ask(self._emsp, "GET", "sender/tariffs", to="NL/CPO")
        path, _, query = (headers["Link"] or "").partition("<")[2].partition(">")[0].partition("?")
        expect("cursor=hub." in query and self._cpo.url not in query, f"next link: {headers['Link']}")
        self._ask(self._emsp, "GET", f"{path.partition('/ocpi/2.2.1/')[2]}?{query}", to="NL/CPO")
        expect(self._cpo.saw("GET", "/tariffs/page2"), "the next page was not asked for")

    def _register(self, partner: StubPartner) -> None:
        role = {"role": partner.role, "country_code": partner.country_code, "party_id": partner.party_id}
        invited = self._operate("invite", name=partner.party_id, roles=[role])
        url = f"{self._base}/ocpi/2.2.1/credentials"
        partner.token = call("POST", url, invited["token"], partner.credentials())["token"]

    def _ask(self, partner: StubPartner, method: str, path: str, body: Any = None, to: str = "") -> Any:
        routing = {"OCPI-from-country-code": partner.country_code, "OCPI-from-party-id": partner.party_id}
        if to:
            country, party = to.split("/")
            routing |= {"OCPI-to-country-code": country, "OCPI-to-party-id": party}
        return asked(method, f"{self._base}/ocpi/2.2.1/{path}", partner.token, body, routing)

    def _operate(self, action: str, **fields: Any) -> Any:
        return operated(self._environ, f"{self._stack}-operator", {"action": action, **fields})
