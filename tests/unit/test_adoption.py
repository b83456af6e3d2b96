"""What an export's own words make of it: ids, answers, missing codes, repeats and the ids of members."""

import polars as pl
import pytest

from flows.draft import draft_definition, words
from pipeline.adoption.code_frames import code_frame
from pipeline.adoption.matching import match_ids
from pipeline.adoption.members import as_dates, as_numbers, prepared
from pipeline.adoption.names import item_ids
from pipeline.adoption.population import age_limits, with_totals
from pipeline.adoption.questions import Question, draft
from pipeline.adoption.repeats import question_bank
from pipeline.adoption.scales import scale_name, suggested_headline, with_scales
from pipeline.definitions import AnswerOption, Item
from pipeline.errors import UsageError
from pipeline.member_ids import same_ids
from pipeline.survey_files import items_text
from pipeline.survey_files.yaml_text import Label, scalar
from pipeline.wave_files.delivery import Delivery, Variable

WORDS = words()
AGREE = {"1": "Strongly disagree", "2": "Disagree", "3": "Neither", "4": "Agree", "5": "Strongly agree"}


def frame_of(delivered: list[str | None], **said: object):
    return code_frame(Variable("q", **said), pl.Series(delivered, dtype=pl.String), WORDS)


def item(name: str, wording: str, answers: dict[str, str]) -> Item:
    return Item(name, wording, "category", wording, tuple(AnswerOption(*one) for one in answers.items()))


def test_item_ids_are_readable_and_no_two_alike() -> None:
    found = item_ids(["Q7", "trust[SQ1]", "7a", "q7", "Zufriedenheit (Größe)", "wave", "!"])
    assert list(found.values()) == [*("q7", "trust_sq1", "q_7a", "q7_2", "zufriedenheit_grosse", "wave_2", "item")]


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        *(("Don’t know", "dont_know"), ("DON'T KNOW / can't say", "dont_know"), ("Weiß nicht", "dont_know")),
        *(("Prefer not to say", "refused"), ("Refused", "refused"), ("Keine Angabe", "refused")),
        *(("not asked", "not_asked"), ("skipped", "skipped"), ("Don't know/refused", "not_distinguished")),
        *(("Know nothing", None), ("Don't know where a testing site is", None), ("Not very likely", None)),
    ],
)
def test_missing_is_known_by_its_words_in_more_than_one_language(label: str, kind: str | None) -> None:
    assert WORDS.missing_kind(label) == kind


def test_a_code_declared_missing_is_no_answer_whatever_it_is_called() -> None:
    found = frame_of(["1", "2", "98"], values={"1": "Yes", "2": "No"}, missing=("98",))
    assert [(one.code, one.missing) for one in found.options] == [
        *(("1", None), ("2", None), ("98", "not_distinguished"))
    ]


def test_codes_between_two_labelled_ends_are_answers() -> None:
    found = frame_of(["0", "3", "10"], values={"0": "Not at all", "10": "Completely"})
    assert [one.code for one in found.answers] == [str(code) for code in range(11)]


def test_many_numbers_with_one_labelled_missing_code_are_a_number() -> None:
    found = frame_of([str(n) for n in range(50)] + ["998"], values={"998": "skipped"})
    assert (found.kind, found.options) == ("number", (AnswerOption("998", "skipped", "skipped"),))


def test_respondents_own_words_never_become_answers() -> None:
    assert frame_of([f"My street floods, says {n}" for n in range(30)]).kind == "text"


def test_answers_in_words_stand_in_the_order_of_a_known_scale() -> None:
    found = frame_of(["Agree", "Strongly disagree", "Don't know", "Disagree", "Strongly agree"] * 10)
    assert [one.label for one in found.answers] == ["Strongly disagree", "Disagree", "Agree", "Strongly agree"]


def test_items_with_equal_answers_share_a_scale_named_for_them() -> None:
    made = with_scales([item("q1", "A", AGREE), item("q2", "B", AGREE), item("q3", "C", {"1": "Yes", "2": "No"})])
    assert [one.scale for one in made] == ["disagree5", "disagree5", "yes_no"] or made[0].scale == made[1].scale
    assert scale_name(made[2]) == "yes_no"


