"""The newsletter: what it may say, what it must say, and what it keeps to itself."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest

from pipeline.errors import DefinitionError
from reports.newsletter import edition_of, render_newsletter
from tests.published_builder import FAMILY_ITEMS, SURVEY, WEIGHT, PublishedFile, published_file

MADE = datetime(2025, 5, 2, 2, 0, tzinfo=UTC)
DIRECTIONS = ("rose", "fell", "increase", "decrease", "higher", "lower", "▲", "▼", "grew", "dropped")


def newsletter(file: PublishedFile, wave: str = "w04", profile: str = "public", **options: object) -> dict[str, str]:
    edition = edition_of(file.read(), SURVEY, wave, disclosure_profile=profile, **options)  # type: ignore[arg-type]
    return render_newsletter(edition, title="Our panel", generated_at=MADE)


def page(file: PublishedFile, wave: str = "w04", profile: str = "public", **options: object) -> str:
    return newsletter(file, wave, profile, **options)["newsletter.html"]


def text(html: str) -> str:
    """Return what a reader sees: no style, no tags, single spaces."""
    without_style = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", without_style)).split())


def findings(html: str) -> list[str]:
    return [text(one) for one in re.findall(r"<article.*?</article>", html, flags=re.DOTALL)]


def test_the_four_declared_headlines_are_told_in_declared_order():
    file = published_file()
    for row in file.rows("families", item="health"):
        row["item_order"] = 0
    first_words = [one.split("%")[0] for one in findings(page(file))]
    assert [words.rsplit(" ", 1)[0] for words in first_words] == [
        "Health data for others",
        "Linking data",
        "Trust in the council",
        "Benefits against risks",
    ]


def test_an_item_outside_the_headline_family_is_not_told():
    assert "Something else" not in page(published_file())


def test_a_finding_has_figure_sentence_base_and_question_wording():
    told = findings(page(published_file()))[0]
    assert "61% of panel members, weighted to the population, answered “Support” or “Strongly support”" in told
    assert "likely between 58% and 64%" in told
    assert "About 1,840 people who answered (unweighted)" in told
    assert "Do you support or oppose linking?" in told


def test_a_change_since_the_last_wave_and_since_the_first_are_both_said():
    told = findings(page(published_file()))[0]
    assert "No clear change since wave 3" in told
    assert "Rose by 9 points since wave 1 (between 6 and 12 points)." in told


def test_a_fall_is_said_of_the_item_that_fell_only():
    told = findings(page(published_file()))
    assert "Fell by 7 points since wave 1" in told[1]
    assert [any(word in one.lower() for word in DIRECTIONS) for one in told] == [True, True, False, False]


@pytest.mark.parametrize("verdict", ["no clear change", "not tested"])
def test_no_direction_stands_anywhere_without_a_verdict(verdict):
    file = published_file()
    for row in file.tables["changes"]:
        row["verdict"] = verdict
    shown = text(page(file)).lower()
    assert [word for word in DIRECTIONS if word in shown] == []


def test_a_verdict_is_read_with_or_without_underscores():
    file = published_file()
    for row in file.tables["changes"]:
        row["verdict"] = row["verdict"].replace(" ", "_")
    assert page(file) == page(published_file())


def test_a_verdict_without_a_corrected_p_is_no_claim():
    file = published_file()
    for row in file.tables["changes"]:
        row["p_value_corrected"] = None
    assert "Not compared with wave 1." in page(file)
    assert not any(word in text(page(file)).lower() for word in DIRECTIONS)


def test_a_change_tested_in_another_family_is_no_claim():
    file = published_file()
    for row in file.tables["changes"]:
        row["family"] = "exploratory"
    assert "wave 1 (" not in page(file)
    assert not any(word in text(page(file)).lower() for word in DIRECTIONS)


def test_a_change_from_a_provisional_wave_is_no_claim():
    file = published_file()
    file.rows("waves", wave="w01")[0]["release_status"] = "provisional"
    assert "Not compared with wave 1." in findings(page(file))[0]


def test_a_provisional_page_is_marked_and_claims_no_change():
    html = page(published_file(is_last_provisional=True))
    assert "<title>PROVISIONAL: Our panel: wave 4 newsletter</title>" in html
    assert 'class="provisional"' in html
    assert "clear change" not in html
    assert not any(word in text(html).lower() for word in DIRECTIONS)


def test_a_final_page_is_not_marked_provisional():
    assert "provisional" not in text(page(published_file())).lower()


def test_a_wave_of_unknown_release_status_is_provisional():
    file = published_file()
    file.rows("waves", wave="w04")[0]["release_status"] = None
    assert "PROVISIONAL" in page(file)


def test_the_first_wave_says_nothing_of_change():
    html = page(published_file(waves=1), "w01")
    assert "since wave" not in html
    assert "clear change" not in html
    assert "This is the first wave" in html


def test_a_page_tells_nothing_of_later_waves():
    later = newsletter(published_file(waves=4), "w03")
    assert "Apr 2025" not in later["newsletter.html"]
    assert "61%" not in findings(later["newsletter.html"])[0]


def test_a_suppressed_figure_is_too_few_to_say_and_has_no_change():
    file = published_file()
    for row in file.rows("estimates", item="linking", wave="w04"):
        row["is_suppressed"] = True
    told = findings(page(file))[0]
    assert "too few to say" in told
    assert "61%" not in told
    assert "since wave" not in told


@pytest.mark.parametrize(
    ("base", "is_hidden", "is_flagged"), [(49, True, False), (50, False, True), (100, False, False)]
)
def test_small_bases_are_hidden_or_flagged_in_a_public_survey(base, is_hidden, is_flagged):
    file = published_file()
    for row in file.rows("estimates", item="linking", wave="w04"):
        row["unweighted_n"] = base
    told = findings(page(file))[0]
    assert ("61%" not in told) == is_hidden
    assert ("Fewer than 100 people answered" in told) == is_flagged


def test_a_public_page_gives_no_exact_count():
    assert "1,843" not in page(published_file())
    assert "1,843" in page(published_file(), profile="open")


def test_a_hidden_earlier_wave_is_no_ground_for_a_change():
    file = published_file()
    for row in file.rows("estimates", item="linking", wave="w01"):
        row["unweighted_n"] = 30
    assert "since wave 1" not in findings(page(file))[0]


def test_small_age_groups_are_hidden_in_who_left():
    file = published_file()
    for row in file.rows("retention", wave="w04", domain_value="16-24"):
        row |= {"n_first_wave": 40, "n_respondents": 8}
    row_16 = re.search(r'<th scope="row">16-24</th>(.*?)</tr>', page(file), re.DOTALL)
    assert row_16 is not None
    assert "49%" not in row_16[1]
    assert text(row_16[1]).count("too few to say") == 3  # who answered, and both shares


def test_who_left_is_told_by_age_group_with_a_chart():
    files = newsletter(published_file())
    html = files["newsletter.html"]
    assert "Of the 1,840 people who answered wave 1, 66% answered this wave." in html
    assert all(age in html for age in ("16-24", "25-34", "35-49", "50-64", "65+", "Everyone"))
    assert "charts/retention_by_age_group.svg" in files


def test_who_was_asked_is_told_when_response_rates_are_published():
    file = published_file()
    file.tables["response_rates"] = [
        {"survey": SURVEY, "wave": "w04", "domain": "all", "domain_value": "all", "n_invited": 2443,
         "n_respondents": 1843, "completion_rate": 0.754, "response_rate": 0.67, "cumulative_response_rate": 0.083}
    ]  # fmt: skip
    assert "Everyone invited to this wave" in page(file)


def test_how_it_was_done_names_population_margins_and_their_dates():
    shown = text(page(published_file()))
    assert "Residents aged 16 and over of Anytown, usual residents, 212,345 persons." in shown
    assert "Age group persons, residents aged 16 and over Census, table TS1 21 March 2021 none" in shown
    assert "households, all households" in shown
    assert "shares of another unit or universe, scaled to the population" in shown
    assert "1,840 of 2,440 members invited answered (75%)." in shown
    assert "Cumulative response rate, recruitment included: 8%." in shown
    assert "The ranges cover sampling error only, under the weighting assumptions stated here" in shown
    assert "Online questionnaire" in shown


def test_a_unit_that_is_the_universe_is_named_once():
    file = published_file()
    for row in file.rows("margins", margin="tenure"):
        row["universe"] = "households"
    assert "Tenure households Census" in text(page(file))


def test_only_margins_that_the_weight_was_fitted_to_are_named():
    file = published_file()
    file.tables["weighting_margins"] = [
        {"survey": SURVEY, "weight_id": WEIGHT, "wave": "w04", "margin": "age_group", "category": "16-24"}
    ]
    assert "all households" not in page(file)


@pytest.mark.parametrize(
    ("inference", "said"),
    [
        ("calibrated_legacy", "an indicative range is between"),
        ("not_representative", "describe the people who took part, and nobody else"),
    ],
)
def test_the_inference_label_is_put_in_words(inference, said):
    file = published_file()
    for row in file.tables["estimates"]:
        row["inference"] = inference
    assert said in page(file)
    assert "Response rate" not in page(file)  # volunteers and lost probabilities have a participation rate


def test_people_who_represent_nobody_else_claim_no_change():
    file = published_file()
    for row in file.tables["estimates"]:
        row["inference"] = "not_representative"
    assert not any(word in text(page(file)).lower() for word in DIRECTIONS)


def supplied(file: PublishedFile) -> PublishedFile:
    """Return the file of an adopted panel: its producer's weight, headlines suggested and none declared."""
    for row in file.tables["estimates"]:
        row["inference"] = "pseudo_weighted"
    file.tables["weight_ids"] = [{"survey": SURVEY, "weight_id": WEIGHT, "supplied": "weight", "use_when": None}]
    file.tables["families"] = [row | {"is_headline": False} for row in file.tables["families"]]
    for row in file.tables["changes"]:
        row |= {"family": None, "p_value_corrected": None, "verdict": "not tested"}
    return file


