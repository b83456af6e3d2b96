"""The attrition page: what it says, what it hides, that it needs nothing and is the same every time."""

import re

from reports.attrition import render_attrition
from tests.attrition_builder import SURVEY, reader, tables


def page(**options: object) -> str:
    made = render_attrition(reader(tables(**options)), SURVEY)  # type: ignore[arg-type]
    assert made is not None
    return made


def test_it_draws_curves_hazards_profile_and_indicator_each_with_words_and_figures() -> None:
    made = page()
    pictures = re.findall(r'<svg[^>]*aria-labelledby="([^"]+)"', made)
    assert [name.split("-title")[0] for name in pictures] == [
        *("curve-0", "curve-1", "hazard-0", "hazard-1"),
        *("age-profile", "r-indicator"),
    ]
    assert made.count("<desc") == 6
    assert made.count("The figures behind these pictures") == 4
    assert "After wave 2: 77%, between 72% and 82%." in made  # 0.88 squared; 1 - 1.25 and 0.8 times what is gone
    assert "young: 57% of the panel, 50% of the population." in made
    assert "Wave 3: 0.80 (0.75 to 0.85)." in made


def test_the_same_rows_give_the_same_page_that_asks_nobody_for_anything() -> None:
    made = page()
    assert made == page()
    assert "://" not in made.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "<script" not in made
    assert "Our &lt;panel&gt;" in made


def test_alerts_come_first_or_there_are_none() -> None:
    assert re.search(r"What to look at</h2>\s*<ul class=\"reasons\"><li class=\"warn\">young: leave</li></ul>", page())
    assert "No group leaves or answers otherwise" in page(alerts=())


def test_causes_compete_and_the_latest_wave_is_too_early() -> None:
    made = page()
    assert "Left the panel" in made
    assert "Died" in made
    assert "In any way" in made
    assert "Since w03" in made


def test_groups_too_small_to_show_are_hidden_in_a_public_survey_and_not_in_an_open_one() -> None:
    hidden, shown = page(n=40), page(n=40, profile="open")
    assert "After wave 2" not in hidden
    assert "too few to show" in hidden
    assert "After wave 2: 77%" in shown


def test_who_answers_too_little_is_named_as_whom_to_chase() -> None:
    made = page()
    assert re.search(r"age group: young</th>\s*<td class=\"number\">−0.100</td>.*?answers less: chase", made, re.S)
    assert re.search(r"age group: old</th>.*?answers more", made, re.S)


def test_first_answers_of_respondents_stand_beside_those_of_everyone_asked() -> None:
    made = page()
    cells = r"</th>\s*" + r"\s*".join(
        f'<td class="number">{cell}</td>' for cell in ("56%", "50%", r"\+6", r"\+3 to \+9", "answer more than others")
    )
    assert re.search("Trust: for it" + cells, made)
    assert re.search(r"Support: for it</th>.{0,250}?−5 to \+1</td>\s*<td class=\"number\">–</td>", made, re.S)
    assert "Rare" not in made
    assert "answer less than others" not in made


def test_a_survey_that_nobody_can_have_left_yet_has_no_page() -> None:
    empty = tables()
    empty["refresh_outlook"][0]["survey"] = empty["refresh_outlook"][1]["survey"] = "another"
    assert render_attrition(reader(empty), SURVEY) is None
    assert render_attrition(reader(empty), "unknown") is None
