"""What a technician can get wrong about the office: each fault with its file, its line and its mend, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.model.policy_dates import Season, TermName
from connector.office import build_office
from connector.settings.google import DriveStore
from connector.settings.load import Settings, load
from connector.settings.microsoft import IntakeLibrary, SharePointStore
from connector.settings.places import policies_apart
from connector.settings.policies import DrivePolicies, SharePointPolicies
from connector.settings.school import School
from tests.office_at_work import edit, listing
from tests.service import copy_config, environment

NURSERY, INFANTS = "little-lanterns", "starling-infants"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return copy_config(tmp_path)


def loaded(config: Path) -> Settings:
    return load(config, environment("http://127.0.0.1:1/?sig=s"))


def faults(config: Path) -> list[str]:
    """What keeps the office from starting; the rest of the service starts all the same."""
    found = list(loaded(config).office_faults)
    with pytest.raises(ConfigError) as shut:
        build_office(loaded(config))
    assert list(shut.value.faults) == found
    return found


def line_of(file: Path, words: str) -> int:
    """The first line with these words."""
    return next(number for number, line in enumerate(file.read_text("utf-8").splitlines(), 1) if words in line)


# -- terms.toml

AUTUMN = (
    '{ term = "autumn", first = 2026-09-02, last = 2026-12-18, half_term = { first = 2026-10-26, last = 2026-10-30 } }'
)
SPRING = '{ term = "spring", first = 2027-01-04, last = 2027-03-25 }'
SUMMER = '{ term = "summer", first = 2027-04-12, last = 2027-07-21 }'


def terms(config: Path, *entries: str, closed: str = "") -> Path:
    """A file of terms with these."""
    file = config / "terms.toml"
    rows = "".join(f"    {entry},\n" for entry in entries)
    file.write_text(f"# Terms.\n\n[sets.county]\nterms = [\n{rows}]\nclosed = [{closed}]\n", "utf-8")
    return file


def term(first: str, last: str, half: str = "", season: str = "autumn") -> str:
    return f'{{ term = "{season}", first = {first}, last = {last}{f", half_term = {half}" if half else ""} }}'


def days(first: str, last: str) -> str:
    return f"{{ first = {first}, last = {last} }}"


def test_the_terms_that_are_shipped_are_in_order_and_are_those_of_the_school(config: Path) -> None:
    settings = loaded(config)
    year = settings.school_year(settings.schools[INFANTS])
    assert str(year.ending(TermName(season=Season.AUTUMN, year=2026)).day) == "2026-12-18"
    assert str(year.known_until()) == "2027-07-21"
    assert settings.school_year(settings.schools[NURSERY]).known_until() is None


@pytest.mark.parametrize(("entries", "told"), [
    # As a county published it: a half-term that began a year too early.
    ([term("2026-09-02", "2026-12-18", days("2025-10-26", "2026-10-30"))], "`half_term` must lie within its term"),
    ([term("2025-09-02", "2025-12-19", days("2025-10-26", "2026-10-30"))], "`half_term` must lie within its term"),
    ([term("2026-09-02", "2026-12-18", days("2026-10-30", "2026-10-26"))], "`half_term` must lie within its term"),
    ([term("2026-09-02", "2026-12-18", days("2026-12-14", "2026-12-18"))], "`half_term` must lie within its term"),
    ([term("2026-09-02", "2026-12-18", days("2026-09-02", "2026-09-04"))], "`half_term` must lie within its term"),
    ([term("2026-09-02", "2026-12-18", days("2026-10-05", "2026-10-30"))], "`half_term` is longer than three weeks"),
    ([term("2026-12-18", "2026-09-02")], "`last` lies before `first`"),
    ([term("2026-09-02", "2027-12-18")], "is longer than 20 weeks: look at its years"),
    ([term("2027-01-04", "2027-03-25")], "the autumn term cannot begin in that month"),
    ([term("2026-09-02", "2026-12-18", season="summer")], "the summer term cannot begin in that month"),
    ([term("2026-09-02", "2026-12-18", season="winter")], "Input should be 'autumn', 'spring' or 'summer'"),
    ([term("2026-09-31", "2026-12-18")], "is not TOML"),
    (['{ term = "autumn", first = "in September", last = 2026-12-18 }'], "first"),
    (['{ term = "autumn", first = 2026-09-02 }'], "last is missing: add it"),
    (['{ term = "autumn", first = 2026-09-02, last = 2026-12-18, half = 1 }'], "half is not known here"),
])  # fmt: skip
def test_a_term_that_cannot_be_is_told(entries: list[str], told: str, config: Path) -> None:
    file = terms(config, *entries, SPRING)
    (fault, *others) = faults(config)
    assert told in fault
    assert fault.startswith("terms.toml:")
    assert "is not TOML" in fault or fault.startswith(f"terms.toml:{line_of(file, 'terms = [')}: sets.county.terms.1")
    # The school that names the set is told too: with a faulty file there is none.
    assert all(one.startswith("starling-infants.toml:") and "calendar.terms" in one for one in others)


@pytest.mark.parametrize(("entries", "told"), [
    ([SPRING, AUTUMN, SUMMER], "the autumn term of 2026 begins before the one above it is over"),
    ([AUTUMN, AUTUMN], "the autumn term of 2026 begins before the one above it is over"),
    ([AUTUMN, term("2026-12-18", "2027-03-25", season="spring")], "the spring term of 2026 begins before"),
    ([AUTUMN, SUMMER], "a term is missing before the summer term of 2027"),
    ([SPRING, term("2027-09-02", "2027-12-17")], "a term is missing before the autumn term of 2027"),
    ([AUTUMN, term("2028-01-04", "2028-03-25", season="spring")], "a term is missing before the spring term of 2028"),
    ([], "must not be empty"),
])  # fmt: skip
def test_terms_out_of_order_or_with_one_left_out_are_told(entries: list[str], told: str, config: Path) -> None:
    file = terms(config, *entries)
    fault = faults(config)[0]
    assert told in fault
    assert fault.startswith(f"terms.toml:{line_of(file, 'terms = [' if not entries else '[sets.county]')}: sets.county")


@pytest.mark.parametrize(("closed", "is_told"), [
    (days("2027-05-03", "2027-05-03"), False), (days("2027-05-03", "2027-05-24"), False),
    (days("2027-05-03", "2027-05-25"), True), (days("2027-05-03", "2026-05-03"), True), (days("2027-05-03", "2028-05-03"), True),
])  # fmt: skip
def test_closed_days_end_after_they_begin_and_are_few(closed: str, is_told: bool, config: Path) -> None:
    terms(config, AUTUMN, SPRING, SUMMER, closed=closed)
    if not is_told:
        assert loaded(config)
        return
    assert "sets.county.closed.1 `last` must lie after `first`, and no more than three weeks" in faults(config)[0]


def test_every_fault_of_the_terms_is_told_at_once(config: Path) -> None:
    terms(config, term("2026-12-18", "2026-09-02"), term("2026-09-02", "2026-12-18", season="spring"), SUMMER)
    assert len([fault for fault in faults(config) if fault.startswith("terms.toml")]) == 2


def test_terms_that_no_set_has_are_told_with_the_line(config: Path) -> None:
    edit(config, ('terms = "county"', 'terms = "borough"'), school=INFANTS)
    file = config / "schools" / f"{INFANTS}.toml"
    said = "calendar.terms names no set of terms.toml: there is no borough"
    assert faults(config) == [f"{INFANTS}.toml:{line_of(file, 'terms = ')}: {said}"]


def test_without_the_file_a_school_that_names_no_terms_is_in_order(config: Path) -> None:
    (config / "terms.toml").unlink()
    edit(config, ('terms = "county"', ""), school=INFANTS)
    assert loaded(config).terms.sets == {}


@pytest.mark.parametrize("closure", [days("2026-12-19", "2025-12-31"), days("2026-12-19", "2028-01-03")])
def test_a_schools_own_closed_days_cannot_be_a_year(closure: str, config: Path) -> None:
    edit(config, ('{ first = 2026-12-19, last = 2027-01-03, name = "Christmas" }', closure), school=INFANTS)
    (fault,) = faults(config)
    assert "calendar.closed.1 must end after it begins, and within 14 weeks" in fault


# -- policies.*


@pytest.mark.parametrize(("words", "told"), [
    ('owner = "nobody"', "owner names somebody who is not under [people]: nobody"),
    ('owner = "Not A Name"', "owner is not of the right form"),
    ('profile = "none-such"', "profile names no profile under policies/: there is no none-such"),
    ('written = "31 November 2025"', "written cannot be read as a date: There is no 31 November."),
    ('written = "TBC"', "written cannot be read as a date: It says that there is no date."),
    ('written = "every two years"', "written must be one date"),
    ('written = "Autumn 2"', "written must be one date"),
    ('accepted = "yes"', "accepted cannot be read as a date"),
    ('accepted = "2024/27"', "accepted"),
    ('next_review = "when the governors say"', "next_review cannot be read as a date"),
    ('next_review = "12/13"', "next_review cannot be read as a date"),
    ('cycle = "November 2026"', "cycle must say how often"),
    ('cycle = "often"', "cycle cannot be read as a date"),
    ('needs = ["signature"]', "needs.1"),
    ('reviewed = "November 2026"', "reviewed is not known here"),
    ('title = 5', "title must be text in quotes"),
])  # fmt: skip
def test_what_is_listed_of_a_policy_and_cannot_be_is_told_with_its_line(words: str, told: str, config: Path) -> None:
    listing(f'[policies.cse]\ntitle = "CSE"\n{words}' if "title" not in words else f"[policies.cse]\n{words}")(config)
    file = config / "schools" / f"{NURSERY}.toml"
    (fault,) = faults(config)
    assert fault.startswith(f"{NURSERY}.toml:{line_of(file, words)}: policies.cse.")
    assert told in fault


@pytest.mark.parametrize("words", [
    'written = "September 2025"', 'written = "Autumn 2 2025"', 'accepted = "4/12/25"', 'next_review = "Autumn 2"',
    'next_review = "every two years"', 'next_review = "Spring 1 2021/24/27"', 'cycle = "annually in the autumn term"',
    'needs = ["accepted", "minute_number"]', 'written = ""', 'cycle = "  "',
])  # fmt: skip
def test_words_that_policies_use_are_taken(words: str, config: Path) -> None:
    listing(f"[policies.cse]\n{words}")(config)
    assert "cse" in loaded(config).schools[NURSERY].policies


@pytest.mark.parametrize("slug", ["CSE", "1-10", "c s e", "x" * 41, "\u00fcber"])
def test_a_policys_short_name_is_one_that_can_be_typed(slug: str, config: Path) -> None:
    listing(f'[policies."{slug}"]\ntitle = "CSE"')(config)
    (fault,) = faults(config)
    assert "is not of the right form" in fault


def test_faults_of_both_files_and_of_every_policy_are_told_at_once(config: Path) -> None:
    terms(config, term("2026-12-18", "2026-09-02"), SPRING)
    listing('[policies.cse]\nowner = "nobody"\nwritten = "soon"\n\n[policies.e-safety]\ncycle = "often"')(config)
    found = faults(config)
    assert len(found) == 4
    assert [fault.split(":")[0] for fault in found] == ["terms.toml", *[f"{NURSERY}.toml"] * 3]


# -- where policies lie

LIBRARY = "# [policy_library]"


def library(config: Path, table: str) -> None:
    """The nursery's library, in place of the example that is commented out."""
    edit(config, (LIBRARY, f"[policy_library]\n{table}\n{LIBRARY}"))