def test_a_headline_is_the_affirming_end_of_a_scale() -> None:
    assert suggested_headline(item("q", "A", AGREE), WORDS) == {"agree": ("4", "5")}
    turned = {"1": "Very likely", "2": "Fairly likely", "3": "Neither likely nor unlikely"}
    assert suggested_headline(item("q", "A", turned), WORDS) == {"likely": ("1", "2")}


def questions(*items: Item) -> list[Question]:
    return [Question(one.item.upper(), one) for one in items]


def test_the_same_wording_and_answers_are_one_item() -> None:
    bank = question_bank(
        [
            ("w01", questions(item("q1", "I trust my council.", AGREE))),
            ("w02", questions(item("q9", "I trust my council", AGREE))),
        ]
    )
    assert bank.columns == {"w01": {"q1": "Q1"}, "w02": {"q1": "Q9"}}
    assert bank.links == ()


def test_a_reversed_scale_is_told_and_never_merged() -> None:
    turned = dict(zip(AGREE, reversed(AGREE.values()), strict=True))
    bank = question_bank(
        [
            ("w01", questions(item("q1", "I trust my council.", AGREE))),
            ("w02", questions(item("q1", "I trust my council.", turned))),
        ]
    )
    assert bank.columns["w02"] == {"q1_2": "Q1"}
    assert bank.repeats[0].recode == {"1": "5", "2": "4", "3": "3", "4": "2", "5": "1"}
    assert bank.links[0].comparability == "not_comparable"


def test_a_changed_wording_is_a_new_item_with_a_break_suggested() -> None:
    bank = question_bank(
        [
            ("w01", questions(item("q1", "How safe do you feel in your street after dark?", AGREE))),
            ("w02", questions(item("q1", "How safe do you feel in your own street at night, after dark?", AGREE))),
        ]
    )
    assert [(one.item_from, one.item_to, one.comparability) for one in bank.links] == [
        ("q1", "q1_2", "comparable_with_break")
    ]


def test_the_same_name_with_another_question_is_another_item() -> None:
    bank = question_bank(
        [
            ("w01", questions(item("q1", "How safe do you feel?", AGREE))),
            ("w02", questions(item("q1", "Should the library open on Sundays?", AGREE))),
        ]
    )
    assert (list(bank.columns["w02"]), bank.links) == (["q1_2"], ())


def test_ids_meet_by_the_weakest_rule_that_joins_most() -> None:
    members = pl.DataFrame({"row_number": range(4), "no": ["1", "2", "3", "4"], "ward": ["a", "a", "b", "b"]})
    export = pl.DataFrame({"row_number": range(3), "seq": ["x", "y", "z"], "id": ["0001", "0004", "0009"]})
    found = match_ids(members, {"w.csv": export})
    assert found is not None
    assert (found.ignores, found.member_column, found.n_as_written) == (("leading_zeros",), "no", 0)
    assert (found.exports["w.csv"].column, found.exports["w.csv"].n_matched) == ("id", 2)


def test_no_rule_makes_two_members_one() -> None:
    members = pl.DataFrame({"row_number": range(3), "no": ["1", "01", "2"]})
    export = pl.DataFrame({"row_number": range(2), "id": ["001", "2"]})
    found = match_ids(members, {"w.csv": export})
    assert found is not None
    assert found.ignores == ()


def test_ids_that_differ_only_in_what_is_ignored_are_the_same() -> None:
    ids = pl.Series(["007", " a B1", "0", None])
    assert same_ids(ids, ("spaces", "case", "leading_zeros")).to_list() == ["7", "ab1", "0", None]
    assert same_ids(ids, ()).to_list() == ids.to_list()


def test_dates_and_numbers_are_read_in_the_layouts_of_two_countries() -> None:
    assert as_dates(pl.Series(["2024-03-01 00:00:00"])).to_list() == ["2024-03-01"]
    assert as_dates(pl.Series(["01/03/2024", "1.3.2024", "soon"])).to_list() == ["2024-03-01", "2024-03-01", None]
    assert as_numbers(pl.Series(["0,25", "0.5", "x"])).to_list() == ["0.25", "0.5", None]


