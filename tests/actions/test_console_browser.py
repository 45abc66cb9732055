"""The operator's page in a real browser: pressed, typed into, narrow, dark, without a mouse, left alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from localrun.front import Front
from tests import samples
from tests.browser import Browser, browsing, needs_browser
from tests.samples import EMSP_ROLES

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES, version="2.2.1")
    drain()
    return stub


@pytest.fixture
def url(hand: Any) -> Iterator[str]:
    """The local platform's page."""
    front = Front(hand.functions, lambda after: [])
    yield f"http://127.0.0.1:{front.start(0)}/local/console"
    front.stop()


def refused(hand: Any, emsp: Any, many: int) -> None:
    emsp.answer("PUT", times=many, status=400, code=2001, message="opening_times is missing")
    for number in range(many):
        hand.operate("put", module="locations", object=samples.location(id=f"LOC{number}"))
    hand.drain()


def test_a_button_asks_first_and_then_says_what_became_of_it(
    browser: Browser, url: str, hand: Any, emsp: Any
) -> None:
    browser.size(1280)
    browser.open(url)
    browser.click("Suspend")
    assert "Stop all traffic" in browser.do("document.getElementById('question').innerText")
    browser.click("Cancel", "dialog")
    assert hand.operate("partner", partner=emsp.id)["state"] == "REGISTERED"
    browser.click("Suspend")
    browser.click("Yes", "dialog")
    browser.wait("!!document.querySelector('.told.good')")
    assert "is stopped" in browser.text()
    assert hand.operate("partner", partner=emsp.id)["state"] == "SUSPENDED"


def test_a_partner_is_invited_by_hand_and_its_token_shown_once(browser: Browser, url: str, hand: Any) -> None:
    browser.open(url)
    browser.click("Invite a partner")
    browser.fill("invite-name", "Blue Mobility")
    browser.click("Invite")
    browser.wait("!!document.querySelector('.secret')")
    token = browser.do("document.querySelector('.secret').innerText")
    assert hand.ask("GET", "/ocpi/versions", token=token).code == 1000
    browser.open(url)
    assert token not in browser.text()
    assert "Withdraw" in browser.text()


def test_three_clicks_lead_from_the_overview_to_what_was_refused_and_why(
    browser: Browser, url: str, hand: Any, emsp: Any
) -> None:
    """“Partner X says it never got Location Y.”"""
    refused(hand, emsp, 3)
    browser.open(url)
    browser.click("3 × locations")
    browser.wait("document.querySelector('h1')?.innerText === 'Deliveries'")
    browser.click("locations")
    browser.wait("document.querySelector('h1')?.innerText.startsWith('Delivery to')")
    assert "opening_times is missing" in browser.text()
    browser.click("NL/EXA/LOC0")
    browser.wait("document.querySelector('h1')?.innerText === 'Location LOC0'")


def test_search_leads_to_an_object(browser: Browser, url: str, hand: Any) -> None:
    hand.operate("put", module="locations", object=samples.location(id="LOC77"))
    browser.open(url)
    browser.fill("search-q", "loc77")
    browser.click("Search", "header")
    browser.wait("document.querySelector('h1')?.innerText === 'Search: loc77'")
    browser.click("NL/EXA/LOC77")
    browser.wait("document.querySelector('h1')?.innerText === 'Location LOC77'")


