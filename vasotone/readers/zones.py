"""The zone of a site, and the instants that a local time may stand for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from vasotone.readers import plain

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_000_000_000_000_000, 253_000_000_000_000_000  # a year from the ends of the calendar


def zone_named(zone: str | None) -> tzinfo:
    """A zone by its name or offset; UTC where none is given. InputError for one that is not known."""
    if zone is None or zone == "Z":
        return UTC
    try:
        offset = datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo if zone[:1] in ("+", "-") else None
        if offset is not None:
            return offset
        from zoneinfo import ZoneInfo

        return ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        fix = "name one such as Europe/Berlin, or an offset such as +01:00"
        raise plain.bad("this time zone is not known", where="zone", seen=zone, fix=fix) from None


def changes(zone: tzinfo, first: int, last: int) -> list[tuple[int, int]]:
    """The offsets of a zone between two instants: each with the instant at which it ends, the last one with the end.

    All of them in microseconds, since 1970 and from UTC.
    """
    day = 86_400_000_000
    first, last = max(first, _FIRST), min(last, _LAST)
    found: list[tuple[int, int]] = []
    before, now = _away(zone, first), first
    while now < last:
        then = min(now + day, last)
        after = _away(zone, then)
        if after != before:
            low, high = now, then
            while high - low > 1_000_000:
                middle = (low + high) // 2
                low, high = (middle, high) if _away(zone, middle) == before else (low, middle)
            found.append((high - high % 1_000_000, before))
        before, now = after, then
    return [*found, (last, before)]


def _away(zone: tzinfo, us: int) -> int:
    offset = (_EPOCH + timedelta(microseconds=us)).astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)


def instants(local: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The earlier and the later instant (UTC) that a local time may stand for; the same one but for where the clocks
    of the zone skip it or show it twice.

    OverflowError or ValueError at the ends of the calendar.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return min(first, second), max(first, second)