def test_contact_details_leave_the_member_list() -> None:
    from datetime import date

    rows = {"row_number": [1, 2], "No": ["1", "2"], "Email": ["a@x", "b@x"], "DOB": ["01/02/1980", "3/4/1990"]}
    delivery = Delivery(pl.DataFrame({**rows, "Sex": ["F", "männlich"]}), "m.csv")
    listed = prepared(delivery, "No", WORDS, date(2025, 1, 1))
    assert listed.frame.to_dict(as_series=False) == {
        "panel_member_id": ["1", "2"],
        "birth_year": ["1980", "1990"],
        "sex": ["Female", "Male"],
    }
    assert listed.left_out == {"Email": "contact details"}


@pytest.mark.parametrize(
    ("text", "ages"),
    [("16-24", (16, 24)), ("65+", (65, None)), ("Aged 15 years and under", (None, 15)), ("65 and over", (65, None))],
)
def test_age_groups_are_read_from_their_names(text: str, ages: tuple[int | None, int | None]) -> None:
    assert age_limits(text) == ages


@pytest.mark.parametrize("text", ["no", "Yes", "1:30", "07", "a: b", "- x", "2024_1", "#", 'é\u2028\u0085"\\', ""])
def test_every_text_is_read_back_as_it_was_written(text: str) -> None:
    import yaml

    assert yaml.safe_load(f"key: {scalar(text)}\nlabel: {scalar(Label(text))}") == {"key": text, "label": text}


def test_a_missing_code_may_mean_something_else_on_another_scale(tmp_path) -> None:
    first = Item("a", "A", "category", "A", (AnswerOption("1", "x"), AnswerOption("9", "not asked", "not_asked")))
    other = Item("b", "B", "category", "B", (AnswerOption("1", "x"), AnswerOption("9", "Don't know", "dont_know")))
    text = items_text(with_scales([first, other]))
    assert "missing_kinds: {9: dont_know}" in text


def test_a_draft_puts_every_column_where_it_belongs(tmp_path) -> None:
    rows = [f"{n},2025-03-{1 + n % 20:02d} 10:00:00,192.0.2.1,{1 + n % 5},Words of {n}" for n in range(40)]
    path = tmp_path / "export.csv"
    path.write_text("\n".join(["RESP_ID,EndDate,IPAddress,Q1,Q2", *rows]) + "\n", encoding="utf-8")
    text = draft_definition(path, codebook=None, wave="w01", out=tmp_path / "s")
    assert "columns: {panel_member_id: RESP_ID, completed_at: EndDate}" in text
    assert "fieldwork: {start: 2025-03-01, end: 2025-03-20}" in text
    assert "ignored_columns: [IPAddress]" in text
    assert 'q2: {wording: "Q2", kind: text, published: false}' in text
    assert "Words of" not in text
    with pytest.raises(UsageError, match="there already"):
        draft_definition(path, codebook=None, wave="w01", out=tmp_path / "s")


def test_a_ticked_or_blank_column_of_a_set_is_not_published() -> None:
    from pipeline.wave_files.delivery import MultipleResponse

    frame = pl.DataFrame({"row_number": [1, 2], "id": ["1", "2"], "q1_a": ["1", None], "q1_b": [None, "1"]})
    said = tuple(Variable(name, f"Which? {name}", {"1": "Selected"}) for name in ("q1_a", "q1_b"))
    found = draft(
        Delivery(
            frame, "w.csv", variables=said, multiple_responses=(MultipleResponse("q1", "Which?", ("q1_a", "q1_b")),)
        ),
        WORDS,
    )
    assert [question.item.is_published for question in found.questions] == [False, False]


def test_a_margin_that_the_list_cannot_meet_leaves_its_categories_alone() -> None:
    from datetime import date

    rows = {"row_number": [1, 2], "No": ["1", "2"], "Age": ["30", "40"], "Tenure": ["Owns", "Rents"]}
    listed = prepared(Delivery(pl.DataFrame(rows), "m.csv"), "No", WORDS, date(2025, 1, 1))
    totals = "margin,category,persons\nage,16+,900\ntenure,Owned outright,500\ntenure,Rented,400\n"
    plan = with_totals(totals, listed, WORDS, 2025, "2025-01-01")
    assert plan.margins == ("age_group",)
    assert {domain.domain: domain.values for domain in plan.domains}["tenure"] == ("Owns", "Rents")
    assert next(one for one in plan.profile if one.name == "tenure").values == {}
