"""Registration with a partner that comes to us, called back over real HTTP on loopback."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.partners.parties import reached
from tests.harness import Hand
from tests.stub import Canned, PartnerStub, Received

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
EMSP = [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}]
CPO = [{"role": "CPO", "country_code": "BE", "party_id": "BEC"}]


@pytest.fixture
def stub() -> Iterator[Callable[..., PartnerStub]]:
    made: list[PartnerStub] = []

    def make(roles: list[dict[str, str]] | None = None, version: str = "2.2.1", **more: Any) -> PartnerStub:
        made.append(PartnerStub(roles or EMSP, version, **more))
        return made[-1]

    yield make
    for each in made:
        each.down()


def post(hand: Hand, stub: PartnerStub, token: str, method: str = "POST", /, **changes: Any) -> Any:
    body = {**stub.credentials, **changes}
    return hand.ask(method, f"/ocpi/{stub.version}/credentials", token=token, body=body)


def state(hand: Hand, partner: str) -> str:
    return str(hand.operate("partner", partner=partner)["state"])


@pytest.mark.parametrize("version", VERSIONS)
def test_an_invited_partner_finds_everything_from_the_versions_url_and_registers(hand, stub, version):
    """CRE-04, VER-01 to VER-08, CRE-05 to CRE-12, CRE-40 to CRE-42, CRE-51, TRA-65"""
    theirs = stub(version=version)
    invited = hand.operate("invite", name="Example Mobility", roles=EMSP)
    listed = hand.ask("GET", invited["versions_url"], token=invited["token"]).data
    assert [each["version"] for each in listed] == list(VERSIONS)
    url = next(each["url"] for each in listed if each["version"] == version)
    details = hand.ask("GET", url, token=invited["token"]).data
    assert details["version"] == version
    credentials = [each for each in details["endpoints"] if each["identifier"] == "credentials"]
    assert len(credentials) == 1
    assert credentials[0].get("role") == (None if version == "2.1.1" else "SENDER")
    answer = hand.ask("POST", credentials[0]["url"], token=invited["token"], body=theirs.credentials)
    assert (answer.status, answer.code) == (200, 1000)
    assert answer.data["url"] == invited["versions_url"]
    assert 0 < len(answer.data["token"]) <= 64 and answer.data["token"] != invited["token"]
    if version == "2.1.1":
        assert (answer.data["country_code"], answer.data["party_id"]) == ("NL", "EXA")
    else:
        assert [each["role"] for each in answer.data["roles"]] == ["CPO", "EMSP"]
    found = hand.operate("partner", partner=invited["partner"])
    assert (found["state"], found["version"]) == ("REGISTERED", version)
    assert found["roles"] == EMSP
    asked = [each.path for each in theirs.received]
    assert asked == ["/versions", f"/{version}"]  # CRE-08: called back with token B before the answer
    assert {each.token for each in theirs.received} == {theirs.own_token}  # CRE-07
    assert hand.events("PartnerRegistered")[0]["detail"]["partner"] == invited["partner"]


def test_the_invitation_is_dead_after_the_exchange(hand, stub):
    """CRE-11, AMB-15: token A gets no grace"""
    invited = hand.operate("invite", name="Example Mobility")
    answer = post(hand, stub(), invited["token"])
    assert answer.code == 1000
    assert hand.ask("GET", "/ocpi/versions", token=invited["token"]).status == 401
    assert hand.ask("GET", "/ocpi/versions", token=answer.data["token"]).code == 1000


def test_an_invitation_that_expired_is_unknown(hand, stub):
    """CRE-03"""
    invited = hand.operate("invite", name="Late", expires_in=60)
    hand.clock.advance(61)
    assert post(hand, stub(), invited["token"]).status == 401


def test_token_a_opens_versions_and_credentials_only(hand):
    """TRA-09, VER-24, AMB-13, and the state machine of section 1.4"""
    token = hand.operate("invite", name="Example Mobility")["token"]
    assert hand.ask("GET", "/ocpi/versions", token=token).code == 1000
    assert hand.ask("GET", "/ocpi/2.2.1", token=token).code == 1000
    assert hand.ask("GET", "/ocpi/2.2.1/credentials", token=token).data["token"] == token
    for path in ("sender/locations", "receiver/tokens/NL/EXM/1", "receiver/commands/START_SESSION"):
        assert hand.ask("GET", f"/ocpi/2.2.1/{path}", token=token).status in (401, 405)
    assert hand.ask("GET", "/ocpi/2.2.1/sender/locations", token=token).status == 401


def test_put_and_delete_by_an_invited_partner_are_405(hand, stub):
    """CRE-24, CRE-27, AMB-14, AMB-40"""
    invited = hand.operate("invite", name="Example Mobility")
    answer = post(hand, stub(), invited["token"], "PUT")
    assert (answer.status, answer.code, answer.headers["allow"]) == (405, 2000, "GET, POST")
    assert hand.ask("DELETE", "/ocpi/2.2.1/credentials", token=invited["token"]).status == 405
    assert state(hand, invited["partner"]) == "INVITED"


def test_post_by_a_registered_partner_is_405(hand):
    """CRE-20, AMB-14"""
    partner = hand.register_partner()
    answer = post(hand, partner, partner.token)
    assert (answer.status, answer.code) == (405, 2000)
    assert answer.headers["allow"] == "GET, PUT, DELETE"
    assert hand.ask("GET", "/ocpi/2.2.1/credentials", token=partner.token).data["token"] == partner.token


def test_patch_of_credentials_is_not_offered(hand, partner):
    """CRE-14"""
    assert hand.ask("PATCH", "/ocpi/2.2.1/credentials", token=partner.token, body={}).status == 405


def test_an_unknown_token_is_401_on_every_method(hand):
    """AMB-14, TRA-08"""
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        answer = hand.ask(method, "/ocpi/2.2.1/credentials", token="nobody", body={})
        assert (answer.status, answer.code) == (401, 2000)


# Updating.


def test_put_exchanges_both_tokens_and_fetches_the_endpoints_again(hand, partner):
    """CRE-21, CRE-22, CRE-26, VER-20"""
    old = partner.token
    partner.own_token = "stub-token-renewed"
    partner.modules = tuple(each for each in partner.modules if each != "chargingprofiles")
    answer = post(hand, partner, old, "PUT")
    assert answer.code == 1000 and answer.data["token"] != old
    assert {each.token for each in partner.received} == {"stub-token-renewed"}
    found = hand.operate("partner", partner=partner.id)
    assert "chargingprofiles" not in {each["identifier"] for each in found["endpoints"]}
    assert hand.platform.partners.outbound_token(hand.platform.partners.get(partner.id)) == (
        "stub-token-renewed"
    )
    assert hand.events("PartnerUpdated")


def test_after_put_the_old_token_works_until_the_new_one_is_used(hand, partner):
    """AMB-15, CRE-23"""
    old = partner.token
    new = post(hand, partner, old, "PUT").data["token"]
    assert hand.ask("GET", "/ocpi/versions", token=old).code == 1000
    assert hand.ask("GET", "/ocpi/versions", token=new).code == 1000
    assert hand.ask("GET", "/ocpi/versions", token=old).status == 401
    assert hand.ask("GET", "/ocpi/versions", token=new).code == 1000


def test_after_put_the_old_token_works_for_five_minutes_at_most(hand, partner):
    """AMB-15"""
    old = partner.token
    post(hand, partner, old, "PUT")
    hand.clock.advance(299)
    assert hand.ask("GET", "/ocpi/versions", token=old).code == 1000
    hand.clock.advance(2)
    assert hand.ask("GET", "/ocpi/versions", token=old).status == 401


def test_a_put_whose_answer_was_lost_can_be_repeated(hand, partner):
    """AMB-15: the old token asks again, and the token of the lost answer is void"""
    lost = post(hand, partner, partner.token, "PUT").data["token"]
    again = post(hand, partner, partner.token, "PUT").data["token"]
    assert hand.ask("GET", "/ocpi/versions", token=lost).status == 401
    assert hand.ask("GET", "/ocpi/versions", token=again).code == 1000


def test_put_on_another_version_switches_to_it(hand, partner):
    """CRE-12, CRE-21, CRE-25"""
    partner.version = "2.3.0"
    assert post(hand, partner, partner.token, "PUT").code == 1000
    assert hand.operate("partner", partner=partner.id)["version"] == "2.3.0"


def test_a_failed_put_changes_nothing(hand, partner):
    """CRE-33: 3001, and both old tokens keep working"""
    before = hand.operate("partner", partner=partner.id)
    sent = hand.platform.partners.outbound_token(hand.platform.partners.get(partner.id))
    partner.answer(path="/2.2.1", status=500)
    answer = post(hand, partner, partner.token, "PUT", token="never-taken")
    assert (answer.status, answer.code) == (200, 3001)
    assert hand.operate("partner", partner=partner.id) == before
    assert hand.platform.partners.outbound_token(hand.platform.partners.get(partner.id)) == sent
    assert hand.ask("GET", "/ocpi/versions", token=partner.token).code == 1000


def test_get_credentials_returns_the_presented_token(hand, partner):
    """CRE-13, AMB-13"""
    answer = hand.ask("GET", "/ocpi/2.2.1/credentials", token=partner.token)
    assert answer.data["token"] == partner.token
    assert answer.data["url"].endswith("/ocpi/versions")


# Leaving.


def test_delete_ends_the_connection_and_a_new_invitation_begins_another(hand, partner):
    """CRE-28, CRE-29"""
    answer = hand.ask("DELETE", "/ocpi/2.2.1/credentials", token=partner.token)
    assert (answer.status, answer.code) == (200, 1000)
    assert "data" not in answer.json
    assert hand.ask("GET", "/ocpi/versions", token=partner.token).status == 401
    assert state(hand, partner.id) == "UNREGISTERED"
    assert hand.events("PartnerUnregistered")[0]["detail"]["partner"] == partner.id
    invited = hand.operate("invite", name="Again")
    assert post(hand, partner, invited["token"]).code == 1000


def test_nothing_secret_is_left_after_delete(hand, partner):
    """CRE-28, ARC-19: both tokens are destroyed"""
    hand.ask("DELETE", "/ocpi/2.2.1/credentials", token=partner.token)
    items = hand.platform.clients.dynamodb.scan(TableName=f"{hand.platform.settings.prefix}-partners")[
        "Items"
    ]
    assert [item["id"]["S"] for item in items] == ["directory", "directory#members", f"partner#{partner.id}"]
    assert items[-1]["outbound"]["S"] == ""


# Refusals: the right code, and nothing changes.


def refuse(hand: Hand, stub: PartnerStub, code: int, /, **changes: Any) -> Any:
    """Register in vain; the invitation and everything else is as it was."""
    invited = hand.operate("invite", name="Example Mobility")
    before = _items(hand)
    answer = post(hand, stub, invited["token"], **changes)
    assert (answer.status, answer.code) == (200, code), answer.text
    assert _items(hand) == before
    assert state(hand, invited["partner"]) == "INVITED"
    assert "token" not in (answer.data or {})
    return answer


def _items(hand: Hand) -> list[Any]:
    table = f"{hand.platform.settings.prefix}-partners"
    items = hand.platform.clients.dynamodb.scan(TableName=table)["Items"]
    return sorted(items, key=lambda item: str(item["id"]["S"]))


def test_a_versions_url_where_nobody_listens_is_3001(hand, stub):
    """CRE-30, STA-19"""
    theirs = stub()
    theirs.down()
    refuse(hand, theirs, 3001)


def test_a_versions_url_that_does_not_resolve_is_3001(hand, stub):
    """CRE-30"""
    refuse(hand, stub(), 3001, url="http://nobody.invalid/versions")


def test_a_versions_url_that_answers_html_is_3001(hand, stub):
    """CRE-30"""
    theirs = stub()
    theirs.answer(path="/versions", body=b"<html>welcome</html>", headers={"Content-Type": "text/html"})
    refuse(hand, theirs, 3001)


@pytest.mark.parametrize(
    "canned",
    [
        {"status": 401, "code": 2000},
        {"status": 404, "code": 2000},
        {"status": 500, "body": b""},
        {"data": "2.2.1"},
        {"data": []},
        {"data": [{"version": 2, "url": None}, None, 7]},
        {"code": 3000},
        {"code": 2001},
        {"body": b"[" * 100_000},
        {"body": b'{"data":' + b"[" * 500 + b"]" * 500 + b',"status_code":1000}'},
        {"body": b"\xff\xfe\x00"},
        {"status": 302, "headers": {"Location": "/versions"}},
        {"status": 302, "headers": {"Location": "http://localhost:1/versions"}},
        {"status": 302, "headers": {"Location": "http://169.254.169.254/latest/meta-data"}},
    ],
)
def test_unusable_versions_are_3001(hand, stub, canned):
    """CRE-30, STA-19, ARC-20: errors, non-envelopes, redirects to elsewhere and in a circle"""
    theirs = stub()
    theirs.answer(path="/versions", **canned)
    refuse(hand, theirs, 3001)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"version": "2.2.1", "endpoints": []},
        {
            "version": "2.3.0",
            "endpoints": [{"identifier": "credentials", "role": "SENDER", "url": "http://a/"}],
        },
        {"version": "2.2.1", "endpoints": [{"identifier": "credentials", "url": "ftp://x/"}]},
        {"version": "2.2.1", "endpoints": [{"identifier": "credentials", "url": "mailto:a@example.com"}]},
    ],
)
def test_unusable_details_are_3001(hand, stub, data):
    """CRE-30, CRE-53"""
    theirs = stub()
    theirs.answer(path="/2.2.1", data=data)
    refuse(hand, theirs, 3001)


def test_a_partner_without_the_version_of_the_endpoint_is_3002(hand, stub):
    """STA-20, AMB-16"""
    theirs = stub()
    theirs.answer(path="/versions", data=[{"version": "2.3.0", "url": f"{theirs.base_url}/2.3.0"}])
    refuse(hand, theirs, 3002)


def test_unknown_versions_in_the_list_are_passed_over(hand, stub):
    """VER-18, VER-19"""
    theirs = stub()
    listed = [{"version": each, "url": f"{theirs.base_url}/{each}"} for each in ("2.2.1-d2", "9.9", "2.2.1")]
    theirs.answer(path="/versions", data=[*listed, "x"])
    invited = hand.operate("invite", name="Example Mobility")
    assert post(hand, theirs, invited["token"]).code == 1000


@pytest.mark.parametrize("number", [None, "2.2.1", " 2.2.1", "v2.2.1", "V2.2.1", 2.2])
def test_a_version_that_is_spelled_otherwise_is_that_version(hand, stub, number):
    """Design section 6, rule 1; in the list, a number cannot be 2.2.1"""
    theirs = stub()
    if isinstance(number, str):
        theirs.answer(path="/versions", data=[{"version": number, "url": f"{theirs.base_url}/2.2.1"}])
    theirs.answer(path="/2.2.1", data={"version": number, "endpoints": theirs.endpoints})
    invited = hand.operate("invite", name="Example Mobility")
    assert post(hand, theirs, invited["token"]).code == 1000
    assert hand.operate("partner", partner=invited["partner"])["version"] == "2.2.1"


@pytest.mark.parametrize(
    "write", [str.upper, lambda word: f" {word} ", lambda word: word.removesuffix("s"), str.capitalize]
)
def test_a_module_that_is_spelled_otherwise_is_that_module_and_listed_twice_it_is_one(hand, stub, write):
    """Design section 6, rule 1"""
    theirs = stub()
    listed = [each | {"identifier": write(each["identifier"])} for each in theirs.endpoints]
    theirs.answer(path="/2.2.1", data={"version": "2.2.1", "endpoints": [*listed, *listed]})
    invited = hand.operate("invite", name="Example Mobility")
    assert post(hand, theirs, invited["token"]).code == 1000
    known = hand.operate("partner", partner=invited["partner"])["endpoints"]
    assert len(known) == len(listed)
    assert {each["identifier"] for each in known} == {each["identifier"] for each in theirs.endpoints}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_partner_that_needs_a_website_and_a_logo_has_them_in_our_credentials(hand, stub, version):
    theirs = stub(version=version)
    invited = hand.operate("invite", name="Particular", roles=EMSP, quirks=["website_and_logo_always"])
    answer = post(hand, theirs, invited["token"])
    told = [answer.data] if version == "2.1.1" else answer.data["roles"]
    assert all(each["business_details"]["website"] for each in told)
    assert all(each["business_details"]["logo"]["url"] for each in told)
    assert all(each["business_details"]["name"] != "" for each in told)


def test_missing_endpoints_are_3003_and_named(hand, stub):
    """CRE-32, STA-21, AMB-72"""
    theirs = stub()
    theirs.modules = ("locations", "tokens", "cdrs")
    assert "sessions RECEIVER" in refuse(hand, theirs, 3003).json["status_message"]


def test_what_must_be_offered_can_be_agreed_with_the_invitation(hand, stub):
    """AMB-72: configurable"""
    theirs = stub()
    theirs.modules = ("locations",)
    invited = hand.operate("invite", name="Small", requires=["locations"])
    assert post(hand, theirs, invited["token"]).code == 1000


def test_roles_that_were_not_invited_are_refused(hand, stub):
    """AMB-18"""
    invited = hand.operate("invite", name="Example", roles=EMSP)
    for roles in (CPO, EMSP + CPO, [{**EMSP[0], "party_id": "XXX"}]):
        theirs = stub(roles)
        answer = post(hand, theirs, invited["token"])
        assert (answer.status, answer.code) == (200, 2001)
        assert theirs.received == []  # refused before anything was asked
    assert state(hand, invited["partner"]) == "INVITED"
    assert post(hand, stub([{**EMSP[0], "country_code": "de"}]), invited["token"]).code == 1000  # TYP-01


def test_roles_beyond_the_invitation_are_refused_in_put_too(hand, stub):
    """AMB-18"""
    partner = hand.register_partner(roles=EMSP)
    invited = hand.operate("invite", partner=partner.id, roles=EMSP)
    token = post(hand, partner, invited["token"]).data["token"]
    partner.roles = EMSP + CPO
    assert post(hand, partner, token, "PUT").code == 2001


def test_a_2_1_1_party_that_was_not_invited_is_refused(hand, stub):
    """AMB-18, CRE-51"""
    invited = hand.operate("invite", name="Example", roles=EMSP)
    assert post(hand, stub(CPO, "2.1.1"), invited["token"]).code == 2001


def test_a_role_named_twice_is_refused(hand, stub):
    """CRE-43, and CRE-44: several parties and roles are fine"""
    refuse(hand, stub(EMSP + EMSP), 2001)
    invited = hand.operate("invite", name="White label")
    assert post(hand, stub([*EMSP, *CPO, {**EMSP[0], "party_id": "TWO"}]), invited["token"]).code == 1000


def test_a_party_of_another_connection_is_refused(hand, stub):
    """AMB-18: never two connections for one party and role; another role of the party is another matter"""
    hand.register_partner(roles=EMSP)
    refuse(hand, stub(EMSP), 2001)
    invited = hand.operate("invite", name="Its CPO side")
    assert post(hand, stub([{**EMSP[0], "role": "CPO"}]), invited["token"]).code == 1000


def test_our_own_party_is_refused(hand, stub):
    """CRE-45"""
    refuse(hand, stub([{"role": "EMSP", "country_code": "NL", "party_id": "EXA"}]), 2001)


def test_a_platform_whose_answer_was_lost_registers_anew_with_a_new_invitation(hand, stub):
    """AMB-15: the operator says that it is the same, so its older connection ends"""
    partner = hand.register_partner(roles=EMSP)
    invited = hand.operate("invite", name="Once more", replaces=partner.id)
    assert post(hand, partner, invited["token"]).code == 1000
    assert state(hand, partner.id) == "UNREGISTERED"
    assert hand.ask("GET", "/ocpi/versions", token=partner.token).status == 401
    assert state(hand, invited["partner"]) == "REGISTERED"


def test_a_partner_can_be_invited_to_register_anew_while_its_connection_stands(hand, stub):
    """AMB-15, CRE-29; TRA-09 for the new invitation meanwhile"""
    partner = hand.register_partner(roles=EMSP)
    invited = hand.operate("invite", partner=partner.id)
    assert invited["partner"] == partner.id
    assert hand.ask("GET", "/ocpi/2.2.1/sender/cdrs", token=invited["token"]).status == 401
    assert hand.ask("GET", "/ocpi/versions", token=partner.token).code == 1000
    new = post(hand, partner, invited["token"]).data["token"]
    assert hand.ask("GET", "/ocpi/versions", token=partner.token).status == 401
    assert hand.ask("GET", "/ocpi/versions", token=new).code == 1000


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"token": "two\nlines"}, "/token"),
        ({"token": "cr\r\nX-Evil: 1"}, "/token"),
        ({"token": ""}, "/token"),
        ({"token": "with space"}, "/token"),
        ({"token": "ümlaut"}, "/token"),
        ({"token": "x" * 256}, "/token"),
        ({"token": None}, "/token"),
        ({"token": {"a": 1}}, "/token"),
        ({"url": None}, "/url"),
        ({"url": "versions"}, "/url"),
        ({"url": "ftp://example.com/"}, "/url"),
        ({"url": "http://user:pass@example.com/"}, "/url"),
        ({"url": "http://example.com/ver sions"}, "/url"),
        ({"url": "http://exa\r\nmple.com/"}, "/url"),
        ({"url": "http://169.254.169.254/latest"}, "/url"),
        ({"url": "http://[::ffff:169.254.169.254]/"}, "/url"),
        ({"url": "http://0.0.0.0/"}, "/url"),
        ({"url": "http://example.com:99999/"}, "/url"),
        ({"url": "x" * 3000}, "/url"),
        ({"roles": None}, "/roles"),
        ({"roles": []}, "/roles"),
        ({"roles": "CPO"}, "/roles"),
        ({"roles": [None]}, "/roles/0"),
        ({"roles": [{**EMSP[0], "business_details": {"name": "x"}, "party_id": "M/P"}]}, "/roles/0/party_id"),
        (
            {"roles": [{**EMSP[0], "business_details": {"name": "x"}, "party_id": "TOOLONG"}]},
            "/roles/0/party_id",
        ),
        (
            {"roles": [{**EMSP[0], "business_details": {"name": "x"}, "country_code": "D"}]},
            "/roles/0/country",
        ),
        ({"roles": [{**EMSP[0], "business_details": {"name": "x"}, "role": "KING"}]}, "/roles/0/role"),
        (
            {
                "roles": [
                    {
                        "role": "EMSP",
                        "country_code": "DE",
                        "party_id": f"M{n:02d}",
                        "business_details": {"name": "x"},
                    }
                    for n in range(60)
                ]
            },
            "/roles",
        ),
    ],
)
def test_wrong_credentials_are_2001_with_a_pointer(hand, stub, changes, pointer):
    """STA-03, STA-14, CRE-40 to CRE-42, CRE-54, ARC-20"""
    theirs = stub()
    answer = refuse(hand, theirs, 2001, **changes)
    assert answer.json["status_message"].startswith(pointer)
    assert theirs.received == []


@pytest.mark.parametrize("body", [[], "x", 7, None, True])
def test_credentials_that_are_no_object_are_2001(hand, body):
    """STA-14"""
    token = hand.operate("invite", name="x")["token"]
    answer = hand.ask("POST", "/ocpi/2.2.1/credentials", token=token, body=json.dumps(body))
    assert (answer.status, answer.code) == (200, 2001)


def test_unknown_fields_of_credentials_do_no_harm(hand, stub):
    """AMB-03"""
    invited = hand.operate("invite", name="x")
    assert post(hand, stub(), invited["token"], surprise={"deep": [1, 2, {"x": None}]}).code == 1000


# How the token is written.


def test_a_partner_may_present_its_token_raw(hand, stub):
    """TRA-06, AMB-02: and is then answered in kind"""
    theirs = stub(version="2.1.1")
    token = hand.operate("invite", name="x")["token"]
    answer = hand.ask(
        "POST", "/ocpi/2.1.1/credentials", authorization=f"Token {token}", body=theirs.credentials
    )
    assert answer.code == 1000
    assert {each.headers["authorization"] for each in theirs.received} == {f"Token {theirs.own_token}"}
    raw = hand.ask("GET", "/ocpi/versions", authorization=f"Token {answer.data['token']}")
    assert raw.code == 1000


def test_we_write_our_token_in_base64_without_line_feed(hand, stub):
    """TRA-03, TRA-04, AMB-01, AMB-59"""
    partner = hand.register_partner()
    post(hand, partner, partner.token, "PUT")
    expected = base64.b64encode(partner.own_token.encode()).decode()
    assert {each.headers["authorization"] for each in partner.received} == {f"Token {expected}"}


def test_on_401_the_token_is_written_the_other_way_and_that_is_remembered(hand, stub):
    """AMB-02"""
    theirs = stub()

    def raw_only(request: Received) -> Canned | None:
        if request.headers.get("authorization") == f"Token {theirs.own_token}":
            return None
        return Canned(status=401, code=2000)

    theirs.script(raw_only)
    invited = hand.operate("invite", name="x")
    assert post(hand, theirs, invited["token"]).code == 1000
    assert hand.operate("partner", partner=invited["partner"])["token_form"] == "raw"
    assert [each.path for each in theirs.received] == ["/versions", "/versions", "/2.2.1"]


def test_a_token_with_a_line_feed_inside_its_base64_is_understood(hand, partner):
    """AMB-01: the specification's own examples have one"""
    value = base64.b64encode(f"{partner.token}\n".encode()).decode()
    assert hand.ask("GET", "/ocpi/versions", authorization=f"Token {value}").code == 1000


