"""Who somebody is, by the dossiers that hold."""

from __future__ import annotations

from collections.abc import Sequence

from activities.records.records import Records
from models.dossier import Dossier
from models.errors import DossierError, NotFoundError
from models.people import Person, people_in, stranger, who_is


def identify(records: Records, who: str, applications: Sequence[str]) -> str:
    """The one name of somebody in the dossiers of these applications (none: of all); `NotFoundError` refuses a stranger."""
    dossiers = [records.current_dossier(name) for name in applications or records.applications()]
    people: dict[str, Person] = {}
    found: dict[str, str] = {}
    for dossier in filter(None, dossiers):
        known = people_in(dossier.contacts)
        people |= {person.name.casefold(): person for person in known}
        if known and (name := who_is(who, known)) is not None:
            found[name.casefold()] = name
    if len(found) > 1:
        raise NotFoundError(f"{who} names several people: {', '.join(found.values())}; give the e-mail address")
    name = next(iter(found.values()), None) or (who_is(who, []) if not people else None)
    if name is None:
        of = ", ".join(applications) or "any published dossier"
        raise NotFoundError(stranger(who, of, list(people.values())))
    return name


def identify_publisher(records: Records, who: str, dossier: Dossier) -> str:
    """Resolve the person who publishes a dossier to one name.

    The person is a contact of this version, or of the version that holds now. `NotFoundError` refuses a stranger.
    """
    try:
        holds = records.current_dossier(dossier.id)
    except DossierError:  # this version of us cannot read it any more; publishing another one is how that is mended
        holds = None
    versions = [people_in(one.contacts) for one in (dossier, holds) if one is not None and one.contacts]
    for people in versions or [[]]:
        if (name := who_is(who, people)) is not None:
            return name
    raise NotFoundError(stranger(who, dossier.id, [person for people in versions[:1] for person in people]))