def overlaps(config: Path) -> bool:
    if loaded(config).office_faults:
        (fault,) = faults(config)
        file = config / "schools" / f"{NURSERY}.toml"
        said = "policy_library must be another place than where records or responses lie"
        assert fault == f"{NURSERY}.toml:{line_of(file, '[policy_library]')}: {said}"
        return True
    return False


@pytest.mark.parametrize(("path", "is_told"), [
    ("../policies", False), ("../var/policies", False), ("../var/records/little-lanterns-policies", False),
    ("../var/records/little-lanterns", True), ("../var/records/little-lanterns-staff", True),
    # Another school's, a folder above, a folder within, and the same by another way.
    ("../var/records/starling-infants", True), ("../var/records", True), ("..", True),
    ("../var/records/starling-infants/2026/policies", True), ("../var/../var/./records/little-lanterns/", True),
])  # fmt: skip
def test_a_folder_of_policies_is_apart_from_every_schools_records(path: str, is_told: bool, config: Path) -> None:
    library(config, f'kind = "folder"\npath = "{path}"')
    assert overlaps(config) is is_told


def test_a_folder_is_the_same_one_by_its_whole_path_and_by_a_link(config: Path) -> None:
    records = config.parent / "var" / "records"
    library(config, f'kind = "folder"\npath = "{(records / NURSERY).as_posix()}"')
    assert overlaps(config)
    records.mkdir(parents=True)
    (config.parent / "linked").symlink_to(records)
    edit(config, ((records / NURSERY).as_posix(), "../linked"))
    assert overlaps(config)