def test_under_a_producers_weight_no_population_and_no_volunteers_are_claimed():
    told = text(page(supplied(published_file())))
    assert "61% of panel members, weighted as the survey's producer did, answered “Support”" in told
    assert "1,840 members of the panel told us, weighted as the survey's producer did." in told
    assert "weighted to the population" not in told
    assert "volunteer" not in told
    assert "Speaks for" not in told
    assert "the survey's producer, who alone knows whom they make the members stand for" in told


def test_a_producers_weight_of_known_probabilities_stands_for_the_population():
    file = supplied(published_file())
    for row in file.tables["estimates"]:
        row["inference"] = "probability"
    assert "61% of panel members, weighted to the population, answered" in text(page(file))


def test_headlines_that_were_suggested_are_said_to_be_neither_declared_nor_tested():
    told = text(page(supplied(published_file())))
    assert "No headline was declared before fieldwork, so nothing is tested." in told
    assert "tested together with them" not in told
    assert "corrected for all the headline comparisons" not in told


def longitudinal(file: PublishedFile) -> PublishedFile:
    """Return the file with two longitudinal weights over all waves, changes tested under the first, within persons."""
    file.tables["weights"] = [
        row | {"weight_id": weight_id, "kind": "longitudinal", "wave_set": "w01+w02+w03+w04"}
        for row in file.tables["weights"]
        for weight_id in ("panel", "raked")
    ]
    file.tables["estimates"] = [
        row | {"weight_id": weight_id} for row in file.tables["estimates"] for weight_id in ("panel", "raked")
    ]
    file.tables["changes"] = [
        row | {"weight_id": "panel", "kind": "within_person"} for row in file.rows("changes", wave_from="w01")
    ]
    return file


