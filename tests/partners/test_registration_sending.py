"""Registration as its sender: the operator's `register`, `update_registration` and `unregister`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.harness import Hand, OperatorRefused
from tests.stub import Canned, PartnerStub, Received

CPO = [{"role": "CPO", "country_code": "BE", "party_id": "BEC"}]
GIVEN = "token-c"


@pytest.fixture
def stub() -> Iterator[Callable[..., PartnerStub]]:
    made: list[PartnerStub] = []

    def make(roles: list[dict[str, str]] | None = None, version: str = "2.2.1") -> PartnerStub:
        made.append(PartnerStub(roles or CPO, version, own_token=GIVEN))
        return made[-1]

    yield make
    for each in made:
        each.down()


@pytest.fixture
def registered(hand: Hand, stub: Callable[..., PartnerStub]) -> PartnerStub:
    theirs = stub()
    theirs.id = register(hand, theirs)["id"]
    theirs.token = theirs.requests("POST")[0].json["token"]
    theirs.received.clear()
    return theirs


def register(hand: Hand, theirs: PartnerStub, **more: Any) -> dict[str, Any]:
    return dict(hand.operate("register", versions_url=theirs.versions_url, token="token-a", **more))


def items(hand: Hand) -> list[Any]:
    table = f"{hand.platform.settings.prefix}-partners"
    found = hand.platform.clients.dynamodb.scan(TableName=table)["Items"]
    return sorted(found, key=lambda item: str(item["id"]["S"]))


def kinds(hand: Hand) -> list[str]:
    return sorted(item["kind"]["S"] for item in items(hand) if item["id"]["S"].startswith("token#"))


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_complete_handshake(hand, stub, version):
    """CRE-01, CRE-05, CRE-06, CRE-10, TRA-02, TRA-15, TRA-80, TRA-82, TRA-84; CRE-52 no routing headers"""
    theirs = stub(version=version)
    found = register(hand, theirs)
    assert (found["state"], found["version"], found["roles"]) == ("REGISTERED", version, CPO)
    assert [(each.method, each.path) for each in theirs.received] == [
        ("GET", "/versions"),
        ("GET", f"/{version}"),
        ("POST", f"/{version}/credentials"),
    ]
    assert {each.token for each in theirs.received} == {"token-a"}
    sent = theirs.received[-1]
    assert sent.headers["content-type"] == "application/json"
    assert len({each.headers["x-request-id"] for each in theirs.received}) == 3
    assert all(len(each.headers["x-correlation-id"]) == 36 for each in theirs.received)
    assert not any(name.startswith("ocpi-") for each in theirs.received for name in each.headers)
    assert sent.json["url"] == "https://ocpi.example.com/ocpi/versions"
    if version == "2.1.1":
        assert (sent.json["country_code"], sent.json["party_id"]) == ("NL", "EXM")  # the CPO's counterpart
    store = hand.platform.partners
    assert store.outbound_token(store.get(found["id"])) == GIVEN
    assert hand.ask("GET", "/ocpi/versions", token=sent.json["token"]).code == 1000
    assert hand.events("PartnerRegistered")[0]["detail"]["partner"] == found["id"]
    assert found["health"]["state"] == "OK"


def test_the_partner_may_call_back_while_the_post_is_open(hand, stub):
    """CRE-07, CRE-08, ARC-05, TRA-09: versions and credentials only"""
    theirs = stub()
    seen: list[int] = []

    def call_back(request: Received) -> None:
        if request.method == "POST":
            token = request.json["token"]
            for method, path in (
                ("GET", "versions"),
                ("GET", "2.2.1"),
                ("GET", "2.2.1/sender/locations"),
                ("POST", "2.2.1/credentials"),
                ("PUT", "2.2.1/credentials"),
                ("DELETE", "2.2.1/credentials"),
            ):
                seen.append(hand.ask(method, f"/ocpi/{path}", token=token, body={}).status)

    theirs.script(call_back)
    register(hand, theirs)
    assert seen == [200, 200, 401, 405, 405, 405]


def test_the_latest_mutual_version_is_chosen(hand, stub):
    """CRE-05, VER-18, VER-19"""
    theirs = stub(version="2.3.0")
    listed = [
        {"version": each, "url": f"{theirs.base_url}/{each}"} for each in ("2.1.1", "2.3.0", "3.0", "x")
    ]
    theirs.answer(path="/versions", data=listed)
    assert register(hand, theirs)["version"] == "2.3.0"


def test_a_version_that_not_both_offer_is_refused(hand, stub):
    """CRE-05"""
    with pytest.raises(OperatorRefused) as refused:
        register(hand, stub(), version="2.3.0")
    assert (refused.value.code, refused.value.pointer) == ("unsupported_version", "/version")
    theirs = stub()
    theirs.answer(path="/versions", data=[{"version": "2.0", "url": f"{theirs.base_url}/2.0"}])
    with pytest.raises(OperatorRefused, match="no version in common"):
        register(hand, theirs)
    assert items(hand) == []


def test_a_partner_that_wants_its_token_raw_gets_it_raw(hand, stub):
    """AMB-02, TRA-06: tried once, and remembered"""
    theirs = stub()
    theirs.script(
        lambda request: None if request.headers["authorization"] == "Token token-a" else Canned(401, 2000)
    )
    found = register(hand, theirs)
    assert found["token_form"] == "raw"
    assert len(theirs.requests("GET", "/versions")) == 2
    assert len(theirs.requests("POST")) == 1


def test_2_1_1_is_spoken_with_raw_tokens(hand, stub):
    """TRA-05, CNV-01"""
    theirs = stub(version="2.1.1")
    register(hand, theirs)
    assert theirs.requests("POST")[0].headers["authorization"] == "Token token-a"


def test_without_the_needed_endpoints_no_post_is_sent(hand, stub):
    """CRE-31, AMB-72"""
    theirs = stub()
    theirs.modules = ("tariffs",)
    with pytest.raises(OperatorRefused) as refused:
        register(hand, theirs)
    assert refused.value.code == "missing_endpoints"
    assert theirs.requests("POST") == []
    assert items(hand) == []


@pytest.mark.parametrize(
    ("canned", "code"),
    [
        ({"status": 405, "code": 2000, "message": "you are registered"}, "refused"),
        ({"code": 2001, "message": "no such role"}, "refused"),
        ({"code": 3001}, "unreachable"),
        ({"status": 500, "body": b"oops"}, "unreachable"),
        ({"body": b"<html>"}, "unreachable"),
        ({"data": None}, "unusable_credentials"),
        ({"data": {"token": "a\nb", "url": "http://127.0.0.1:1/", "roles": []}}, "unusable_credentials"),
    ],
)
def test_a_post_that_does_not_end_in_1000_leaves_nothing(hand, stub, canned, code):
    """CRE-33, STA-11: token B is revoked"""
    theirs = stub()
    theirs.answer("POST", "credentials", **canned)
    with pytest.raises(OperatorRefused) as refused:
        register(hand, theirs)
    assert refused.value.code == code
    given = theirs.requests("POST")[0].json["token"]
    assert hand.ask("GET", "/ocpi/versions", token=given).status == 401
    assert items(hand) == []


def test_an_unreachable_partner_is_an_error_in_words(hand, stub):
    """CRE-33"""
    theirs = stub()
    theirs.down()
    with pytest.raises(OperatorRefused, match="no connection"):
        register(hand, theirs)
    assert items(hand) == []


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/", "ftp://x/", "file:///etc/passwd", "http://[fe80::1]/", "x", ""]
)
def test_a_hostile_versions_url_is_refused(hand, url):
    """ARC-20"""
    with pytest.raises(OperatorRefused):
        hand.operate("register", versions_url=url, token="a")


def test_a_token_with_a_line_feed_is_refused(hand, stub):
    """CRE-54"""
    with pytest.raises(OperatorRefused) as refused:
        hand.operate("register", versions_url=stub().versions_url, token="a\r\nX: y")
    assert refused.value.pointer == "/token"


def test_parties_of_another_connection_are_given_back(hand, stub):
    """AMB-18: the partner believes us registered, so we take it back"""
    hand.register_partner(roles=CPO)
    theirs = stub()
    with pytest.raises(OperatorRefused, match="registered by another connection"):
        register(hand, theirs)
    left = theirs.requests("DELETE", "credentials")
    assert [each.token for each in left] == [GIVEN]
    assert kinds(hand) == ["C"]


def test_other_roles_than_expected_are_given_back(hand, stub):
    """AMB-18"""
    theirs = stub()
    with pytest.raises(OperatorRefused, match="not among the roles"):
        register(hand, theirs, roles=[{**CPO[0], "party_id": "XXX"}])
    assert theirs.requests("DELETE")
    assert items(hand) == []


def test_the_same_versions_url_is_not_registered_twice(hand, registered):
    with pytest.raises(OperatorRefused) as refused:
        register(hand, registered)
    assert refused.value.code == "already_registered"
    assert registered.received == []


# update_registration


def test_tokens_are_exchanged_and_endpoints_fetched_again(hand, registered):
    """CRE-23, CRE-25, CRE-26, CRE-34, CRE-35"""
    registered.own_token = "token-d"
    registered.modules = tuple(each for each in registered.modules if each != "hubclientinfo")
    old = registered.token
    found = hand.operate("update_registration", partner=registered.id)
    assert "hubclientinfo" not in {each["identifier"] for each in found["endpoints"]}
    assert [(each.method, each.token) for each in registered.received] == [
        ("GET", GIVEN),
        ("GET", GIVEN),
        ("PUT", GIVEN),
    ]
    new = registered.received[-1].json["token"]
    store = hand.platform.partners
    assert store.outbound_token(store.get(registered.id)) == "token-d"
    assert hand.ask("GET", "/ocpi/2.2.1/sender/hubclientinfo", token=old).status == 404  # still valid
    assert hand.ask("GET", "/ocpi/versions", token=new).code == 1000
    assert hand.ask("GET", "/ocpi/versions", token=old).status == 401
    assert hand.events("PartnerUpdated")


def test_both_tokens_work_while_the_put_is_open(hand, registered):
    """AMB-15"""
    seen: list[int] = []

    def call_back(request: Received) -> None:
        if request.method == "PUT":
            for token in (request.json["token"], registered.token):
                seen.append(hand.ask("GET", "/ocpi/2.2.1/credentials", token=token).status)

    registered.script(call_back)
    hand.operate("update_registration", partner=registered.id)
    assert seen == [200, 200]


def test_an_update_to_a_newer_version(hand, registered):
    """CRE-25"""
    registered.version = "2.3.0"
    assert hand.operate("update_registration", partner=registered.id, version="2.3.0")["version"] == "2.3.0"
    assert registered.requests("PUT", "/2.3.0/credentials")


@pytest.mark.parametrize("canned", [{"code": 2001}, {"status": 405, "code": 2000}])
def test_a_refused_update_changes_nothing(hand, registered, canned):
    """CRE-33"""
    before = items(hand)
    registered.answer("PUT", **canned)
    with pytest.raises(OperatorRefused):
        hand.operate("update_registration", partner=registered.id)
    assert items(hand) == before
    assert hand.ask("GET", "/ocpi/versions", token=registered.token).code == 1000


def test_an_update_whose_answer_is_lost_leaves_both_tokens_valid(hand, registered):
    """AMB-15: the partner may have switched, or not"""
    registered.answer("PUT", status=502, body=b"", times=2)
    with pytest.raises(OperatorRefused) as refused:
        hand.operate("update_registration", partner=registered.id)
    assert refused.value.code == "outcome_unknown"
    puts = registered.requests("PUT")
    assert len(puts) == 2 and puts[0].json["token"] == puts[1].json["token"]
    for token in (registered.token, puts[0].json["token"]):
        assert hand.ask("GET", "/ocpi/2.2.1/credentials", token=token).code == 1000
    hand.operate("update_registration", partner=registered.id)
    assert hand.ask("GET", "/ocpi/versions", token=registered.requests("PUT")[-1].json["token"]).code == 1000
    for token in (registered.token, puts[0].json["token"]):  # the exchange that succeeded ends them
        assert hand.ask("GET", "/ocpi/versions", token=token).status == 401


def test_a_token_that_is_over_is_never_valid_again(hand, registered):
    """AMB-15: nor does an invitation become more than one"""
    first = registered.token
    hand.operate("update_registration", partner=registered.id)
    second = registered.requests("PUT")[-1].json["token"]
    assert hand.ask("GET", "/ocpi/versions", token=second).code == 1000
    invited = hand.operate("invite", partner=registered.id)["token"]
    hand.operate("update_registration", partner=registered.id)
    third = registered.requests("PUT")[-1].json["token"]
    statuses = [
        hand.ask("GET", "/ocpi/2.2.1/sender/cdrs", token=each).status for each in (first, invited, second)
    ]
    assert statuses == [401, 401, 200]
    assert hand.ask("GET", "/ocpi/2.2.1/sender/cdrs", token=third).status == 200
    assert hand.ask("GET", "/ocpi/2.2.1/sender/cdrs", token=second).status == 401


def test_an_update_whose_answer_is_lost_once_is_repeated(hand, registered):
    """AMB-15"""
    registered.answer("PUT", status=504, body=b"", times=1)
    assert hand.operate("update_registration", partner=registered.id)["state"] == "REGISTERED"


def test_new_roles_in_the_answer_that_are_not_ours_to_accept_do_not_lose_the_tokens(hand, registered):
    """AMB-18, CRE-23"""
    registered.own_token = "token-d"
    registered.roles = [*CPO, {"role": "EMSP", "country_code": "NL", "party_id": "EXM"}]
    found = hand.operate("update_registration", partner=registered.id)
    assert found["roles"] == CPO
    store = hand.platform.partners
    assert store.outbound_token(store.get(registered.id)) == "token-d"


def test_only_a_registered_partner_is_updated(hand):
    invited = hand.operate("invite", name="x")
    with pytest.raises(OperatorRefused) as refused:
        hand.operate("update_registration", partner=invited["partner"])
    assert refused.value.code == "not_registered"


# unregister


def test_unregister_ends_it_at_both_sides(hand, registered):
    """CRE-28"""
    found = hand.operate("unregister", partner=registered.id)
    assert (found["state"], found["told"]) == ("UNREGISTERED", True)
    assert [each.token for each in registered.requests("DELETE", "/2.2.1/credentials")] == [GIVEN]
    assert hand.ask("GET", "/ocpi/versions", token=registered.token).status == 401
    assert kinds(hand) == []
    assert hand.events("PartnerUnregistered")
    assert hand.operate("unregister", partner=registered.id)["state"] == "UNREGISTERED"


@pytest.mark.parametrize("status", [401, 404, 405])
def test_a_partner_that_does_not_know_us_any_more_counts_as_told(hand, registered, status):
    """CRE-28"""
    registered.answer("DELETE", status=status, code=2000)
    assert hand.operate("unregister", partner=registered.id)["told"] is True


def test_a_partner_that_cannot_be_told_is_left_all_the_same(hand, registered):
    """CRE-28"""
    registered.answer(status=503, body=b"")
    found = hand.operate("unregister", partner=registered.id)
    assert (found["state"], found["told"]) == ("UNREGISTERED", False)
    assert found["problem"]
    assert hand.ask("GET", "/ocpi/versions", token=registered.token).status == 401


def test_an_invitation_is_taken_back_by_unregister(hand):
    invited = hand.operate("invite", name="x")
    assert hand.operate("unregister", partner=invited["partner"])["state"] == "UNREGISTERED"
    assert hand.ask("GET", "/ocpi/versions", token=invited["token"]).status == 401
    assert kinds(hand) == []


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_two_platforms_register_rotate_and_part_over_http(two_platforms, version):
    """CRE-01, CRE-02, CRE-10, CRE-28: both sides are ours, with threads and real connections"""
    found = two_platforms.register(version)
    assert found["version"] == version
    (seen,) = [each for each in two_platforms.cpo.do("partners")["partners"] if each["state"] == "REGISTERED"]
    assert (seen["version"], seen["roles"][0]["role"]) == (version, "EMSP")
    for _ in range(2):
        assert two_platforms.emsp.do("update_registration", partner=found["id"])["state"] == "REGISTERED"
        assert two_platforms.cpo.do("update_registration", partner=seen["id"])["state"] == "REGISTERED"
    two_platforms.unregister()
    assert two_platforms.cpo.do("partner", partner=seen["id"])["state"] == "UNREGISTERED"