def test_a_token_whose_base64_lacks_its_end_is_understood(hand, partner):
    """AMB-01: nothing else can be meant"""
    value = base64.b64encode(partner.token.encode()).decode()
    assert value.endswith("=")
    assert hand.ask("GET", "/ocpi/versions", authorization=f"Token {value.rstrip('=')}").code == 1000
    assert hand.ask("GET", "/ocpi/versions", authorization=f"Token {value[:-4]}").status == 401


# Roles, hubs, versions.


@pytest.mark.parametrize(("roles", "shown"), [(EMSP, "sender/locations"), (CPO, "receiver/locations")])
def test_a_2_1_1_partner_is_shown_the_interfaces_that_fit_its_role(hand, stub, roles, shown):
    """VER-08, CNV-04, CNV-05"""
    token = hand.operate("invite", name="x", roles=roles)["token"]
    details = hand.ask("GET", "/ocpi/2.1.1", token=token).data["endpoints"]
    urls = [each["url"] for each in details if each["identifier"] == "locations"]
    assert len(urls) == 1 and urls[0].endswith(shown)
    identifiers = [each["identifier"] for each in details]
    assert len(identifiers) == len(set(identifiers)) and not {"role"} & details[0].keys()
    theirs = stub(roles, "2.1.1")
    answer = post(hand, theirs, token)
    assert answer.data["party_id"] == ("EXA" if roles == EMSP else "EXM")
    found = hand.operate("partners")["partners"][0]
    assert found["roles"] == roles
    side = {each["identifier"]: each["role"] for each in found["endpoints"]}
    assert side["locations"] == ("SENDER" if roles == CPO else "RECEIVER")
    assert side["tokens"] == ("SENDER" if roles == EMSP else "RECEIVER")


