"""An open question on a terminal."""

from __future__ import annotations

from rich.console import Console

from models.dossier.approvals import OnSilence
from models.gates import silence_text
from starter.gate.views import OpenQuestion
from starter.terminal.screen import exact, terminal, tidy


def show_gate(gate: OpenQuestion, console: Console | None = None) -> None:
    """Print an open question with the people who may decide, the deadline, the plan and the options."""
    out = console or terminal(stderr=True)
    out.print(f"\n[bold yellow]{gate.id}: {tidy(gate.question)}[/]", soft_wrap=True)
    out.print(f"  decides: {tidy(_who(gate))}", soft_wrap=True)
    if gate.deadline is not None:
        silence = silence_text(OnSilence(gate.on_silence), [one.name for one in gate.options])
        out.print(
            f"  until:   {gate.deadline:%Y-%m-%d %H:%M} UTC; if nobody answers by then, {silence}", soft_wrap=True
        )
    for answer in gate.answers:
        out.print(f"  given:   {tidy(answer.option)} by {tidy(answer.by)}", soft_wrap=True)
    if gate.plan:
        out.print(f"  plan {gate.digest}:")
        for line in exact(gate.plan):
            out.print(f"    {line}", soft_wrap=True)
    width = max((len(option.name) for option in gate.options), default=0) + 1
    for option in gate.options:
        reason = " (with a reason)" if option.needs_reason else ""
        out.print(f"  {option.name:<{width}} {tidy(option.means)}{reason}", soft_wrap=True)


def _who(gate: OpenQuestion) -> str:
    roles = f" ({', '.join(gate.roles)})" if gate.roles else ""
    count = f"; {gate.count} people must agree" if gate.count > 1 else ""
    return gate.who + roles + count
