"""A Google form is read as it is asked, whatever comes; the link for those who answer is no address of a form."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.forms.google_form import FormQuestion, GoogleForm, read_form
from connector.model.google_ids import form_id_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
# The same, with the keys that are looked for, so that each is met holding anything.
KEYS = st.sampled_from(
    "formId info title documentTitle settings emailCollectionType publishSettings publishState isPublished linkedSheetId "
    "items questionItem question questionId required textQuestion paragraph choiceQuestion type options value "
    "questionGroupItem grid columns questions rowQuestion fileUploadQuestion folderId timeQuestion duration".split()
)
NEARLY = st.recursive(JSON, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6))
EDIT_ID = "1AbC_d-EfGhIjKlMnOpQrStUvWxYz0123456789abcdEF"
ANSWER_ID = "1FAIpQLSdx0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH_w"


def question(**facets: Any) -> dict[str, Any]:
    return {"itemId": "1a", "title": "Asked", "questionItem": {"question": {"questionId": "5f", **facets}}}


def form(*items: dict[str, Any], **more: Any) -> GoogleForm:
    return read_form({"formId": "1Abc", "info": {"title": "Concern"}, "items": list(items), **more})


def only(*items: dict[str, Any]) -> FormQuestion:
    [found] = form(*items).questions
    return found


@pytest.mark.parametrize(("facets", "kind"), [
    ({"textQuestion": {}}, "text"),
    ({"textQuestion": {"paragraph": True}}, "paragraph"),
    ({"choiceQuestion": {"type": "RADIO"}}, "choice"),
    ({"choiceQuestion": {"type": "CHECKBOX"}}, "checkbox"),
    ({"choiceQuestion": {"type": "DROP_DOWN"}}, "dropdown"),
    ({"choiceQuestion": {"type": "CHOICE_TYPE_UNSPECIFIED"}}, "unknown"),
    ({"scaleQuestion": {"low": 1, "high": 5}}, "scale"),
    ({"ratingQuestion": {"ratingScaleLevel": 5}}, "rating"),
    ({"dateQuestion": {"includeYear": True}}, "date"),
    ({"timeQuestion": {}}, "time"),
    ({"timeQuestion": {"duration": True}}, "duration"),
    ({"fileUploadQuestion": {"folderId": "1Folder"}}, "upload"),
    ({"signatureQuestion": {}}, "unknown"),
    ({}, "unknown"),
])  # fmt: skip
def test_every_kind_of_question_is_known_and_a_kind_of_tomorrow_is_kept_as_unknown(
    facets: dict[str, Any], kind: str
) -> None:
    assert only(question(**facets)) == FormQuestion("5f", "Asked", kind, required=False)


def test_options_are_those_with_a_name_and_other_is_none_of_them() -> None:
    offered = {"type": "CHECKBOX", "options": [{"value": "Physical"}, {"isOther": True}, {"value": "Neglect"}]}
    assert only(question(choiceQuestion=offered)).options == ("Physical", "Neglect")


def test_a_row_of_a_grid_is_a_question_of_its_own_and_the_grid_is_none() -> None:
    rows = [
        {"questionId": "9d01", "required": True, "rowQuestion": {"title": "Me"}},
        {"questionId": "9d02", "rowQuestion": {"title": "Another adult"}},
    ]
    columns = {"type": "RADIO", "options": [{"value": "Yes"}, {"value": "No"}]}
    grid = {"title": "Seen by", "questionGroupItem": {"grid": {"columns": columns}, "questions": rows}}
    assert form(grid).questions == (
        FormQuestion("9d01", "Seen by: Me", "row", required=True, options=("Yes", "No")),
        FormQuestion("9d02", "Seen by: Another adult", "row", required=False, options=("Yes", "No")),
    )


def test_what_asks_nothing_is_left_out_and_the_order_is_the_forms() -> None:
    nothing = [{"title": "Part 2", kind: {}} for kind in ("pageBreakItem", "textItem", "imageItem", "videoItem")]
    first, last = question(textQuestion={}), question(dateQuestion={}, questionId="6a", required=True)
    assert [one.id for one in form(first, *nothing, last).questions] == ["5f", "6a"]
    assert form(*nothing).questions == ()


def test_upload_folders_and_the_linked_sheet_are_told_each_once_since_answers_lie_there_too() -> None:
    uploads = [question(fileUploadQuestion={"folderId": folder}) for folder in ("1F", "1G", "1F", "")]
    found = form(*uploads, linkedSheetId="1Sheet")
    assert found.upload_folders == ("1F", "1G")
    assert found.linked_sheet == "1Sheet"


@pytest.mark.parametrize(("settings", "published", "accepting"), [
    ({}, None, None),
    ({"publishSettings": {}}, None, None),
    ({"publishSettings": {"publishState": {"isPublished": True, "isAcceptingResponses": True}}}, True, True),
    ({"publishSettings": {"publishState": {"isPublished": True}}}, True, False),
    ({"publishSettings": {"publishState": {}}}, False, False),
    ({"publishSettings": {"publishState": {"isPublished": "yes"}}}, None, False),
])  # fmt: skip
def test_a_legacy_form_says_nothing_of_its_publishing_and_a_false_left_out_is_false(
    settings: dict[str, Any], published: bool | None, accepting: bool | None
) -> None:
    found = form(**settings)
    assert (found.is_published, found.is_accepting) == (published, accepting)


@pytest.mark.parametrize(("said", "read"), [
    ("VERIFIED", "VERIFIED"), ("RESPONDER_INPUT", "RESPONDER_INPUT"), ("DO_NOT_COLLECT", "DO_NOT_COLLECT"),
    ("EMAIL_COLLECTION_TYPE_UNSPECIFIED", ""), ("verified", ""), (True, ""), (None, ""),
])  # fmt: skip
def test_how_addresses_are_collected_is_one_of_googles_words_or_unknown(said: Any, read: str) -> None:
    assert form(settings={"emailCollectionType": said}).email == read


def test_a_form_without_a_title_has_its_documents_and_nothing_keeps_the_link_for_answering() -> None:
    found = read_form(
        {"info": {"documentTitle": "Concern (staff)"}, "responderUri": "https://docs.google.com/forms/d/e/x"}
    )
    assert found.title == "Concern (staff)"
    assert "https" not in repr(found)


def test_required_is_only_a_true() -> None:
    assert [only(question(textQuestion={}, required=said)).required for said in (True, False, "true", 1, None)] == [
        True, False, False, False, False,
    ]  # fmt: skip


@given(JSON | NEARLY)
def test_whatever_comes_a_form_is_read(body: Any) -> None:
    found = read_form(body)
    assert isinstance(found, GoogleForm)
    assert all(isinstance(one.id, str) and isinstance(one.title, str) and one.kind for one in found.questions)
    assert all(found.upload_folders)
    hash(found)


@given(st.lists(NEARLY, max_size=5))
def test_messy_neighbours_take_nothing_from_a_question_that_is_understood(items: list[Any]) -> None:
    found = read_form({"items": [*items, question(textQuestion={}, required=True)]})
    assert found.questions[-1] == FormQuestion("5f", "Asked", "text", required=True)


@pytest.mark.parametrize("said", [
    EDIT_ID,
    f"  {EDIT_ID}\n",
    f"https://docs.google.com/forms/d/{EDIT_ID}/edit",
    f"https://docs.google.com/forms/d/{EDIT_ID}/edit?usp=sharing&ouid=1#responses",
    f"https://docs.google.com/forms/d/{EDIT_ID}",
    f"https://docs.google.com/forms/u/1/d/{EDIT_ID}/edit",
    f"https://docs.google.com/forms/d/{EDIT_ID}/viewform?edit_requested=true",
    f"https://docs.google.com/a/school.example/forms/d/{EDIT_ID}/edit",
    f"docs.google.com/forms/d/{EDIT_ID}/edit",
    f"<https://docs.google.com/forms/d/{EDIT_ID}/edit>",
])  # fmt: skip
def test_the_id_is_found_in_what_people_paste(said: str) -> None:
    assert form_id_of(said) == EDIT_ID


@pytest.mark.parametrize("said", [
    f"https://docs.google.com/forms/d/e/{ANSWER_ID}/viewform?usp=header",
    f"https://docs.google.com/forms/u/1/d/e/{ANSWER_ID}/viewform",
    f"https://docs.google.com/forms/d/{ANSWER_ID}/viewform",
    "https://forms.gle/AbCdEf123",
    "forms.gle/AbCdEf123",
    "https://goo.gl/forms/AbCdEf123",
    ANSWER_ID,
])  # fmt: skip
def test_the_link_for_answering_is_refused_with_what_to_copy_instead(said: str) -> None:
    with pytest.raises(
        ValueError, match=r"those who answer.*open the form for editing and copy that address"
    ) as refused:
        form_id_of(said)
    assert "AbCdEf123" not in str(refused.value)
    assert ANSWER_ID not in str(refused.value)


@pytest.mark.parametrize("said", [
    "", "form", "Safeguarding concern", f"https://docs.google.com/spreadsheets/d/{EDIT_ID}/edit",
    f"https://evil.example/docs.google.com/forms/d/{EDIT_ID}/edit", f"https://docs.google.com.evil.example/forms/d/{EDIT_ID}/edit",
    "https://forms.office.com/r/abcdefghij", "https://docs.google.com/forms/u/0/", f"{EDIT_ID} {EDIT_ID}", "x" * 5000,
])  # fmt: skip
def test_what_is_no_form_is_refused_with_what_to_copy_instead(said: str) -> None:
    with pytest.raises(ValueError, match=r"^not the id or the address of a Google form: open the form for editing"):
        form_id_of(said)


@given(st.text())
def test_any_text_gives_an_id_that_stands_in_it_or_is_refused(said: str) -> None:
    with contextlib.suppress(ValueError):
        found = form_id_of(said)
        assert found
        assert found in said