def test_the_role_of_a_2_1_1_partner_is_known_by_its_urls(hand, stub):
    """CNV-04, CNV-06"""
    token = hand.operate("invite", name="x")["token"]
    assert post(hand, stub(CPO, "2.1.1"), token).code == 1000
    assert hand.operate("partners")["partners"][0]["roles"] == CPO


def test_details_name_the_interfaces_by_who_owns_the_data(hand, partner):
    """VER-10, VER-11, VER-17, VER-21, VER-22, TRA-91: no module but those of the specification"""
    shown = hand.ask("GET", "/ocpi/2.2.1", token=partner.token).data["endpoints"]
    pairs = {(each["identifier"], each["role"]) for each in shown}
    known = {"cdrs", "chargingprofiles", "commands", "credentials", "hubclientinfo", "locations"}
    assert {module for module, _ in pairs} == known | {"sessions", "tariffs", "tokens"}
    assert [each["role"] for each in shown if each["identifier"] == "credentials"] == ["SENDER"]
    for module, interface in (("locations", "RECEIVER"), ("commands", "RECEIVER")):
        assert (module, interface) in pairs
    assert {("tariffs", "RECEIVER"), ("locations", "SENDER"), ("sessions", "SENDER")} <= pairs
    assert all("/ocpi/2.2.1/" in each["url"] for each in shown)