def test_a_change_within_persons_is_said_of_those_who_answered_both_waves():
    told = findings(page(longitudinal(published_file())))[0]
    assert "Among people who answered both waves, it rose by 9 points since wave 1" in told


def test_the_weight_under_which_changes_are_tested_is_chosen():
    assert "Longitudinal weight “panel”" in page(longitudinal(published_file()))


def test_another_weight_can_be_asked_for_and_borrows_no_verdict():
    html = page(longitudinal(published_file()), weight_id="raked")
    assert "Longitudinal weight “raked”" in html
    assert not any(word in text(html).lower() for word in DIRECTIONS)


def test_a_change_of_too_few_people_is_not_said():
    file = longitudinal(published_file())
    for row in file.tables["changes"]:
        row["overlap_n"] = 49
    assert "since wave" not in page(file)


def test_a_fifth_headline_stands_in_the_table_with_its_verdict():
    file = published_file()
    file.tables["families"].append(
        {"survey": SURVEY, "family": "headlines", "item": "extra", "item_order": 9, "is_headline": True}
    )
    for row in file.rows("changes", item="extra"):
        row["family"] = "headlines"
    html = page(file)
    assert len(findings(html)) == 4
    assert "Something else: “Agree”" in html
    assert "Declared with the ones above before fieldwork, and tested together with them." in html
    file.tables["waves"][-1]["release_status"] = "provisional"
    assert "Declared with the ones above before fieldwork. Nothing is tested here." in page(file)


