"""What every keeper of keys promises, for the fakes of them; `tests/test_contract.py` holds fakes and real parts to it alike."""

from __future__ import annotations

from collections.abc import Callable

from activities.records.requests import must_be_the_same, request_digest
from models.errors import HostRefusedError
from models.jobs import EnsureComponent, JobResult, Outcome, RunJob
from models.notices import NoticeReceipt, SendNotice
from models.records import DecisionUse, UseDecision


class Once:
    """The same key with the same request gives the same answer and does nothing more; with another request it is refused."""

    def __init__(self) -> None:
        self._notices: dict[str, tuple[str, NoticeReceipt]] = {}
        self._jobs: dict[tuple[str, str], tuple[str, JobResult]] = {}
        self._decisions: dict[str, UseDecision] = {}

    def send(self, request: SendNotice, do: Callable[[], NoticeReceipt]) -> NoticeReceipt:
        """Send a notice as the records keep it."""
        asked = request_digest(request)
        if request.key not in self._notices:
            self._notices[request.key] = (asked, do())
        known, receipt = self._notices[request.key]
        must_be_the_same(known, asked, request.key, "a notice")
        return receipt

    def run(self, request: RunJob, do: Callable[[], JobResult]) -> JobResult:
        """Run a command as a job's folder keeps it; in a batch a host's refusal is a result of its own."""
        try:
            return self.ensure(request, do)
        except HostRefusedError as error:
            return JobResult(
                job=request.job, host=request.host.name, outcome=Outcome.FAILED, changed=False, reason=str(error)
            )

    def ensure(self, request: RunJob | EnsureComponent, do: Callable[[], JobResult]) -> JobResult:
        """The same; a refusal is raised. A rehearsal leaves no folder."""
        if request.rehearse:
            return do()
        job = (request.host.name, request.job)
        attached = job in self._jobs
        if not attached:
            self._jobs[job] = (request.asked, do())
        known, result = self._jobs[job]
        if known != request.asked:
            raise HostRefusedError(f"{request.host.name}: the host knows the job {request.job} with another command")
        return result.model_copy(update={"attached": attached})

    def use(self, request: UseDecision) -> DecisionUse:
        """Use an approval up as the records keep it."""
        known = self._decisions.setdefault(request.gate, request)
        same = (known.run, known.option, known.by) == (request.run, request.option, request.by)
        return DecisionUse(accepted=same, used_by_run=known.run)
