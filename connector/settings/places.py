"""Places that must be apart: where records are filed, where responses are dropped, where policies lie."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from connector.settings.faults import Fault, fault_at
from connector.settings.google import DriveStore
from connector.settings.microsoft import IntakeLibrary, SharePointStore
from connector.settings.policies import DrivePolicies, FolderLibrary, PolicyLibrary
from connector.settings.school import FolderStore, School

Place = FolderStore | SharePointStore | DriveStore | IntakeLibrary | PolicyLibrary


def places_of(place: Place) -> frozenset[str]:
    """Where it is, by every name it goes by."""
    if isinstance(place, FolderStore | FolderLibrary):
        return frozenset({place.path})
    if isinstance(place, DriveStore | DrivePolicies):
        # Whoever is a member of a shared drive reads every folder of it.
        return frozenset({place.drive})
    named = f"{place.site}/{place.library}".casefold()
    return frozenset({named, place.drive} - {""})


def policies_apart(schools: Mapping[Path, School]) -> Iterator[Fault]:
    """Policies are read where no record of any school lies: what is read there is told to the office."""
    kept = [place for school in schools.values() for place in _of_concerns(school)]
    for path, school in schools.items():
        library = school.policy_library
        # Relative paths count from the configuration folder, that of `schools/`.
        if library is not None and any(_overlap(library, place, path.parent.parent) for place in kept):
            yield fault_at(path, ("policy_library",), "must be another place than where records or responses lie")


def _of_concerns(school: School) -> tuple[Place, ...]:
    return school.store, school.staff_store, *([school.intake_library] if school.intake_library else [])


def _overlap(library: PolicyLibrary, place: Place, folder: Path) -> bool:
    if isinstance(library, FolderLibrary) and isinstance(place, FolderStore):
        # Not `resolve`: it gives up on links that lead in a circle.
        one, other = (Path(os.path.realpath(folder / where)) for where in (library.path, place.path))
        return one.is_relative_to(other) or other.is_relative_to(one)
    return bool(places_of(library) & places_of(place))
