"""The events of one infused drug to its course: which rate held when, what went on, and when nothing is known."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from heapq import heappop, heappush

from vasotone.readers.fhir_drugs import Event
from vasotone.readers.fhir_notes import Notes
from vasotone.table import CANONICAL, Observation

OVERLAP = "infusion-overlap"
UNMATCHED = "stop-not-matched"


class Running:
    """What may run while time moves on: rates with a known end, and the last open-ended rate of each order."""

    def __init__(self) -> None:
        self._ending: list[tuple[float, int, Event]] = []  # the latest begun first
        self._open: dict[str, Event] = {}  # by order, the last charted at the end
        self._since: dict[str, datetime] = {}  # when each order began that has not ended
        self._begun: set[str] = set()  # every order that began
        self._said = False

    def begin(self, event: Event, place: int) -> None:
        """Take up an event that has begun."""
        if _ends_order(event):
            return
        self._since.setdefault(event.order, event.at)
        self._begun.add(event.order)
        if event.ends is not None:
            heappush(self._ending, (-event.at.timestamp(), -place, event))
            return
        before = self._open.pop(event.order, None)
        if before is not None and before.at == event.at and before.value is not None:
            if event.value is None:
                event = before
            elif (before.value, before.unit) != (event.value, event.unit):
                event = event._replace(value=None, unit=CANONICAL)  # two rates at once: which of them runs?
        self._open[event.order] = event
        self._said = self._said or event.runs

    def after(self, event: Event, end: datetime) -> Event | None:
        """The infusion that goes on when one ends: the latest begun of those that are not over by then.

        An open-ended rate that was replaced by a later one does not come back, unless it is of another order.
        """
        found = [one for one in (self._longest(end), self._other(event.order)) if one is not None]
        same = self._open.get(event.order)
        if same is not None and same.at >= event.at:
            found.append(same)
        went_on = max(found, key=lambda one: one.at, default=None)
        if went_on is None or went_on.order != event.order:
            self._since.pop(event.order, None)
        return went_on

    def stopped(self, stop: Event) -> Event | None:
        """End the order of a stop; the infusion of another order that goes on, as after a bag change, or None.

        Another order goes on where it was charted since the stopped one began, or where that one never ran. What has
        no order cannot be told from the others: its stop ends them, and any stop ends it. Where the stopped one never
        ran by its name, and the other is named in another way, they may be one: what runs is not known.
        """
        since = self._since.pop(stop.order, None)
        self._open.pop(stop.order, None)
        found = [one for _, _, one in self._ending if one.ends is not None and one.ends > stop.at]
        found += [one for one in (self._other(stop.order),) if one is not None]
        rivals = [
            one for one in found
            if stop.order and one.order not in ("", stop.order) and (since is None or one.at >= since)
        ]  # fmt: skip
        if not rivals:
            self._open.clear()
            self._since.clear()
            return None
        after = max(rivals, key=lambda one: one.at)
        alike = not stop.kinds or not after.kinds or stop.kinds & after.kinds
        return after if alike or stop.order in self._begun else after._replace(at=stop.at, value=None, unit=CANONICAL)

    def is_said_to_run(self) -> bool:
        """Whether some open-ended rate is in progress by its own status."""
        return self._said

    def _longest(self, end: datetime) -> Event | None:
        while self._ending and (self._ending[0][2].ends or end) <= end:
            heappop(self._ending)
        return self._ending[0][2] if self._ending else None

    def _other(self, order: str) -> Event | None:
        """The open-ended rate of another order that was charted last."""
        return next((self._open[one] for one in reversed(self._open) if one not in ("", order)), None)


def course(name: str, events: list[Event], at: datetime | None, notes: Notes) -> list[Observation]:
    """The rows of one infused drug in time order.

    At one instant a positive rate beats a stop. The end of a rate is a zero, unless another infusion of the drug
    goes on. What lies after the instant of the question and is no rate (an end, a stop) is not known yet: no row.
    """
    rates = (one for one in events if at is None or one.at <= at or (one.value is not None and not one.stop))
    # By what they say, too, so that the order of the record means nothing.
    events = sorted(rates, key=lambda one: (one.at, one.order, one.value or 0, one.unit or ""))
    doubted = _held(events)
    marks = [(event.ends, place, event) for place, event in enumerate(events)
             if event.ends is not None and (at is None or event.ends <= at)]  # fmt: skip
    marks += [(event.at, place, event) for place, event in enumerate(events) if _ends_order(event)]
    rows: list[Observation] = []
    running, taken = Running(), 0
    for moment, _, event in sorted(marks, key=lambda mark: mark[:2]):
        while taken < len(events) and events[taken].at <= moment:
            running.begin(events[taken], taken)
            taken += 1
        if _ends_order(event):
            after = running.stopped(event)
            # When one order stops, the other that goes on is charted by that too.
            rows.append(_row(name, event) if after is None else _row(name, after)._replace(at=moment))
            if after is not None and after.value is None and after.at == moment:
                notes.add(UNMATCHED, event.source, name)
            elif after is not None and after.at < moment:
                notes.add(OVERLAP, event.source, name)
        else:
            rows += _ended(name, event, moment, running, notes)
    begins = [event for event in events if not _ends_order(event)]
    rows += [_row(name, event._replace(value=None) if event in doubted else event) for event in begins]
    return _settled(rows)


def _ends_order(event: Event) -> bool:
    """Whether an event is a stop, or a rate of zero: that ends its own order, too, and no other."""
    return event.stop or event.value == 0


def _ended(name: str, event: Event, end: datetime, running: Running, notes: Notes) -> list[Observation]:
    """What holds when a rate with a known end is over."""
    after = running.after(event, end)
    if after is None:
        # Another that is said to run may go on, at the rate it had or at any.
        value = None if running.is_said_to_run() else Fraction(0)
        return [Observation(name, value, CANONICAL, end, f"{event.source}, its end")]
    if after.at < end:
        notes.add(OVERLAP, event.source, name)
    return [_row(name, after)._replace(at=end)]


def _held(events: list[Event]) -> set[Event]:
    """Rates charted as parts of an infusion that is itself said to be off, without saying since when."""
    off = {event.key: event.at for event in events if event.stop and event.key}
    return {
        event
        for event in events
        if not event.stop and any(event.at > off[part] for part in event.parts if part in off)
    }


def _row(name: str, event: Event) -> Observation:
    unit = CANONICAL if event.value is None else event.unit
    return Observation(name, event.value, unit, event.at, event.source, basis=event.basis, bag=event.bag)


def _settled(rows: list[Observation]) -> list[Observation]:
    """Each row once, in time order; at one instant a positive rate goes before an unknown one, that before a stop."""
    positive = {row.at for row in rows if row.value}
    unknown = {row.at for row in rows if row.value is None}
    kept = [row for row in rows if row.value or row.at not in positive]
    kept = [row for row in kept if row.value is None or row.value or row.at not in unknown]
    return sorted(dict.fromkeys(kept), key=lambda row: (row.at.timestamp() if row.at else 0.0, row.source))
