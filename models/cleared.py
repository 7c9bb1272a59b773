"""Cleared occurrences of faults in few bytes: a watch remembers tens of thousands after a storm of alarms."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, PlainSerializer

from models.alarms import DIGEST_CHARACTERS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MINUTE: Final = timedelta(minutes=1)
_TIMES: Final = 9
"""Bytes of an occurrence: 7 for its beginning in microseconds, 2 for its clearing in minutes after the first one."""

_LATEST: Final = 0xFFFF


class Over(NamedTuple):
    """The latest cleared occurrence of a fault."""

    began: int
    """The beginning in microseconds since 1970; earlier occurrences count as cleared, too."""
    minute: int
    """The minute of the clearing since 1970."""

    @classmethod
    def of(cls, since: datetime, at: datetime) -> Over:
        """Return an occurrence that began at `since` and was cleared at `at`."""
        return cls(microseconds(since), (at - _EPOCH) // _MINUTE)

    @property
    def at(self) -> datetime:
        """The time of the clearing, to the minute."""
        return _EPOCH + self.minute * _MINUTE


def microseconds(when: datetime) -> int:
    """Return exact microseconds since 1970."""
    return (when - _EPOCH) // _MICROSECOND


def _pack(over: Mapping[str, Over]) -> dict[str, Any]:
    if not over:
        return {}
    first = min(o.minute for o in over.values())
    times = b"".join((o.began << 16 | min(o.minute - first, _LATEST)).to_bytes(_TIMES, "big") for o in over.values())
    return {"first": first, "digests": "".join(over), "times": b64encode(times).decode()}


def _unpack(packed: Any) -> Any:
    if not isinstance(packed, dict) or "digests" not in packed:
        return packed
    digests, times, first = packed["digests"], b64decode(packed["times"]), packed["first"]
    over = {}
    for n in range(len(times) // _TIMES):
        both = int.from_bytes(times[n * _TIMES : (n + 1) * _TIMES], "big")
        digest = digests[n * DIGEST_CHARACTERS : (n + 1) * DIGEST_CHARACTERS]
        over[digest] = Over(both >> 16, first + (both & _LATEST))
    return over


Cleared = Annotated[dict[str, Over], BeforeValidator(_unpack), PlainSerializer(_pack)]
"""Cleared occurrences by the digest of their fingerprint, the latest last. Each takes 28 bytes at continue-as-new."""