def test_the_keyboard_reaches_everything_and_sees_where_it_is(
    browser: Browser, url: str, hand: Any, emsp: Any
) -> None:
    browser.size(1280)
    browser.open(url)
    browser.press("Tab")
    assert browser.do("document.activeElement.className") == "skip"
    seen = set()
    for _ in range(40):
        browser.press("Tab")
        seen.add(browser.do("document.activeElement.innerText || document.activeElement.id"))
        if "Suspend" in seen:
            break
    assert {"Objects", "search-q", "Suspend"} <= seen
    assert browser.do("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press("Enter")
    browser.wait("document.getElementById('asking').open")
    browser.press("Escape")
    browser.wait("!document.getElementById('asking').open")
    assert hand.operate("partner", partner=emsp.id)["state"] == "REGISTERED"


def test_a_screen_reader_is_told_what_each_thing_is(browser: Browser, url: str, emsp: Any) -> None:
    browser.open(url)
    assert browser.do("document.documentElement.lang") == "en"
    unnamed = (
        "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(e => !e.labels.length)"
    )
    assert browser.do(f"{unnamed}.length") == 0
    assert browser.do("document.querySelectorAll('table').length") > 0
    assert browser.do("document.querySelectorAll('table:not(:has(caption))').length") == 0
    assert browser.do("document.querySelectorAll('th:not([scope])').length") == 0
    assert browser.do("document.querySelectorAll('h1').length") == 1
    assert browser.do("!!document.querySelector('main') && !!document.querySelector('nav[aria-label]')")


@pytest.mark.parametrize("view", ["", "?view=partner&id={id}", "?view=deliveries", "?view=objects"])
@pytest.mark.parametrize("width", [360, 760, 1400])
def test_nothing_is_out_of_sight_on_a_phone_or_a_desk(
    browser: Browser, url: str, hand: Any, emsp: Any, width: int, view: str
) -> None:
    refused(hand, emsp, 2)
    browser.size(width)
    browser.open(url + view.replace("{id}", emsp.id))
    assert browser.do("document.documentElement.scrollWidth <= innerWidth")
    right = (
        "[...document.querySelectorAll('.btn, a, button')].filter(e => e.offsetParent && !e.closest('.skip'))"
    )
    assert browser.do(f"Math.max(...{right}.map(e => e.getBoundingClientRect().right)) <= innerWidth")


CONTRAST = """(() => {
  const linear = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.map(linear);
    return .2126 * r + .7152 * g + .0722 * b };
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d");
  const draw = c => { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1) };
  const rgb = (paper, ink) => { draw(paper); draw(ink);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3) };
  const paper = getComputedStyle(document.body).backgroundColor, base = light(rgb(paper, paper));
  const said = [...document.querySelectorAll("main *")].filter(e => e.offsetParent && e.innerText);
  return Math.min(...said.map(e => {
    const l = light(rgb(paper, getComputedStyle(e).color));
    return (Math.max(l, base) + .05) / (Math.min(l, base) + .05) }));
})()"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_can_be_read_in_light_and_in_the_dark(
    browser: Browser, url: str, hand: Any, emsp: Any, theme: str
) -> None:
    """WCAG 2 AA: a contrast of 4.5 to 1."""
    refused(hand, emsp, 2)
    browser.size(1280)
    browser.theme(theme)
    browser.open(url)
    assert browser.do(CONTRAST) >= 4.5
    dark = browser.do("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (theme == "dark")
    browser.theme("light")


def test_it_refreshes_itself_and_keeps_the_place_of_who_is_at_work(
    browser: Browser, url: str, hand: Any, register_partner: Any, emsp: Any
) -> None:
    browser.open(url)
    assert browser.do("document.body.dataset.refresh") == "15"
    browser.do("[...document.querySelectorAll('main button')].find(e => e.innerText == 'Fetch').focus()")
    hand.operate("invite", name="Somebody New")
    browser.do("refresh()")
    browser.wait("document.querySelector('main').innerText.includes('Somebody New')")
    assert browser.do("document.activeElement.innerText") == "Fetch"
    browser.click("Invite a partner")
    browser.fill("invite-name", "half a na")
    hand.operate("invite", name="Another One")
    browser.do("refresh()")
    assert browser.do("document.getElementById('invite-name').value") == "half a na"


def test_what_became_of_an_action_stays_until_somebody_goes_on(browser: Browser, url: str, emsp: Any) -> None:
    browser.open(url)
    browser.click("Fetch")
    browser.click("Yes", "dialog")
    browser.wait("!!document.querySelector('.told')")
    assert browser.do("document.body.dataset.refresh") is None


def test_the_page_works_without_its_script(browser: Browser, url: str, hand: Any, emsp: Any) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(url)
        browser.click("Suspend")
        browser.wait("!!document.querySelector('.told')")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert hand.operate("partner", partner=emsp.id)["state"] == "SUSPENDED"