SITE = "https://school.sharepoint.com/sites/safeguarding"


def record_library(name: str, drive: str = "") -> SharePointStore:
    return SharePointStore(kind="sharepoint", site=SITE, library=name, drive=drive, readers=("dsl",))


def record_drive(drive: str, folder: str | None = None) -> DriveStore:
    return DriveStore(kind="drive", drive=drive, folder=folder, readers=("dsl",))


def are_apart(folder: Path, library: object, **places: object) -> bool:
    """Whether one school's policies may lie there while another's records or responses lie in those places."""
    elsewhere = record_library("Elsewhere"), record_library("Elsewhere too")
    store, staff_store = places.get("store", elsewhere[0]), places.get("staff_store", elsewhere[1])
    schools = {
        folder / "a.toml": School.model_construct(store=elsewhere[0], staff_store=elsewhere[1], policy_library=library),
        folder / "b.toml": School.model_construct(
            store=store, staff_store=staff_store, intake_library=places.get("intake_library")
        ),
    }
    (folder / "a.toml").write_text("[policy_library]\n", "utf-8")
    found = list(policies_apart(schools))
    assert {(fault.file, fault.line) for fault in found} <= {("a.toml", 1)}
    return not found


DRIVE, OTHER_DRIVE, FOLDER = "0AEXAMPLErecordsPVA", "0AEXAMPLEpoliciesPVA", "1EXAMPLEfolderEXAMPLEfolder"