def test_a_partner_may_list_modules_we_do_not_know_and_credentials_in_any_role(hand, stub):
    """VER-12, VER-14, VER-21, AMB-17, AMB-60 to AMB-62, TRA-90"""
    theirs = stub()
    endpoints = [
        {**each, "role": "RECEIVER"} if each["identifier"] == "credentials" else each
        for each in theirs.endpoints
    ]
    endpoints += [
        {"identifier": "nltnm-tokens", "role": "SENDER", "url": "http://127.0.0.1:1/x"},
        {"identifier": "payments", "role": "SOMETHING", "url": "http://127.0.0.1:1/y"},
        {"identifier": 7, "url": None},
        "nonsense",
    ]
    theirs.answer(path="/2.2.1", data={"version": "2.2.1", "endpoints": endpoints})
    invited = hand.operate("invite", name="x")
    assert post(hand, theirs, invited["token"]).code == 1000
    found = hand.platform.partners.get(invited["partner"])
    assert found.endpoint("credentials", "SENDER") == f"{theirs.base_url}/2.2.1/credentials"
    assert found.endpoint("nltnm-tokens", "SENDER") == "http://127.0.0.1:1/x"


def test_details_list_what_is_served_and_nothing_else(hand, partner):
    """VER-05, VER-09, VER-13 to VER-16, AMB-17"""
    for version in ("2.2.1", "2.3.0"):
        endpoints = hand.ask("GET", f"/ocpi/{version}", token=partner.token).data["endpoints"]
        pairs = [(each["identifier"], each["role"]) for each in endpoints]
        assert len(pairs) == len(set(pairs))
        assert ("locations", "SENDER") in pairs and ("locations", "RECEIVER") in pairs
        assert ("hubclientinfo", "SENDER") not in pairs
        for each in endpoints:
            assert hand.ask("GET", each["url"], token=partner.token).status in (200, 404, 405)


