"""Which component prices a dimension of a period, and why none before it does.

The first element in the Tariff's order that has the dimension and whose restrictions all hold at the
start of the period. Looked up per dimension, so one period may take its energy from one element and its
time from another; what was found out about an element is kept for the other dimensions.

Spec: 2.3.0 mod_tariffs_tariffelement_class (TAR-11, TAR-12)
"""

from __future__ import annotations

from chalicelib.pricing.checks import Check, Moment
from chalicelib.pricing.tariff import CHARGING, DIMENSIONS, Compiled, Component, Element, Walk

Failure = tuple[int, Check]


class Lookup:
    """The components of one Tariff at one moment."""

    __slots__ = (
        "_known",
        "_walked",
        "_whole",
        "by_element",
        "moment",
        "straddled",
        "strict",
        "tariff",
        "unstated",
    )

    def __init__(self, tariff: Compiled, moment: Moment, strict: bool, by_element: bool = False) -> None:
        self.tariff, self.moment, self.strict, self.by_element = tariff, moment, strict, by_element
        self._known: dict[int, Check | None] = {}
        self._walked: dict[int, tuple[int | None, list[Failure]]] = {}
        self._whole: dict[str, Element | None] = {}
        # What the period does not say clearly enough: elements whose power or current lies on both
        # sides of a bound, and restrictions about what it does not state.
        self.straddled: list[int] = []
        self.unstated: list[tuple[int, str]] = []

    def find(self, context: str, dimension: str) -> tuple[Component | None, list[Failure]]:
        """The component of a dimension, and of each element asked before it what did not hold."""
        if self.by_element:
            return self._of_first_element(context, dimension), []
        walk = self.tariff.walk(context, dimension)
        if walk.key not in self._walked:
            self._walked[walk.key] = self._ask(walk)
        place, failures = self._walked[walk.key]
        return None if place is None else walk.components[place], failures

    def _ask(self, walk: Walk) -> tuple[int | None, list[Failure]]:
        known, moment = self._known, self.moment
        failures: list[Failure] = []
        for place, (index, checks, electrical, failed) in enumerate(walk.rows):
            if failed is None:
                if index in known:
                    failed = known[index]
                else:
                    for check in checks:
                        if not check.holds(moment):
                            failed = check
                            break
                    else:
                        if electrical:
                            failed = self._failing_power(walk.elements[place])
                    known[index] = failed
                if failed is None:
                    return place, failures
            failures.append((index, failed))
        return None, failures

    def _failing_power(self, element: Element) -> Check | None:
        """What of power and current does not hold, where all else does."""
        moment = self.moment
        for check in element.electrical:
            if getattr(moment, check.name) is None:
                self.unstated.append((element.index, check.name))
            if not check.holds(moment):
                self._note_straddle(element)
                return check
        return None

    def _note_straddle(self, element: Element) -> None:
        moment = self.moment
        if not self.strict or (
            moment.min_power == moment.max_power and moment.min_current == moment.max_current
        ):
            return
        other = moment.swapped()
        if all(check.holds(other) for check in element.electrical):
            self.straddled.append(element.index)

    def _of_first_element(self, context: str, dimension: str) -> Component | None:
        """As some read it: the first element that holds prices everything, or nothing."""
        if context not in self._whole:
            self._whole[context] = self._first_element(context)
        element = self._whole[context]
        return None if element is None else element.components.get(dimension)

    def _first_element(self, context: str) -> Element | None:
        every: dict[int, tuple[Element, Check | None]] = {}
        for dimension in DIMENSIONS:
            walk = self.tariff.walk(context, dimension)
            for element, barred in zip(walk.elements, walk.barred, strict=True):
                every.setdefault(element.index, (element, barred))
        order = sorted(every) if context == CHARGING else list(every)
        for index in order:
            element, barred = every[index]
            holds = barred is None and all(check.holds(self.moment) for check in element.checks)
            if holds and self._failing_power(element) is None:
                return element
        return None