@pytest.mark.parametrize(("given", "places", "is_apart"), [
    ({"library": "Policies"}, {"store": record_library("Records")}, True),
    ({"library": "Records"}, {"store": record_library("Records")}, False),
    ({"library": "RECORDS"}, {"staff_store": record_library("Records")}, False),
    ({"library": "records", "site": SITE.upper().replace("HTTPS", "https") + "/"}, {"store": record_library("Records")}, False),
    ({"library": "Policies", "drive": "b!1"}, {"store": record_library("Records", "b!1")}, False),
    ({"library": "Policies", "drive": "b!2"}, {"store": record_library("Records", "b!1")}, True),
    ({"library": "Responses"}, {"intake_library": IntakeLibrary(site=SITE, library="Responses")}, False),
    ({"library": "Policies"}, {"intake_library": IntakeLibrary(site=SITE, library="Responses")}, True),
    ({"library": "Records"}, {"store": record_drive(DRIVE)}, True),
])  # fmt: skip
def test_a_library_of_sharepoint_is_apart_from_records_and_responses(
    given: dict[str, str], places: dict[str, object], is_apart: bool, tmp_path: Path
) -> None:
    library = SharePointPolicies(**{"kind": "sharepoint", "site": SITE} | given)  # type: ignore[arg-type] # a table of named values
    assert are_apart(tmp_path, library, **places) is is_apart


@pytest.mark.parametrize(("given", "places", "is_apart"), [
    ({"drive": OTHER_DRIVE}, {"store": record_drive(DRIVE)}, True),
    ({"drive": DRIVE}, {"store": record_drive(DRIVE)}, False),
    # Whoever is a member of a shared drive reads every folder of it.
    ({"drive": DRIVE, "folder": FOLDER}, {"store": record_drive(DRIVE)}, False),
    ({"drive": DRIVE}, {"staff_store": record_drive(DRIVE, FOLDER)}, False),
    ({"drive": f"https://drive.google.com/drive/folders/{DRIVE}"}, {"store": record_drive(DRIVE)}, False),
])  # fmt: skip
def test_a_shared_drive_of_policies_is_apart_from_the_records(
    given: dict[str, str], places: dict[str, object], is_apart: bool, tmp_path: Path
) -> None:
    library = DrivePolicies(**{"kind": "drive"} | given)  # type: ignore[arg-type] # a table of named values
    assert are_apart(tmp_path, library, **places) is is_apart


@pytest.mark.parametrize(("table", "told"), [
    ('kind = "folder"', "policy_library.folder.path is missing"),
    ('kind = "folder"\npath = ""', "policy_library.folder.path"),
    ('kind = "cupboard"\npath = "x"', "policy_library has a `kind` that is not known here"),
    ('path = "x"', "policy_library needs `kind`"),
    ('kind = "sharepoint"\nsite = "https://school.sharepoint.com"\nlibrary = "Policies"', "must be the site's address"),
    (f'kind = "sharepoint"\nsite = "{SITE}"\nlibrary = "Policies"', "policy_library needs the table [microsoft]"),
    (f'kind = "drive"\ndrive = "{DRIVE}"', "policy_library needs the table [google]"),
])  # fmt: skip
def test_a_library_that_cannot_be_is_told_with_its_line(table: str, told: str, config: Path) -> None:
    library(config, table)
    file = config / "schools" / f"{NURSERY}.toml"
    (fault,) = faults(config)
    assert told in fault
    first = line_of(file, "[policy_library]")
    assert int(fault.split(":")[1]) in range(first, first + 4)


# -- what is the office's to suffer, and what is not


