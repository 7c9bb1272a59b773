"""Values that a pattern alone cannot check: addresses, URLs, e-mail addresses, references, variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from models.dossier.faults import Place, shown, where
from models.dossier.inputs import variable
from models.dossier.rules.registry import RuleFinding, plain_error
from models.dossier.source import walk
from models.forms import Form, address, directory, email, login, phone, reference, restore_command, server_or_socket
from models.probe_kinds import kind_written

FORMS_AT: Final[dict[str, Form]] = {
    "architecture.hosts.*.address": address,
    "architecture.hosts.*.user": login,
    "architecture.hosts.*.state_dir": directory,
    "contacts.*.email": email,
    "contacts.*.phone": phone,
    "contacts.*.chat": reference,
    "instructions.restore.*.source.server.host": server_or_socket,
    "instructions.restore.*.source.restore_command": restore_command,
}
"""The places whose values have a form of their own. Kinds of probes declare the forms of their fields themselves."""


@plain_error("wrong-form")
def values_have_their_form(data: dict[str, Any]) -> Iterator[RuleFinding]:
    """Addresses, URLs with their ports, users, e-mail addresses, phone numbers, paths and references are valid."""
    for pattern, check in FORMS_AT.items():
        for place, text in walk(data, tuple(pattern.split("."))):
            yield from _checked(place, text, check)
    for place, probe in walk(data, ("monitoring", "measuring_points", "*", "probe")):
        kind = kind_written(probe)
        for pattern, check in kind.forms.items() if kind else ():
            for within, text in walk(probe, tuple(pattern.split("."))):
                yield from _checked((*place, *within), text, check, kind.secret_fields if kind else frozenset())


def _checked(place: Place, text: Any, check: Form, secret: frozenset[str] = frozenset()) -> Iterator[RuleFinding]:
    if isinstance(text, str) and (fault := check(text)) is not None:
        said = "" if {"chat", *secret} & set(place) else f", {shown(text)},"
        yield RuleFinding(place, f"{where(place)}{said} {fault[0]}", fault[1])


_INPUT: Final = re.compile(r"\$\{?(DRIFTVAKT_?IN?P?U?T?S?_\w*)", re.ASCII | re.IGNORECASE)
"""The variable of an input, also if `DRIFTVAKT_INPUT_` is misspelt or in lower case."""
_RESTORED: Final = re.compile(r"\$\{?(RESTORE[A-Za-z0-9_]*)")
_WORDS_FOR_PEOPLE: Final = {"title", "name", "description", "notes", "purpose", "label", "carries"}


@plain_error("unknown-variable")
def variables_are_set(data: dict[str, Any]) -> Iterator[RuleFinding]:
    """A shell command uses only the inputs of its own routine, or the variables of its own restore."""
    for place, text in _texts(data, ()):
        if _WORDS_FOR_PEOPLE & {key for key in place[-1:] if isinstance(key, str)}:
            continue
        for name in dict.fromkeys(_INPUT.findall(text)):
            yield from _input(data, place, name)
        if place[:2] == ("instructions", "restore"):
            for name in dict.fromkeys(_RESTORED.findall(text)):
                if f"{name}=" not in text:
                    yield from _placed(data, place, name)


def _input(data: dict[str, Any], place: Place, name: str) -> Iterator[RuleFinding]:
    what = f"{where(place)} uses ${name}"
    if place[:2] != ("routines", "extended"):
        yield RuleFinding(place, f"{what}, and only an extended routine has inputs", "write the value itself")
        return
    inputs = [
        field for _, found in walk(data, (*map(str, place[:3]), "inputs")) if isinstance(found, dict) for field in found
    ]
    known = {variable(str(field)): str(field) for field in inputs}
    if name not in known:
        yield RuleFinding(place, f"{what}, which is not an input of the routine", _suggest(name, known))
    elif place[-1] not in {"command", "check"}:
        part = (
            f"write {{{known[name]}}} as a whole part of the list"
            if isinstance(place[-1], int)
            else f"write {{{known[name]}}}"
        )
        yield RuleFinding(place, f"{what} where no shell reads it", part)


def _placed(data: dict[str, Any], place: Place, name: str) -> Iterator[RuleFinding]:
    own = any(kind == "other" for _, kind in walk(data, (*map(str, place[:3]), "source", "type")))
    known = ["RESTORED_TO", "RESTORE_POINT"] if own else ["RESTORED_TO"]
    if name not in known:
        yield RuleFinding(
            place, f"{where(place)} uses ${name}, which no restore of this type sets", _suggest(name, known)
        )


def _suggest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name.upper(), names, n=1, cutoff=0.7)
    if close:
        return f"did you mean ${close[0]}?"
    return f"use one of: {', '.join(f'${one}' for one in names)}" if names else "define it under `inputs`"


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(entry, (*place, key))
