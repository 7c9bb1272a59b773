"""The identity of people according to the current dossiers."""

from __future__ import annotations

from collections.abc import Sequence

from activities.records.records import Records
from models.dossier import Dossier
from models.errors import DossierError, NotFoundError
from models.people import Person, people_in, stranger, who_is


def identify(records: Records, who: str, applications: Sequence[str] | None) -> str:
    """Return the one name of a person in the dossiers of these applications (None: all). Before the first of these
    dossiers is published, any name counts. `NotFoundError` refuses a stranger.
    """
    names = records.applications() if applications is None else applications
    dossiers = [dossier for name in names if (dossier := records.current_dossier(name)) is not None]
    people: dict[str, Person] = {}
    found: dict[str, str] = {}
    for dossier in dossiers:
        known = people_in(dossier.contacts)
        people |= {person.name.casefold(): person for person in known}
        if (name := who_is(who, known)) is not None:
            found[name.casefold()] = name
    if len(found) > 1:
        raise NotFoundError(f"{who} names several people: {', '.join(found.values())}; give the e-mail address")
    name = next(iter(found.values()), None) if dossiers else who_is(who, None)
    if name is None:
        of = ", ".join(applications or ()) or "any published dossier"
        raise NotFoundError(stranger(who, of, list(people.values()) if dossiers else None))
    return name


def identify_publisher(records: Records, who: str, dossier: Dossier) -> str:
    """Return the one name of the person who publishes a dossier.

    The person is a contact of this version, or of the current version. `NotFoundError` refuses a stranger.
    """
    try:
        holds = records.current_dossier(dossier.id)
    except DossierError:  # this release cannot read it any more; publishing another version solves that
        holds = None
    versions = [people_in(one.contacts) for one in (dossier, holds) if one is not None]
    for people in versions:
        if (name := who_is(who, people)) is not None:
            return name
    raise NotFoundError(stranger(who, dossier.id, versions[0]))
