"""Reads the configuration folder. The only reader of configuration files and of the environment."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from connector.errors import ConfigError
from connector.model.guidance import Editions
from connector.model.profile import PolicyProfile
from connector.school_year import Days, SchoolYear
from connector.settings.agreement import disagreements, shared_libraries
from connector.settings.faults import Fault, fault_at, faults_of
from connector.settings.places import policies_apart
from connector.settings.policy_agreement import policy_disagreements
from connector.settings.school import School
from connector.settings.secrets import Surroundings
from connector.settings.service import Service
from connector.settings.terms import TermSets

Model = TypeVar("Model", bound=BaseModel)

# What a school's file says of policies, by the names of its tables and keys.
_OF_POLICIES = ("policies", "policy_library", "office_at")
_NAMED = re.compile(r"""^name\s*=\s*["']([^"'\n]*)["']""", re.MULTILINE)
_ONE_FILE = "must name another file than `database`: no concern stands in the register of policies"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the service is told. `folder` is the configuration folder; relative paths count from it."""

    folder: Path
    service: Service
    schools: Mapping[str, School]
    profiles: Mapping[str, PolicyProfile]
    terms: TermSets
    editions: Editions
    # Faults of what is said of policies: they keep the office from starting, and never a concern from being taken in.
    office_faults: tuple[str, ...] = ()

    def path(self, relative: str) -> Path:
        """An absolute path; a relative one counts from the configuration folder."""
        return (self.folder / relative).resolve()

    @property
    def database_file(self) -> Path:
        """Where the ledger lies."""
        return self.path(self.service.database.removeprefix("sqlite:///"))

    @property
    def register_file(self) -> Path:
        """Where the register of policies lies: a file of its own."""
        return self.path(self.service.policies_database.removeprefix("sqlite:///"))

    def school_year(self, school: School) -> SchoolYear:
        """The school's terms and closed days; all year round where it names no terms."""
        calendar = school.calendar
        if calendar.terms is None:
            return SchoolYear(closed=tuple(Days(one.first, one.last) for one in calendar.closed))
        return self.terms.sets[calendar.terms].school_year(calendar.closed)


class _Reading:
    """Collects faults over all files, so that a technician sees every one at once."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.surroundings = Surroundings(env, folder)
        self.faults: list[Fault] = []

    def read(self, path: Path, model: type[Model]) -> Model | None:
        data = self._data(path)
        return None if data is None else self._made(path, model, data)

    def school(self, path: Path, office: _Reading) -> School | None:
        """The school of that file. Faults of its policies alone are the office's, and it comes without policies."""
        data = self._data(path)
        if data is None:
            return None
        trial = _Reading(self.surroundings.folder, self.surroundings.env)
        if (found := trial._made(path, School, data)) is not None:
            return found
        rest = {name: value for name, value in data.items() if name not in _OF_POLICIES}
        if (found := self._made(path, School, rest)) is None:
            # All at once: whoever mends the one sees the other.
            self.faults = [*dict.fromkeys((*self.faults, *trial.faults))]
            return None
        office.faults.extend(trial.faults)
        return found

    def _data(self, path: Path) -> dict[str, Any] | None:
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError:
            self.faults.append(Fault(path.name, 0, "cannot be read: make it, or run `connector check --config FOLDER`"))
        except (ValueError, RecursionError) as broken:
            # A number of thousands of digits, or as many brackets, is no TOML to us either.
            self.faults.append(Fault(path.name, 0, f"is not TOML: {_where(broken)}"))
        return None

    def _made(self, path: Path, model: type[Model], data: dict[str, Any]) -> Model | None:
        try:
            return model.model_validate(data, context=self.surroundings)
        except ValidationError as wrong:
            self.faults.extend(faults_of(wrong, path))
        return None

    def if_there(self, name: str, model: type[Model]) -> Model:
        """That file of the folder; an empty one where there is none."""
        path = self.surroundings.folder / name
        found = self.read(path, model) if path.exists() else None
        return found or model()

    def schools(self, office: _Reading) -> dict[Path, School]:
        """Every school by its file."""
        found = {path: self.school(path, office) for path in self.files("schools")}
        return {path: school for path, school in found.items() if school is not None}

    def files(self, name: str) -> list[Path]:
        """The files of that folder of the configuration, by name."""
        return sorted((self.surroundings.folder / name).glob("*.toml"))