def test_a_2_2_1_hub_is_a_hub_connection(hand, stub):
    """CRE-47, CNV-203, CNV-204, AMB-19"""
    hub = [{"role": "HUB", "country_code": "FR", "party_id": "HUB"}]
    token = hand.operate("invite", name="Hub", hub=True)["token"]
    assert post(hand, stub(hub), token).code == 1000
    found = hand.operate("partners")["partners"][0]
    assert (found["hub_party_id"], found["roles"][0]["role"]) == ("FRHUB", "OTHER")
    assert hand.platform.partners.get(found["id"]).is_hub


def test_a_2_3_0_hub_lists_parties_that_may_also_be_connected_directly(hand, stub):
    """CRE-49, CRE-50, AMB-18: one direct and one via hub"""
    direct = hand.register_partner(roles=EMSP)
    parties = [{"role": "EMSP", "country_code": "FR", "party_id": f"{n:03d}"} for n in range(150)]
    theirs = stub(EMSP + parties, "2.3.0")
    token = hand.operate(
        "invite", name="Hub", hub=True, roles=[{"role": "HUB", "country_code": "FR", "party_id": "HUB"}]
    )
    assert post(hand, theirs, token["token"], hub_party_id="FRHUB").code == 1000
    assert reached(hand.platform, ("DE", "MSP"), "EMSP").id == direct.id
    assert reached(hand.platform, ("FR", "007"), "EMSP").id == token["partner"]
    refuse(hand, stub(EMSP[:0] + CPO, "2.3.0"), 2001, hub_party_id="FRHUB")


def test_a_partner_that_is_suspended_gets_nothing(hand, partner):
    """Design section 5: suspend stops all traffic, both directions"""
    hand.operate("suspend", partner=partner.id)
    for path in ("versions", "2.2.1", "2.2.1/credentials", "2.2.1/sender/locations"):
        assert hand.ask("GET", f"/ocpi/{path}", token=partner.token).status == 403
    assert hand.ask("DELETE", "/ocpi/2.2.1/credentials", token=partner.token).status == 403
    hand.operate("resume", partner=partner.id)
    assert hand.ask("GET", "/ocpi/versions", token=partner.token).code == 1000


def test_two_posts_with_one_invitation_register_once(hand, stub):
    """CRE-33: the invitation is consumed by the transaction, so the slower of two gets 405"""
    theirs = stub()
    invited = hand.operate("invite", name="x")
    answers = []

    def during(request: Received) -> None:
        if request.path == "/2.2.1" and not answers:
            answers.append(None)
            answers.append(post(hand, theirs, invited["token"]))

    theirs.script(during)
    slower = post(hand, theirs, invited["token"])
    assert answers[1].code == 1000
    assert slower.status == 405
    assert hand.ask("GET", "/ocpi/versions", token=answers[1].data["token"]).code == 1000
