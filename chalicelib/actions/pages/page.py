"""What a view works with: the platform's actions, the place that shows it, and what was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.actions import dispatch
from chalicelib.actions.pages.frame import Frame
from chalicelib.actions.pages.markup import Markup, join, moment, tag

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

Rows = list[dict[str, Any]]
OBJECTS = ("locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo")


class Page:
    """One view being made. An action that fails leaves a notice instead of a page."""

    def __init__(self, platform: Platform, frame: Frame, fields: Mapping[str, str]) -> None:
        self.platform = platform
        self.frame = frame
        self.fields = fields
        self.now = platform.clock()
        self._problems: list[str] = []

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def ask(self, action: str, **fields: Any) -> Mapping[str, Any]:
        """The action's data; nothing, and a notice, where it is refused."""
        answer = self.answer(action, **fields)
        if answer["ok"]:
            return answer["data"] if isinstance(answer["data"], Mapping) else {}
        self._problems.append(f"{action}: {answer['error']['message']}")
        return {}

    def answer(self, action: str, **fields: Any) -> dict[str, Any]:
        """The whole answer, for where a refusal means something."""
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        return dispatch.perform(self.platform, {"action": action, **given}, noted=False)

    def rows(self, action: str, name: str, **fields: Any) -> Rows:
        """The list of this name in an action's data; empty where the platform has no such action."""
        if not self.knows(action):
            return []
        found = self.ask(action, **fields).get(name)
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def knows(self, action: str) -> bool:
        """Whether the platform has this action."""
        return action in self._known

    @cached_property
    def _known(self) -> Mapping[str, Any]:
        return dispatch.actions()

    @cached_property
    def partners(self) -> Rows:
        """Every partner, asked for once."""
        return self.rows("partners", "partners")

    @cached_property
    def names(self) -> Mapping[str, str]:
        return {str(each.get("id")): str(each.get("name") or each.get("id")) for each in self.partners}

    def partner(self, id: Any) -> Markup:
        """A partner's name, which leads to it."""
        id = str(id or "")
        return self.frame.link(self.names.get(id, id), "partner", id=id) if id else Markup("–")

    def object(self, module: Any, owner: Any, id: Any, part: Any = "") -> Markup:
        """An object's name, which leads to it."""
        label = "/".join(str(each) for each in (owner, id, part) if each)
        if module not in OBJECTS:  # of a command: the Location or Session it is about
            return self.frame.link(label, "search", q=id) if id else Markup("–")
        return self.frame.link(label, "object", module=module, party=owner, id=id) if id else Markup("–")

    def audit(self, each: Mapping[str, Any]) -> Markup:
        """The name of a CDR, which leads to what its price was found to be."""
        owner, id = each.get("owner"), each.get("id")
        return self.frame.link(f"{owner}/{id}", "audit", party=owner, id=id)

    def choices(self, view: str, name: str, values: Sequence[str], filters: Mapping[str, str]) -> Markup:
        """The values of a filter as links, the present one not; `all` takes it away."""
        links = [
            tag("b", label)
            if self[name] == value
            else self.frame.link(label, view, **{**filters, name: value})
            for label, value in (("all", ""), *((each.replace("_", " ").lower(), each) for each in values))
        ]
        return tag("p", join(links, " · "))

    def moment(self, then: Any) -> Markup:
        return moment(then, self.now) if then else Markup("–")

    def notices(self) -> Markup:
        """What could not be asked."""
        return join(tag("p", each, class_="bad", role="alert") for each in self._problems)


View = Callable[[Page], tuple[str, Markup]]
"""A view: its title, and what it shows."""