def _profiles(folder: Path, env: Mapping[str, str]) -> tuple[dict[str, PolicyProfile], list[tuple[str, Fault]]]:
    """Every policy profile by its name; and each fault with the name in its file, empty where none can be read."""
    found: dict[str, PolicyProfile] = {}
    broken: list[tuple[str, Fault]] = []
    for path in _Reading(folder, env).files("policies"):
        one = _Reading(folder, env)
        data = one._data(path) or {}
        profile = one._made(path, PolicyProfile, data) if not one.faults else None
        if profile is not None and profile.name in found:
            one.faults.append(fault_at(path, ("name",), "is that of another profile: give one of them another name"))
        elif profile is not None:
            found[profile.name] = profile
        broken += [(str(data.get("name") or _name_in(path)), fault) for fault in one.faults]
    return found, broken


def _name_in(path: Path) -> str:
    """The name in a file that is no TOML as a whole; nothing where there is none."""
    found = _NAMED.search(path.read_text(encoding="utf-8", errors="replace"))
    return found[1] if found else ""


def load_one(folder: Path, env: Mapping[str, str], slug: str) -> tuple[Service, School]:
    """The service and one school as they stand, whether their parts agree or not: to sign in for the first time.

    Raises ConfigError with every fault of the two files.
    """
    reading = _Reading(folder, env)
    service = reading.read(folder / "service.toml", Service)
    school = reading.read(folder / "schools" / f"{slug}.toml", School)
    if service is None or school is None:
        raise ConfigError(tuple(str(fault) for fault in reading.faults))
    return service, school


def load_editions(folder: Path) -> Editions:
    """The texts that policies cite, as that folder knows them. Raises ConfigError for a file with faults."""
    reading = _Reading(folder.resolve(), {})
    editions = reading.if_there("guidance.toml", Editions)
    if reading.faults:
        raise ConfigError(tuple(str(fault) for fault in reading.faults))
    return editions


def _where(broken: Exception) -> str:
    """The place of a TOML error without the text of the file (a secret may have been pasted there)."""
    said = str(broken)
    return said[said.rfind("(") :] if said.endswith(")") and "line" in said else "its text cannot be read as UTF-8 TOML"


def load(folder: Path, env: Mapping[str, str]) -> Settings:
    """The settings of that folder. Raises ConfigError with every fault, each with its file, line and mend."""
    reading = _Reading(folder.resolve(), env)
    service = reading.read(folder / "service.toml", Service)
    office = _Reading(folder.resolve(), env)
    profiles, broken = _profiles(folder.resolve(), env)
    terms = office.if_there("terms.toml", TermSets)
    editions = office.if_there("guidance.toml", Editions)
    files = reading.schools(office)
    used = {form.profile for school in files.values() for form in school.forms.values()}
    is_whole = not reading.faults
    for name, fault in broken:
        # A draft that no form is checked against yet keeps no concern out; what cannot be told apart may be no draft.
        is_draft = bool(name) and name not in used and is_whole
        (office if is_draft else reading).faults.append(fault)
    if not files and not reading.faults:
        reading.faults.append(Fault("schools/", 0, "holds no school: add one TOML file for each, as in the examples"))
    for path, school in files.items():
        reading.faults.extend(disagreements(path, school, profiles))
        office.faults.extend(fault_at(path, *said) for said in policy_disagreements(school, profiles, terms))
    reading.faults.extend(shared_libraries(files))
    office.faults.extend(policies_apart(files))
    if reading.faults or service is None:
        raise ConfigError(tuple(str(fault) for fault in reading.faults))
    schools = {path.stem: school for path, school in files.items()}
    found = Settings(folder.resolve(), service, schools, profiles, terms, editions)
    if found.register_file == found.database_file:
        office.faults.append(fault_at(folder / "service.toml", ("policies_database",), _ONE_FILE))
    return replace(found, office_faults=tuple(str(fault) for fault in office.faults))