def test_a_school_whose_policies_cannot_be_read_has_everything_else(config: Path) -> None:
    edit(config, ('number = "1.10"', "number = 1.10"))
    found = loaded(config)
    assert found.schools[NURSERY].policies == {}
    assert set(found.schools[NURSERY].forms) == set(loaded(copy_of(config)).schools[NURSERY].forms)
    assert found.schools[INFANTS].policies
    assert any("policies.cse.number must be text in quotes" in fault for fault in found.office_faults)


def copy_of(config: Path) -> Path:
    (config.parent / "copy").mkdir()
    return copy_config(config.parent / "copy")


def test_a_fault_of_the_ladder_is_refused_together_with_those_of_policies(config: Path) -> None:
    edit(config, ('number = "1.10"', "number = 1.10"), ('technician = "', 'technicain = "'))
    with pytest.raises(ConfigError) as refused:
        loaded(config)
    said = refused.value.faults
    assert any("technicain is not known here" in fault for fault in said)
    assert any("policies.cse.number must be text in quotes" in fault for fault in said)
    assert len(said) == len(set(said))


def test_a_profile_that_a_form_is_checked_against_must_be_in_order(config: Path) -> None:
    (config / "policies" / "draft.toml").write_text('name = "draft"\n', "utf-8")
    assert all(fault.startswith("draft.toml") for fault in faults(config))
    used = config / "policies" / "nursery-record.toml"
    used.write_text(used.read_text("utf-8").replace("name = ", "nmae = ", 1), "utf-8")
    with pytest.raises(ConfigError, match=r"nursery-record\.toml"):
        loaded(config)


@pytest.mark.parametrize(
    "harm", [("name = ", "nmae = "), ("[[fields]]", "[[feilds]]"), ('setting = "nursery"', "setting = nursery")]
)
def test_a_copy_of_a_profile_never_stands_in_for_the_one_that_is_broken(harm: tuple[str, str], config: Path) -> None:
    """Concerns would be checked against what the policy once asked for."""
    used = config / "policies" / "nursery-record.toml"
    text = used.read_text("utf-8")
    (used.parent / "a-copy.toml").write_text(text, "utf-8")
    used.write_text(text.replace(*harm, 1), "utf-8")
    with pytest.raises(ConfigError, match=r"nursery-record\.toml"):
        loaded(config)


def test_two_profiles_of_one_name_are_refused_where_a_form_uses_it(config: Path) -> None:
    used = config / "policies" / "nursery-record.toml"
    (used.parent / "z-copy.toml").write_text(used.read_text("utf-8"), "utf-8")
    with pytest.raises(ConfigError, match=r"z-copy\.toml:\d+: name is that of another profile"):
        loaded(config)


def test_the_fault_of_a_profile_is_told_together_with_that_of_a_school(config: Path) -> None:
    used = config / "policies" / "nursery-record.toml"
    used.write_text(used.read_text("utf-8").replace("[[fields]]", "[[feilds]]", 1), "utf-8")
    for slug in (NURSERY, INFANTS):
        edit(config, ('technician = "', 'technicain = "'), school=slug)
    with pytest.raises(ConfigError) as refused:
        loaded(config)
    said = "\n".join(refused.value.faults)
    assert "nursery-record.toml" in said
    assert "technicain is not known here" in said


@pytest.mark.parametrize("value", ["1" * 5000, "[" * 3000])
def test_what_no_reader_of_toml_takes_is_a_fault_with_its_file(value: str, config: Path) -> None:
    edit(config, ('title = "Child', f'needless = {value}\ntitle = "Child'))
    with pytest.raises(ConfigError, match=r"little-lanterns\.toml: is not TOML"):
        loaded(config)


def test_a_folder_that_no_system_takes_is_the_offices_fault(config: Path) -> None:
    edit(
        config,
        (
            '# [policy_library]\n# kind = "folder"\n# path = "../policies"',
            '[policy_library]\nkind = "folder"\npath = "a\\u0000b"',
        ),
    )
    assert any("policy_library" in fault for fault in faults(config))


def test_a_folder_that_leads_in_a_circle_stops_nobody(config: Path) -> None:
    loop = config.parent / "loop"
    loop.symlink_to(loop)
    edit(
        config,
        (
            '# [policy_library]\n# kind = "folder"\n# path = "../policies"',
            f'[policy_library]\nkind = "folder"\npath = "{loop}"',
        ),
    )
    assert loaded(config).office_faults == ()


def test_the_register_is_another_file_than_the_ledger(config: Path) -> None:
    service = config / "service.toml"
    service.write_text(
        f'policies_database = "sqlite:///../config/../var/connector.db"\n{service.read_text("utf-8")}', "utf-8"
    )
    (fault,) = faults(config)
    assert fault.startswith("service.toml:1: policies_database must name another file than `database`")