def test_without_published_families_the_items_tested_as_headlines_are_told():
    file = published_file()
    del file.tables["families"]
    assert len(findings(page(file))) == len(FAMILY_ITEMS)
    assert "Something else" not in page(file)


def test_a_file_without_population_weights_to_use_or_retention_still_makes_a_page():
    file = published_file()
    del file.tables["surveys"]
    for row in file.tables["retention"]:
        row["survey"] = "another"
    shown = text(page(file))
    assert "No figures on who stayed are published" in shown
    assert "Population residents aged 16 and over; all households" in shown.replace("Residents", "residents", 1)


def test_a_correction_says_what_was_corrected():
    file = published_file()
    file.rows("waves", wave="w04")[0]["release_status"] = "corrected"
    file.rows("releases", release_id="r1")[0]["notice"] = "Two rows were counted twice."
    assert "Two rows were counted twice." in page(file)


def test_words_from_definitions_cannot_break_out_of_the_page():
    file = published_file()
    file.rows("items", item="linking")[0]["wording"] = "<script>alert(1)</script>"
    file.rows("items", item="linking")[0]["label"] = 'A "label" & <b>more</b>'
    html = page(file)
    assert "<script" not in html
    assert "<b>more" not in html


def test_the_page_needs_no_network_and_no_script_and_is_small():
    html = page(published_file())
    assert len(html.encode()) < 100_000
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)=|@import|url\(", html)
    assert set(re.findall(r"https?://[^\"' ]+", html)) <= {"http://www.w3.org/2000/svg"}


def test_each_chart_is_also_a_file_of_its_own():
    files = newsletter(published_file())
    names = {
        "linking_support",
        "trust_trust",
        "risk_benefit",
        "health_acceptable",
        "retention_by_age_group",
        "retention_curves",
    }
    assert set(files) == {"newsletter.html", *(f"charts/{name}.svg" for name in names)}


def test_same_inputs_give_the_same_bytes():
    assert newsletter(published_file()) == newsletter(published_file())


def test_the_order_of_published_rows_does_not_matter():
    file = published_file()
    for rows in file.tables.values():
        rows.reverse()
    assert newsletter(file) == newsletter(published_file())


def test_a_wave_that_is_not_published_is_named():
    with pytest.raises(DefinitionError, match="panel w09: not in the published file, which has w01, w02, w03, w04"):
        page(published_file(), "w09")


def test_the_headline_family_declared_first_is_told_and_no_other():
    file = published_file()
    for row in file.tables["families"]:
        row["family_order"] = 2
    file.tables["families"] += [
        {"survey": SURVEY, "family": name, "item": "extra", "item_order": 1, "is_headline": True, "family_order": place}
        for name, place in (("a_later_one", 3), ("another", 4))
    ]
    assert "Something else" not in page(file)
    assert len(findings(page(file))) == 4


def test_groups_that_do_not_differ_are_told_in_one_line():
    file = published_file()
    tested = {"survey": SURVEY, "wave": "w04", "weight_id": WEIGHT, "family": "headlines", "item": "linking",
              "statistic": "headline", "category": "support", "lowest_group": "a", "lowest_estimate": 0.5,
              "highest_group": "b", "highest_estimate": 0.6, "p_value_corrected": 0.2, "is_suppressed": False,
              "verdict": "no clear difference between groups"}  # fmt: skip
    file.tables["group_tests"] = [tested | {"domain": domain} for domain in ("age_group", "sex")]
    file.tables["domains"] = [
        {"survey": SURVEY, "domain": domain, "domain_order": order, "label": label}
        for order, (domain, label) in enumerate((("age_group", "Age group"), ("sex", "Sex")))
    ]
    assert "No clear difference between groups (Age group, Sex)." in findings(page(file))[0]
