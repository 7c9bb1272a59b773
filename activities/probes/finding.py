"""The finding of one probe, without time and latency; and the meaning of the operating system's errors."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from models.probes import Seen

DETAIL_LIMIT: Final = 300
"""Characters of a sample's detail."""

_OURS: Final = {
    errno.EMFILE: "this worker has too many files open",
    errno.ENFILE: "this machine has too many files open",
    errno.ENOMEM: "this machine is out of memory",
    errno.ENOBUFS: "this machine is out of network buffers",
    errno.EADDRNOTAVAIL: "this machine has no free local port",
    errno.ENETUNREACH: "this machine has no route to that network",
    errno.ENETDOWN: "this machine's network is down",
}
"""Refusals that tell of the worker's own machine, not of the target."""

_THEIRS: Final = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection closed",
    errno.EHOSTUNREACH: "no route to the host",
    errno.EHOSTDOWN: "the host is down",
    errno.ETIMEDOUT: "connecting timed out",
}


@dataclass(frozen=True, slots=True)
class ProbeFinding:
    """The finding of a probe."""

    seen: Seen
    detail: str = ""
    value: float | None = None

    def as_no_data(self) -> ProbeFinding:
        """Return the same as no data, if the way to the target failed and not the target."""
        return replace(self, seen=Seen.NO_DATA, value=None) if self.seen is Seen.FAILED else self


def ok(detail: str = "", value: float | None = None) -> ProbeFinding:
    """Return that the target gave the expected answer."""
    return ProbeFinding(Seen.OK, detail, value)


def failed(detail: str) -> ProbeFinding:
    """Return that the target gave a wrong answer, refused, or did not answer."""
    return ProbeFinding(Seen.FAILED, detail)


def no_data(detail: str) -> ProbeFinding:
    """Return that the probe learnt nothing about the target."""
    return ProbeFinding(Seen.NO_DATA, detail)


def from_error(error: BaseException) -> ProbeFinding:
    """Judge a failed connection by the most precise error in its chain. The detail contains no text of a library.

    A name that does not exist is a failure of the target, because everybody gets the same answer. A resolver that does
    not answer is no data; so is a worker without free files, ports or routes.
    """
    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            return failed(f"the certificate is not accepted: {link.verify_message}")
        if isinstance(link, ssl.SSLError):
            return failed(f"the TLS handshake failed: {(link.reason or 'unknown').lower().replace('_', ' ')}")
        if isinstance(link, socket.gaierror):
            return _from_resolver(link)
    codes = [link.errno for link in chain if isinstance(link, OSError) and link.errno is not None]
    for code in codes:
        if code in _OURS:
            return no_data(_OURS[code])
    for code in codes:
        if code in _THEIRS:
            return failed(_THEIRS[code])
    return failed("no connection could be made")


def _from_resolver(error: socket.gaierror) -> ProbeFinding:
    if error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}:
        return failed("the host name does not exist")
    return no_data("the host name could not be resolved: this machine's name server does not answer")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Return the error, its causes, and the members of groups; each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        link = waiting.pop(0)
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        if isinstance(link, BaseExceptionGroup):
            waiting.extend(link.exceptions)
        waiting += [link.__cause__, link.__context__]
