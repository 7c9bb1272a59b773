"""Follow a job on a host to its end: over several connections if needed, and started at most once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from activities.ssh import scripts
from activities.ssh.deadline import Deadline
from activities.ssh.frames import RemoteAnswer
from activities.ssh.pool import Pool
from activities.ssh.pulse import Interrupted, Pulse, Stop, no_pulse
from activities.ssh.session import OverdueError
from models.errors import HaltedError, HostError, HostRefusedError, HostUnreachableError, LoginShellError
from models.hosts import HostTarget

_RESERVE = 6.0
_RESERVED_PART = 0.2
_LAST_WORD = 1.0
_MARGIN = 1.0
_FIFTHS = 5
_LONGEST_BACK_OFF = 5.0


@dataclass(frozen=True)
class Order:
    """A job as the script on the host takes it."""

    host: HostTarget
    job: str
    words: list[str]
    """The program to run and its arguments."""
    timeout: float
    """Seconds for the whole job."""
    check: str = ""
    durable: bool = True
    """Whether the record of the start must survive a power failure of the host."""
    in_folder: bool = False
    """Whether the words are a remote script that needs its state directory and its job folder as arguments."""
    request: str = ""
    """The digest of the request; the host refuses a known job id with another digest."""

    @property
    def reserve(self) -> float:
        """The seconds at the end of `timeout` that are reserved for stopping the command and reading its result."""
        return min(_RESERVE, self.timeout * _RESERVED_PART)

    @property
    def allowance(self) -> int:
        """The seconds after which a remote script that runs as the job is stopped."""
        return max(1, int(self.timeout - self.reserve - _MARGIN))

    def line(self, operation: str, mark: tuple[str, str], why: str = "") -> str:
        """Return the command line for the host: `run`, `attach` (never starts the job), `rehearse` or `end`."""
        seconds = max(1, round(self.timeout - self.reserve) + 1)
        patience = max(1, int(self.reserve * _FIFTHS / 2))
        frame = [
            *mark,
            operation,
            self.host.state_dir or "",
            self.job,
            scripts.sudo(self.host),
            str(seconds),
            str(patience),
        ]
        words = [] if operation in ("end", "attach") else self.words
        in_folder = "yes" if self.in_folder and words else ""
        frame += ["yes" if self.durable else "", why, self.check, in_folder, self.request]
        return scripts.command_line(scripts.source("process", "places", "job"), [*frame, *words])


@dataclass(frozen=True)
class Ending:
    """The result of following a job."""

    answer: RemoteAnswer | None
    """None if nothing is certain."""
    error: str = ""
    """The error in that case."""


class Follower:
    """Follows one order over a pool's connections. `sent` says whether the host may have got the request to start it.

    `may_start` is called before each request to start the job, and raises `HaltedError` to prevent it.
    """

    def __init__(
        self,
        pool: Pool,
        order: Order,
        pulse: Pulse,
        *,
        sent: bool = False,
        on_sent: Callable[[], None] = no_pulse,
        may_start: Callable[[], None] = no_pulse,
    ):
        self._pool = pool
        self._order = order
        self._pulse = pulse
        self._sent = sent
        self._on_sent = on_sent
        self._may_start = may_start
        self._end = Deadline.after(order.timeout)

    def rehearse(self) -> RemoteAnswer:
        """Run only the check; raise a `HostError`."""
        return self._ask("rehearse", self._end, self._pulse)

    def follow(self) -> Ending:
        """Start the job or attach to it, and wait; `HostUnreachableError` means that it cannot have started.

        `HaltedError` means that it must not start now, and does not run on the host.
        """
        work = self._end.before(self._order.reserve)
        back_off = 0.1
        if not self._sent:
            self._pulse()
        while True:
            begun = self._sent
            try:
                return Ending(self._ask("run", work, self._pulse))
            except Interrupted as interrupted:
                if interrupted.stop is Stop.LEAVE or not self._sent:
                    raise
                return self._stop("cancel")
            except OverdueError:
                return self._stop("timeout")
            except HostUnreachableError as error:
                if not self._sent:
                    raise
                if work.over:
                    return self._stop("timeout", error)
            except HostError as error:
                # Final, and said of this question alone: an earlier one may have started it.
                if not begun:
                    raise
                return Ending(None, str(error))
            try:
                back_off = self._rest(back_off, work)
            except Interrupted as interrupted:
                if interrupted.stop is Stop.LEAVE:
                    raise
                return self._stop("cancel")

    def _stop(self, why: str, cause: HostError | None = None) -> Ending:
        """Stop the remote process group and read its result."""
        last = Deadline(self._end.at + _LAST_WORD)
        if why == "cancel":
            last = last.within(_RESERVE + _LAST_WORD)
        back_off = 0.1
        while not last.over:
            try:
                return Ending(self._ask("end", last, self._quietly, why))
            except (HostRefusedError, LoginShellError) as error:
                return Ending(None, str(error))
            except HostError as error:
                cause = cause if isinstance(error, OverdueError) and cause else error
                back_off = self._rest(back_off, last, self._quietly)
        ended = {"cancel": "it was cancelled", "timeout": "its timeout had passed"}[why]
        return Ending(None, f"{ended}, but whether it has ended there is unknown ({cause})")

    def _quietly(self) -> None:
        # While a command is being ended, a second wish to stop changes nothing.
        try:
            self._pulse()
        except Interrupted as interrupted:
            if interrupted.stop is Stop.LEAVE:
                raise

    def _ask(self, operation: str, deadline: Deadline, pulse: Pulse, why: str = "") -> RemoteAnswer:
        mark = scripts.new_mark()
        with self._pool.session(self._order.host, deadline, pulse) as session:
            halted = self._halted() if operation == "run" else None
            if operation == "run" and not self._sent:
                self._sent = True
                self._on_sent()
            # A job that was started before the halt continues to its end, and this attempt follows it.
            session.execute(self._order.line("attach" if halted else operation, mark, why))
            answer = session.answer("".join(mark), pulse)
        if halted and answer.kind == "not-begun":
            raise halted
        return answer

    def _halted(self) -> HaltedError | None:
        """Return why the job must not start now; raised if it cannot run on the host already."""
        try:
            self._may_start()
        except HaltedError as halted:
            if not self._sent:
                raise
            return halted
        return None

    def _rest(self, back_off: float, deadline: Deadline, pulse: Pulse | None = None) -> float:
        until = deadline.within(back_off * random.uniform(0.7, 1.3))  # noqa: S311 -- spreads retries, guards nothing
        while not until.over:
            (pulse or self._pulse)()
            time.sleep(min(0.5, until.left()))
        return min(_LONGEST_BACK_OFF, back_off * 2)
