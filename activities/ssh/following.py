"""Seeing a job on a host through: asked for as often as it takes, started there at most once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from activities.ssh import scripts
from activities.ssh.deadline import Deadline
from activities.ssh.frames import FarSideAnswer
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
    """A job as the far side's script takes it."""

    host: HostTarget
    job: str
    words: list[str]
    """What is run: a program and its arguments."""
    timeout: float
    """Seconds for everything."""
    check: str = ""
    durable: bool = True
    """Whether the note of the start must survive a power failure of the host."""
    in_folder: bool = False
    """Whether the words are a far-side script that is told its state directory and its job folder first."""
    request: str = ""
    """Digest of what is asked for; the host refuses a job id that it knows with another one."""

    @property
    def reserve(self) -> float:
        """Seconds at the end of `timeout` that are kept for ending the command and hearing of it."""
        return min(_RESERVE, self.timeout * _RESERVED_PART)

    @property
    def allowance(self) -> int:
        """Seconds that a script of ours, running as the job, may take before it is ended."""
        return max(1, int(self.timeout - self.reserve - _MARGIN))

    def line(self, operation: str, mark: tuple[str, str], why: str = "") -> str:
        """Build the command line for the host: `run`, `attach` (never starts it), `rehearse` or `end`."""
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
    """How following ended."""

    answer: FarSideAnswer | None
    """None when nothing certain could be learnt."""
    trouble: str = ""
    """Then: what stood in the way."""


class Follower:
    """Follows one order over a pool's connections. `sent` tells whether the host may have been asked to start it.

    `may_start` is called whenever it is about to be asked to, and raises `HaltedError` when it must not be.
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

    def rehearse(self) -> FarSideAnswer:
        """Run the check alone; raise `HostError`s."""
        return self._ask("rehearse", self._end, self._pulse)

    def follow(self) -> Ending:
        """Start or re-attach, and wait; raise `HostUnreachableError` only when nothing can have been started.

        `HaltedError` says that it must not be started now, and does not run there.
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

    def _stop(self, why: str, trouble: HostError | None = None) -> Ending:
        """End the remote process group and hear what became of it."""
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
                trouble = trouble if isinstance(error, OverdueError) and trouble else error
                back_off = self._rest(back_off, last, self._quietly)
        ended = {"cancel": "it was cancelled", "timeout": "its time was over"}[why]
        return Ending(None, f"{ended}, but whether it has ended there is not known ({trouble})")

    def _quietly(self) -> None:
        # While a command is being ended, a second wish to stop changes nothing.
        try:
            self._pulse()
        except Interrupted as interrupted:
            if interrupted.stop is Stop.LEAVE:
                raise

    def _ask(self, operation: str, deadline: Deadline, pulse: Pulse, why: str = "") -> FarSideAnswer:
        mark = scripts.new_mark()
        with self._pool.session(self._order.host, deadline, pulse) as session:
            halted = self._halted() if operation == "run" else None
            if operation == "run" and not self._sent:
                self._sent = True
                self._on_sent()
            # What was started before the halt is still seen through.
            session.execute(self._order.line("attach" if halted else operation, mark, why))
            answer = session.answer("".join(mark), pulse)
        if halted and answer.kind == "not-begun":
            raise halted
        return answer

    def _halted(self) -> HaltedError | None:
        """Why it must not be started now; raised where it cannot run there already."""
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
