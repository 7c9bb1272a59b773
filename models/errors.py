"""Every error that Driftvakt raises, and the one place that decides whether a retry can help.

    DriftvaktError
    ├── UserError               somebody's input is wrong: one sentence says what, where and how to mend it
    │   ├── DossierError        a dossier cannot be read or used
    │   ├── SettingsError       a setting is missing or wrong
    │   ├── InputError          what somebody sent to a workflow does not have the fields that it takes
    │   ├── RunbookError        a file in runbooks/ is no runbook
    │   ├── NotFoundError       what was asked for is not there
    │   ├── ClockError          events of which no service-level clock can be read, or hours that never open
    │   └── TemporalUnavailableError    Temporal does not answer at the address that was given
    ├── HostError               something on the way to, or on, a host
    │   ├── HostKeyError        final: the host is not the one we pinned, or it is pinned wrongly
    │   ├── CredentialError     final: the key cannot be loaded, or the host refuses it
    │   ├── LoginShellError     final: the host takes our key, but its login shell never runs what we send
    │   ├── HostRefusedError    final: the host understood and said no (sudo, fencing token, unusable directory, known job id)
    │   └── HostUnreachableError    retried: no connection, or it was lost and nothing is known
    ├── ProbeError              final: a measuring point that cannot be probed as it is written
    ├── StoreError
    │   ├── StoreUnavailableError   retried: the records database does not answer
    │   ├── KeyReusedError      final: an idempotency key that was used before came with another request
    │   └── IdUsedError         final: the id of an operation names another one in the records already
    ├── HaltedError             retried: somebody has halted this, and it goes on once that is lifted
    └── WatchUnavailableError   retried: the watch of an application did not acknowledge its alarms
        └── WatchRefusedError   retried: it refused them; one of them may be to blame

Temporal compares the exact class name, so `FINAL` lists every class that is not worth a retry.
"""

from __future__ import annotations

from typing import Final


class DriftvaktError(Exception):
    """The root: everything that Driftvakt itself raises."""


class UserError(DriftvaktError):
    """Somebody's input is wrong; the text is one sentence that says what, where and how to mend it."""


class DossierError(UserError):
    """A dossier cannot be read or used."""


class SettingsError(UserError):
    """A setting is missing or wrong."""


class InputError(UserError):
    """What somebody sent to a workflow does not have the fields that it takes; the text names them, with a sample."""


class RunbookError(UserError):
    """A file in `runbooks/` is no runbook: it fails to load, or declares itself badly."""


class NotFoundError(UserError):
    """What was asked for is not there."""


class ClockError(UserError):
    """Events of which no service-level clock can be read, or service hours that never open."""


class TemporalUnavailableError(UserError):
    """Temporal does not answer at the address that was given."""


class HostError(DriftvaktError):
    """Something on the way to, or on, a host."""


class HostKeyError(HostError):
    """The host's key is unknown, changed or revoked."""


class CredentialError(HostError):
    """The credential cannot be loaded, or the host refuses it."""


class LoginShellError(HostError):
    """The host answered, but the user's login shell never ran our command: nothing was done, and nothing was seen."""


class HostRefusedError(HostError):
    """The host understood and said no: sudo not allowed, fencing token too old, directory unusable, job id of another command."""


class HostUnreachableError(HostError):
    """No connection could be made in time, or it was lost; what happened on the host is not known."""


class ProbeError(DriftvaktError):
    """A measuring point that cannot be probed as it is written."""


class StoreError(DriftvaktError):
    """Something about the records database."""


class StoreUnavailableError(StoreError):
    """The records database does not answer."""


class KeyReusedError(StoreError):
    """An idempotency key that was used before came with another request; nothing was done for the second one."""


class IdUsedError(StoreError):
    """The id of an operation names another one in the records already; nothing was written."""


class HaltedError(DriftvaktError):
    """Somebody has halted all customers, or this one: nothing new is begun on a host until it is lifted."""


class WatchUnavailableError(DriftvaktError):
    """The watch of an application did not acknowledge its alarms: Temporal or the watch is away, or the watch refused them."""


class WatchRefusedError(WatchUnavailableError):
    """The watch of an application runs and refused these alarms; without the one that it cannot take it may take the others."""


def _leaves(error: type[DriftvaktError]) -> list[type[DriftvaktError]]:
    return [error] + [leaf for child in error.__subclasses__() for leaf in _leaves(child)]


RETRIED: frozenset[type[DriftvaktError]] = frozenset(
    {HostUnreachableError, StoreUnavailableError, HaltedError, WatchUnavailableError, WatchRefusedError}
)
"""The errors that may pass by themselves."""

FINAL: list[str] = sorted(e.__name__ for e in _leaves(DriftvaktError) if e not in RETRIED)
"""`non_retryable_error_types` for every retry policy."""

OPERATION_REFUSED: Final = "OperationRefused"
"""The type of the `ApplicationError` by which a workflow says that an operation is not carried out at all."""
