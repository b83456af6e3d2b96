"""The technical trend report of a survey: every item by group and wave, weighting, quality and what was corrected.

HTML and PDF tell the same document: sections of paragraphs and tables. It is made from the published file alone, with
the disclosure rules of the explorer, of released waves only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline import disclosure
from pipeline.theme import PLAIN, Theme
from reports import published, words
from reports.codebook import figure_of, shown_figure
from reports.edition import Edition, chosen_weight
from reports.explorer_data import explorer_data
from reports.language import ENGLISH
from reports.methods_sheet import weighting_steps
from reports.page_templates import printed, template
from reports.pictures import Table
from reports.published import Read, columns_of

WORDS: Mapping[str, Any] = ENGLISH.table("trend_report")


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; `level` 3 for an item within a topic."""

    title: str
    level: int
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


def render_trend_report(read: Read, survey: str, *, confidence: float, theme: Theme = PLAIN) -> dict[str, bytes]:
    """Return trend-report.html and trend-report.pdf; nothing while no wave is let out.

    Args:
        read: answers SQL with the rows of the published file.
        confidence: the level at which the published intervals were made.
    """
    found = next((one for one in explorer_data(read) if one["id"] == survey), None)
    if found is None:
        return {}
    last = found["waves"][-1]
    released = read(
        "select released_at from releases inner join waves using (release_id) "
        "where waves.survey = ? and waves.wave = ?",
        [survey, last["id"]],
    ).item(0, 0)
    edition = _edition(read, survey, last["id"], confidence)
    sections = [*_items(found), _weighting(edition, found), _quality(edition, found), _corrections(edition)]
    page = {
        "words": WORDS,
        "title": WORDS["title"].format(title=found["title"], wave=last["label"].lower()),
        "lines": [found["population"], found["inference"], found["small_groups"], WORDS["about"]],
        "sections": [asdict(section) for section in sections],
    }
    return {
        "trend-report.html": template("trend_report.html", theme).render(page).encode(),
        "trend-report.pdf": printed("trend_report.typ", page, released, theme),
    }


def _edition(read: Read, survey: str, wave: str, confidence: float) -> Edition:
    facts = published.survey_facts(read, survey)
    family, items = published.headline_family(read, survey)
    weight_id = chosen_weight(read, survey, wave, family)
    profile = disclosure.disclosure_profile(str(facts["disclosure_profile"]))
    return Edition(read, survey, wave, weight_id, profile, confidence, family, tuple(items))


def _items(survey: dict[str, Any]) -> list[Section]:
    """Return each topic, and under it every item: all answers of everyone, then headlines and means by group."""
    sections: list[Section] = []
    for item in survey["items"]:
        if not sections or item["topic"] not in {section.title for section in sections if section.level == 2}:
            sections.append(Section(item["topic"] or WORDS["other"], 2))
        asked = sorted({point[2] for series in item["series"] for point in series["points"]})
        headings = tuple(survey["waves"][wave]["label"] for wave in asked)
        everyone = [(one["label"], *_figures(one, 0, 0, asked)) for one in item["series"]]
        grouped = [one for one in item["series"] if not one["key"].startswith("share:")] or item["series"]
        tables = [Table(WORDS["everyone"], (WORDS["answer"], *headings), tuple(everyone))]
        for place, domain in enumerate(survey["domains"]):
            if len(domain["values"]) < 2:
                continue
            rows = [
                (f"{value}: {series['label']}" if len(grouped) > 1 else value, *_figures(series, place, number, asked))
                for series in grouped
                for number, value in enumerate(domain["values"])
            ]
            caption = domain["label"] if len(grouped) > 1 else f"{domain['label']}: {grouped[0]['label']}"
            tables.append(Table(caption, (domain["label"], *headings), tuple(rows)))
        sections.append(Section(item["label"], 3, (item["wording"],), tuple(tables)))
    return sections


def _figures(series: Mapping[str, Any], domain: int, value: int, asked: Sequence[int]) -> list[str]:
    return [shown_figure(series, figure_of(series, wave, domain, value)) for wave in asked]


def _weighting(edition: Edition, survey: dict[str, Any]) -> Section:
    """Return the steps from base weight to final weight, of every released wave."""
    tables = []
    for wave in survey["waves"]:
        of_wave = Edition(
            edition.read, edition.survey, wave["id"], edition.weight_id, edition.profile, edition.confidence,
            edition.family, edition.family_items,
        )  # fmt: skip
        rows = [
            (step["step"], step["members"], step["factors"], step["design_effect"], step["note"])
            for step in weighting_steps(of_wave)
        ]
        if rows:
            headings = tuple(
                ENGLISH.text(f"methods.{name}") for name in ("step", "members", "factors", "design_effect", "note")
            )
            tables.append(Table(wave["label"], headings, tuple(rows)))
    return Section(WORDS["weighting"], 2, (edition.weight_id,), tuple(tables))


def _quality(edition: Edition, survey: dict[str, Any]) -> Section:
    """Return each measure of quality by released wave, as a share; too few to tell are not told."""
    if not columns_of(edition.read, "quality_by_wave"):
        return Section(WORDS["quality"], 2)
    rows = edition.read("select * from quality_by_wave where survey = ? order by measure", [edition.survey])
    shares = {
        (row["measure"], row["wave"]): _share(edition, row["n_found"], row["n_of"])
        for row in rows.iter_rows(named=True)
    }
    measures = rows["measure"].unique(maintain_order=True).to_list()
    waves = survey["waves"]
    table = Table(
        WORDS["quality_caption"],
        (WORDS["measure"], *(wave["label"] for wave in waves)),
        tuple(
            (words.capital(measure.replace("_", " ")), *(shares.get((measure, wave["id"]), "–") for wave in waves))
            for measure in measures
        ),
    )
    return Section(WORDS["quality"], 2, (), (table,))


def _share(edition: Edition, found: int, of: int) -> str:
    if edition.shown_count(found) is None and edition.profile.count_below:
        return ENGLISH.say("methods.fewer", n=edition.profile.count_below)
    return words.short_percent(ENGLISH, found / of) if of else "–"


def _corrections(edition: Edition) -> Section:
    """Return every release with its notice, and the figures that corrected ones moved."""
    releases = edition.read(
        "select release_id, release_status, released_at, notice from releases "
        "where survey = ? and is_public order by released_at, release_id",
        [edition.survey],
    )
    log = Table(
        WORDS["releases"],
        (WORDS["release"], WORDS["status"], WORDS["day"], WORDS["notice"]),
        tuple(
            (
                row["release_id"],
                row["release_status"],
                words.day(ENGLISH, row["released_at"].date()),
                row["notice"] or "–",
            )
            for row in releases.iter_rows(named=True)
        ),
    )
    moved = edition.read(
        "select release_id, count(*)::bigint as n, max(abs(estimate_after - estimate_before)) as largest "
        "from revisions inner join releases using (release_id) where releases.survey = ? and is_public "
        "group by release_id order by release_id",
        [edition.survey],
    )
    lines = [
        WORDS["moved"].format(release=release, n=n, points=f"{(largest or 0) * 100:.1f}")
        for release, n, largest in moved.iter_rows()
    ]
    return Section(WORDS["corrections"], 2, tuple(lines) or (WORDS["none_moved"],), (log,))
