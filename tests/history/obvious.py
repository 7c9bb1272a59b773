"""The obvious fold: every second is asked for its state. Slow, and without days, blocks and shortcuts."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from activities.history.rules import PointRules, RulesInForce
from activities.history.samples import SampleColumns
from activities.monitor.thresholds import Phase, ThresholdState, evaluate
from models.dossier.monitoring import Threshold, holds
from models.history import SpanState
from models.probes import Sample, Seen

POINT = "acme.shop.page"
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def sample(at: datetime, seen: Seen = Seen.OK, value: float | None = None, latency: float | None = None) -> Sample:
    return Sample(point=POINT, at=at, seen=seen, value=value, latency_ms=latency)


def columns(samples: Sequence[Sample]) -> SampleColumns:
    return SampleColumns(
        [s.at for s in samples],
        [s.seen.value for s in samples],
        [s.value for s in samples],
        [s.latency_ms for s in samples],
    )


def rules(
    thresholds: Mapping[str, Threshold] | None = None, every: int = 30, timeout: int = 10, stale: int = 300
) -> PointRules:
    return PointRules(
        every=timedelta(seconds=every),
        vouches=timedelta(seconds=2 * every + timeout),
        stale_after=timedelta(seconds=stale),
        thresholds={"down": Threshold(duration=timedelta(minutes=1))} if thresholds is None else thresholds,
    )


@dataclass
class _Fault:
    """A fault that fired, and all samples of it."""

    threshold: str
    severities: list[tuple[datetime, str]]
    since: datetime
    until: datetime | None = None


@dataclass
class Seconds:
    """The state of every second, and what never fired."""

    states: dict[datetime, SpanState] = field(default_factory=dict)
    blips: Counter[str] = field(default_factory=Counter)


def second_by_second(
    samples: Sequence[Sample],
    in_force: Sequence[RulesInForce],
    end: datetime,
    chosen: Collection[str] | None,
) -> Seconds:
    """Ask every second until `end` whether a sample vouches for it, and whether a fault was active."""
    found = Seconds()
    for stretch in _stretches(in_force):
        mine = [s for s in samples if stretch[0].since <= s.at < stretch[-1].until]
        if not mine:
            continue
        last = min(stretch[-1].until, end)
        faults, blips = _faults(mine, stretch, end)
        found.blips += blips
        second = mine[0].at.replace(microsecond=0)
        while second < last:
            found.states[second] = _state(second, mine, stretch, faults, chosen)
            second += timedelta(seconds=1)
    return found


def _stretches(in_force: Sequence[RulesInForce]) -> list[list[RulesInForce]]:
    """Versions that follow each other without a break."""
    stretches: list[list[RulesInForce]] = []
    for one in in_force:
        if stretches and stretches[-1][-1].until == one.since:
            stretches[-1].append(one)
        else:
            stretches.append([one])
    return stretches


def _rules_at(moment: datetime, stretch: Sequence[RulesInForce]) -> PointRules:
    return next(one.rules for one in stretch if one.since <= moment < one.until)


def _state(
    second: datetime,
    samples: Sequence[Sample],
    stretch: Sequence[RulesInForce],
    faults: Sequence[_Fault],
    chosen: Collection[str] | None,
) -> SpanState:
    last = samples[bisect_right(samples, second, key=lambda s: s.at.replace(microsecond=0)) - 1]
    if not _vouches(last, second, _rules_at(last.at, stretch)):
        return SpanState.NO_DATA
    for fault in faults:
        over = fault.until is not None and fault.until.replace(microsecond=0) <= second
        if over or second < fault.since.replace(microsecond=0):
            continue
        severity = [name for at, name in fault.severities if at <= second or at == fault.severities[0][0]][-1]
        if fault.threshold in chosen if chosen is not None else severity == "critical":
            return SpanState.DOWN
    return SpanState.UP


def _vouches(one: Sample, second: datetime, given: PointRules) -> bool:
    if one.seen is Seen.NO_DATA or second >= (one.at + given.vouches).replace(microsecond=0):
        return False
    conditions = [c for t in given.thresholds.values() for c in (t.when, t.clear) if c is not None]
    return not conditions or any(holds(condition, one) is not None for condition in conditions)


def _faults(
    samples: Sequence[Sample], stretch: Sequence[RulesInForce], end: datetime
) -> tuple[list[_Fault], Counter[str]]:
    faults: list[_Fault] = []
    blips: Counter[str] = Counter()
    for one in stretch:
        for name in one.rules.thresholds:
            if one is stretch[0] or name not in stretch[stretch.index(one) - 1].rules.thresholds:
                _follow(name, samples, stretch[stretch.index(one) :], end, faults, blips)
    return faults, blips


def _follow(
    name: str,
    samples: Sequence[Sample],
    stretch: Sequence[RulesInForce],
    end: datetime,
    faults: list[_Fault],
    blips: Counter[str],
) -> None:
    """Follow a threshold through the versions that have it."""
    have = list(stretch[: next((k for k, r in enumerate(stretch) if name not in r.rules.thresholds), len(stretch))])
    mine = [s for s in samples if have[0].since <= s.at < have[-1].until]
    state = ThresholdState(Phase.OK, have[0].since, have[0].since)
    fault: _Fault | None = None
    for one in mine:
        given = _rules_at(one.at, have)
        before = state
        state, change = evaluate(state, given.thresholds[name], one, given.stale_after)
        if before.phase is Phase.PENDING and not (
            state.phase is Phase.FIRING or (state.phase is Phase.PENDING and state.since == before.since)
        ):
            blips[name] += 1
        if change is None:
            continue
        assert change.run_since is not None
        if state.phase is Phase.FIRING:
            fault = _Fault(name, [], change.run_since)
            faults.append(fault)
            fault.severities = [
                (max(r.since, fault.since), r.rules.thresholds[name].severity.value)
                for r in have
                if r.until > one.at or r is have[-1]
            ]
        else:
            assert fault is not None
            fault.until, fault = change.run_since, None
    over = have[-1].until < end
    if state.phase is Phase.PENDING:
        blips[name] += over
    elif fault is not None:
        fault.until = have[-1].until if over else None
        if state.phase is Phase.CLEARING:  # not decided: the good samples at the end count as up
            fault.until = state.since
