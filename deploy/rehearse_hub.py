"""The second stage of the rehearsal is a hub: two parties register with it and charge through it.

What its functions do here they do with the roles that the template gives them: broadcast, list, forward
with next links that only the hub can read, open routing, a command and its result, a Session and its CDR,
who is there. Both parties are sandboxes, which know the hub alone.
"""

from __future__ import annotations

from typing import Any

from deploy.deployed import invoke, operated, step, waiting
from deploy.room import expect, until
from localrun.sources import schedule_event
from sandbox import Partner
from sandbox.holding import Exchange
from sandbox.parties import Party

QUEUES = ("push", "push-slow", "pull", "results", "inbox", "audit", "announce")
CPO = Party("CPO", "NL", "CPO", "Rehearsal Charging")
EMSP = Party("EMSP", "DE", "MSP", "Rehearsal Mobility")
TO_CPO = {"OCPI-to-country-code": CPO.country_code, "OCPI-to-party-id": CPO.party_id}


def walk(environ: dict[str, str], stack: str) -> None:
    """Charge through the hub that was deployed as this stack. Raises NotAsItShouldBe."""
    with (
        Partner(own_parties=[CPO], page_limit=2) as cpo,  # so small pages that its lists have several
        Partner(own_parties=[EMSP]) as emsp,
    ):
        _Hub(environ, stack, cpo, emsp).walk()


class _Hub:
    def __init__(self, environ: dict[str, str], stack: str, cpo: Partner, emsp: Partner) -> None:
        self._environ, self._stack, self._cpo, self._emsp = environ, stack, cpo, emsp
        self._card = str(emsp.own("tokens")[0]["uid"])

    def walk(self) -> None:
        with step("hub: two parties register and hear of each other"):
            for each in (self._cpo, self._emsp):
                self._register(each)
            until(lambda: _status(self._emsp, CPO) == "CONNECTED", "the eMSP was not told of the CPO")
            until(lambda: _status(self._cpo, EMSP) == "CONNECTED", "the CPO was not told of the eMSP")
        with step("hub: Locations and Tokens are broadcast and listed"):
            for sender, receiver, module in (
                (self._cpo, self._emsp, "locations"),
                (self._emsp, self._cpo, "tokens"),
            ):
                self._broadcast(sender, receiver, module)
            (listed,) = self._emsp.do("pull", module="locations", limit=3)
            expect(listed["objects"] == len(self._cpo.own("locations")), f"GET-all: {listed}")
        with step("hub: a card is asked about, openly"):
            said = self._cpo.do("authorize", uid=self._card)
            expect(said["data"] and said["data"]["allowed"] == "ALLOWED", f"authorization: {said}")
        with step("hub: a command, its result, a Session, its CDR"):
            self._charge()
        with step("hub: a list in pages, by links that only the hub can read"):
            self._pages()
        with step("hub: an agreement that ends, the sweep, what was passed on"):
            self._operate("agree", parties=["NL/CPO", "DE/MSP"], allowed=False)
            until(
                lambda: _status(self._emsp, CPO) == "SUSPENDED", "the eMSP was not told that the CPO is gone"
            )
            invoke(self._environ, f"{self._stack}-sweep", schedule_event("sweep"))
            routes = self._operate("routes", parties=["NL/CPO", "DE/MSP"])["routes"]
            expect(len(routes) >= 5, f"routes: {routes}")
            page = invoke(self._environ, f"{self._stack}-widget", {"widgetContext": {}})
            expect("NL/CPO" in str(page), f"widget: {str(page)[:500]}")
            for queue in QUEUES:
                expect(
                    not waiting(self._environ, f"{self._stack}-{queue}-dead"), f"{queue}-dead holds messages"
                )

    def _register(self, partner: Partner) -> None:
        (party,) = partner.parties
        role = {"role": party.role, "country_code": party.country_code, "party_id": party.party_id}
        invited = self._operate("invite", name=party.name, roles=[role])
        partner.do("register", versions_url=invited["versions_url"], token=invited["token"])

    def _broadcast(self, sender: Partner, receiver: Partner, module: str) -> None:
        said = sender.do("push", module=module)
        expect(said["accepted"] == said["sent"], f"{module}: {said}")
        until(lambda: len(receiver.held(module)) == said["sent"], f"{module} were not broadcast")

    def _charge(self) -> None:
        """From the driver's START_SESSION to the CDR, each party asking the hub alone."""
        self._command("START_SESSION", {"location_id": self._cpo.own("locations")[0]["id"]})
        back = self._cpo.heard("POST", "/commands/START_SESSION")[0].json["response_url"]
        expect(self._emsp.base_url not in back, f"the CPO was told the eMSP's own URL: {back}")
        until(lambda: bool(self._emsp.held("sessions")), "the Session did not come")
        told, came = self._answered("PUT", "/sessions/"), self._emsp.heard("PUT", "/sessions/")[0]
        expect(told.json == came.json, "the Session was not passed on as it came")
        self._command("STOP_SESSION", {"session_id": came.json["id"]})
        until(lambda: bool(self._emsp.held("cdrs")), "the CDR did not come")
        expect(self._emsp.held("cdrs") == [self._answered("POST", "/cdrs").json], "the CDR is another")

    def _answered(self, method: str, containing: str) -> Exchange:
        """The CPO's first such request, once it has its answer: that comes after the eMSP has the object."""
        until(lambda: bool(self._cpo.sent(method, containing)), f"{method} {containing} had no answer")
        return self._cpo.sent(method, containing)[0]

    def _command(self, name: str, body: dict[str, Any]) -> None:
        asked = self._emsp.do("command", command=name, body=body)
        expect(asked["status_code"] == 1000, f"{name}: {asked}")
        found = self._emsp.do("result", id=asked["id"], seconds=60)
        expect(found["result"] == {"result": "ACCEPTED"}, f"{name}: {found}")

    def _pages(self) -> None:
        """Every Tariff of the CPO once, by the links that the hub makes."""
        ids, path = list[str](), "?limit=2"
        while path:
            said = self._emsp.do(
                "request", method="GET", module="tariffs", side="SENDER", path=path, headers=TO_CPO
            )
            expect(said["status_code"] == 1000, f"page: {said}")
            ids += [each["id"] for each in said["data"]]
            link = said["headers"].get("link", "").partition("<")[2].partition(">")[0]
            expect(not link or "cursor=hub." in link, f"next link: {link}")
            expect(self._cpo.base_url not in link, f"next link: {link}")
            path = f"?{link.partition('?')[2]}" if link else ""
        expect(ids == [each["id"] for each in self._cpo.own("tariffs")], f"the Tariffs in pages: {ids}")

    def _operate(self, action: str, **fields: Any) -> Any:
        return operated(self._environ, f"{self._stack}-operator", {"action": action, **fields})


def _status(partner: Partner, party: Party) -> str:
    """Of the party, as the hub told this partner; empty before it did."""
    told = {
        (each["country_code"], each["party_id"]): each["status"] for each in partner.held("hubclientinfo")
    }
    return str(told.get(party.key, ""))
