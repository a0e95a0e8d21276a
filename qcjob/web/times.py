"""Times as users write and read them: RFC 3339, UTC, exactly six fractional digits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

TIME_ALLOWED = "an RFC 3339 time with its offset, such as 2025-01-31T12:00:00Z"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# A "+" that nobody escaped arrives in a query as a blank: "12:00:00 02:00" is taken for what was meant.
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+ -])(\d\d):(\d\d))", re.ASCII
)


def to_text(microseconds: int) -> str:
    """`2025-01-31T12:00:00.000000Z` from microseconds since the epoch."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:06d}Z"


def from_text(text: str) -> int:
    """Microseconds since the epoch from any RFC 3339 time, with its offset. Raises ValueError."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time with an offset")
    day, clock, fraction, zulu, sign, hours, minutes = match.groups()
    if not zulu and (int(hours) > 23 or int(minutes) > 59):
        raise ValueError("no such offset")
    offset = timedelta() if zulu else timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=timezone(offset))
    return (moment - _EPOCH) // _MICROSECOND + int(((fraction or "") + "000000")[:6])
