"""Every error that Driftvakt raises, and the one place that decides whether a retry can help.

    DriftvaktError
    ├── UserError               the input of a person is wrong: one sentence with the fault, its place and the fix
    │   ├── DossierError        a dossier cannot be read or used
    │   ├── SettingsError       a setting is missing or wrong
    │   ├── InputError          the input of a workflow does not have the fields that the workflow takes
    │   ├── RunbookError        a file in runbooks/ is not a valid runbook
    │   ├── ExtensionError      an extension of a package cannot be used
    │   ├── NotFoundError       the requested name does not exist
    │   ├── ClockError          clocks cannot be computed from these events, or the service hours never open
    │   └── TemporalUnavailableError    Temporal does not answer at the configured address
    ├── HostError               an error on a host, or on the connection to it
    │   ├── HostKeyError        final: the host's key is not the pinned one
    │   ├── CredentialError     final: the key cannot be loaded, or the host refuses it
    │   ├── LoginShellError     final: the host accepts the key, but its login shell does not run commands
    │   ├── HostRefusedError    final: the host refused (sudo, fencing token, unusable directory, known job id)
    │   └── HostUnreachableError    retried: no connection, or it was lost and the result is unknown
    ├── ProbeError              final: a measuring point that cannot be probed as it is written
    ├── StoreError
    │   ├── StoreUnavailableError   retried: the records database does not answer
    │   ├── KeyReusedError      final: an idempotency key was used before with another request
    │   └── IdUsedError         final: the records contain another operation with this id
    ├── HaltedError             retried: a halt is active; work continues after it is lifted
    └── WatchUnavailableError   retried: the watch of an application did not acknowledge its alarms
        └── WatchRefusedError   retried: the watch refused them; one of them may be faulty

Temporal compares the exact class name, so `FINAL` lists every class that is not worth a retry.
"""

from __future__ import annotations

from typing import Final


class DriftvaktError(Exception):
    """The root of all errors that Driftvakt raises."""


class UserError(DriftvaktError):
    """The input of a person is wrong; the text is one sentence with the fault, its place and the fix."""


class DossierError(UserError):
    """A dossier cannot be read or used."""


class SettingsError(UserError):
    """A setting is missing or wrong."""


class InputError(UserError):
    """An input does not have the fields that the workflow takes; the text names them, with a sample."""


class RunbookError(UserError):
    """A file in `runbooks/` is not a valid runbook: it fails to load, or its declaration is wrong."""


class ExtensionError(UserError):
    """An extension of a package cannot be loaded, or its name clashes; the text names the package."""


class NotFoundError(UserError):
    """The requested name does not exist."""


class ClockError(UserError):
    """Clocks cannot be computed from these events, or the service hours never open."""


class TemporalUnavailableError(UserError):
    """Temporal does not answer at the configured address."""


class HostError(DriftvaktError):
    """An error on a host, or on the connection to it."""


class HostKeyError(HostError):
    """The host's key is unknown, changed or revoked."""


class CredentialError(HostError):
    """The credential cannot be loaded, or the host refuses it."""


class LoginShellError(HostError):
    """The host answered, but the user's login shell did not run the command: the host is unchanged."""


class HostRefusedError(HostError):
    """The host refused: sudo not allowed, fencing token too low, directory unusable, job id of another command."""


class HostUnreachableError(HostError):
    """No connection was possible in time, or it was lost; the result on the host is unknown."""


class ProbeError(DriftvaktError):
    """A measuring point that cannot be probed as it is written."""


class StoreError(DriftvaktError):
    """An error of the records database."""


class StoreUnavailableError(StoreError):
    """The records database does not answer."""


class KeyReusedError(StoreError):
    """An idempotency key was used before with another request; the second request had no effect."""


class IdUsedError(StoreError):
    """The records already contain another operation with this id; nothing was written."""


class HaltedError(DriftvaktError):
    """A halt for all customers, or for this one, is active: no new command starts on a host until it is lifted."""


class WatchUnavailableError(DriftvaktError):
    """The watch of an application did not acknowledge its alarms: Temporal or the watch is unavailable, or refused
    them.
    """


class WatchRefusedError(WatchUnavailableError):
    """The running watch of an application refused these alarms; it may accept them without the faulty one."""


def _leaves(error: type[DriftvaktError]) -> list[type[DriftvaktError]]:
    return [error] + [leaf for child in error.__subclasses__() for leaf in _leaves(child)]


RETRIED: frozenset[type[DriftvaktError]] = frozenset(
    {HostUnreachableError, StoreUnavailableError, HaltedError, WatchUnavailableError, WatchRefusedError}
)
"""The errors after which a retry may succeed."""

FINAL: list[str] = sorted(e.__name__ for e in _leaves(DriftvaktError) if e not in RETRIED)
"""`non_retryable_error_types` for every retry policy."""

# Types of the `ApplicationError`s by which workflows refuse, where no class above says it.

OPERATION_REFUSED: Final = "OperationRefused"
"""An operation does not begin."""

NOT_RESTORABLE: Final = "BackupRefused"
"""A backup cannot be restored, or not to the requested moment."""

LEASE_LACKING: Final = "LeaseError"
"""A step would change something that the workflow's lease does not cover: a bug in the workflow."""

ORDER_REFUSED: Final = "RefusedError"
"""A watch refuses an order: this person may not give it, or it does not fit the watch's state."""

DECISION_REFUSED: Final = "DecisionRefused"
"""An answer to a question does not count: this person may not give it, or the deadline has passed."""

NOT_POSSIBLE: Final = "NotPossible"
"""An incident or an operation refuses a request: it cannot be done now, or not by this person."""

NOT_READY: Final = "NotReady"
"""A workflow has just begun and cannot answer yet."""

HANDS_ON: Final = "HandsOnError"
"""A watch refuses alarms until its next run begins: the sender retries at once."""

WORKER_SHUTDOWN: Final = "WorkerShutdown"
"""An activity ends because its worker shuts down; the next attempt continues from there."""
