"""The technical trend report of a survey: every item by group and wave, weighting, quality and what was corrected.

HTML and PDF tell the same document: sections of paragraphs and tables. It is made from the published file alone, with
the disclosure rules of the explorer, of released waves only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from pipeline import disclosure
from pipeline.theme import PLAIN, Theme
from reports import charts, published, words
from reports.codebook import Figures, figures_of, shown_figure
from reports.edition import Edition, chosen_weight
from reports.explorer_data import explorer_data
from reports.explorer_texts import told
from reports.foreign_text import has_foreign, plain
from reports.language import Language, language_folder
from reports.language import language as language_of
from reports.methods_sheet import steps_by_wave
from reports.page_templates import dressed, printed, template
from reports.pictures import Table
from reports.published import Read, columns_of
from reports.report_sections import Section, Trend
from reports.survey_texts import survey_texts
from reports.trend_attrition import attrition_sections
from reports.trend_headlines import headline_trends

PAGE = "trend-report.html"
PAPER = "#ffffff"
PRINTED_WAVES = 12  # columns that can be read beside each other on A4


def render_trend_report(read: Read, survey: str, *, confidence: float, theme: Theme = PLAIN) -> dict[str, bytes]:
    """Return trend-report.html and .pdf by relative path, in each language; nothing while no wave is let out.

    Args:
        read: answers SQL with the rows of the published file.
        confidence: the level at which the published intervals were made.
    """
    found = next((one for one in explorer_data(read) if one["id"] == survey), None)
    if found is None:
        return {}
    last = found["waves"][-1]["id"]
    released = read(
        "select released_at from releases inner join waves using (release_id) "
        "where waves.survey = ? and waves.wave = ?",
        [survey, last],
    ).item(0, 0)
    files: dict[str, bytes] = {}
    for code in (codes := published.survey_languages(read, survey)):
        edition = _edition(read, found, confidence, language_of(code), theme)
        page = _page(edition, told(read, found, edition.language))
        folder = language_folder(codes, code)
        files[f"{folder}{PAGE}"] = template("trend_report.html", theme).render(page).encode()
        on_paper = page | _printed(edition, page, len(found["waves"]))
        files[f"{folder}trend-report.pdf"] = printed("trend_report.typ", on_paper, released, theme)
    return files


def _printed(edition: Edition, page: dict[str, Any], n_waves: int) -> dict[str, Any]:
    """Return what the PDF tells otherwise: tables of the latest waves, as many as there is room for on paper."""
    *others, weighting, quality, corrections = page["sections"]
    weighting = replace(weighting, tables=weighting.tables[-PRINTED_WAVES:])
    css = dressed("charts.css", edition.theme)
    sections = [*(_on_paper(one, css) for one in (*others, weighting, quality)), corrections]
    left_out = (
        edition.language.say("trend_report.latest", n=PRINTED_WAVES, of=n_waves) if n_waves > PRINTED_WAVES else ""
    )
    return {"lines": [*page["lines"], left_out], "sections": [asdict(section) for section in sections]}


def _on_paper(section: Section, css: str) -> Section:
    tables = [
        Table(table.caption, _latest(table.headings), tuple(_latest(row) for row in table.rows))
        for table in section.tables
    ]
    return replace(section, tables=tuple(tables), trends=tuple(_trend_on_paper(one, css) for one in section.trends))


def _trend_on_paper(trend: Trend, css: str) -> Trend:
    picture = trend.picture
    chart = charts.for_print(picture.chart, css, ground=PAPER)
    described = plain(f"{picture.title}. {picture.description}")
    return replace(trend, picture=replace(picture, chart=chart, description=described))


def _latest(cells: Sequence[str]) -> tuple[str, ...]:
    return (cells[0], *cells[1:][-PRINTED_WAVES:])


def _page(edition: Edition, survey: dict[str, Any]) -> dict[str, Any]:
    """Return what HTML and PDF tell."""
    language, own = edition.language, edition.language.table("trend_report")
    sections = [
        *_items(edition, survey),
        *attrition_sections(edition, survey),
        _weighting(edition, survey),
        _quality(edition, survey),
        _corrections(edition),
    ]
    last = language.say("words.wave_in_sentence", number=edition.facts["wave_number"])
    told = {
        "title": own["title"].format(title=survey["title"], wave=last),
        "lines": [survey["population"], survey["inference"], survey["small_groups"], own["about"]],
        "sections": sections,
    }
    return {
        "language": language.code,
        "plain_title": plain(told["title"]),
        "words": own,
        "told_in": edition.texts.told_in(PAGE),
        "review": edition.texts.notices(has_others=has_foreign(told)),
        **told,
    }


def _edition(read: Read, found: dict[str, Any], confidence: float, language: Language, theme: Theme) -> Edition:
    survey, waves = found["id"], tuple(wave["id"] for wave in found["waves"])
    facts = published.survey_facts(read, survey)
    family, items = published.headline_family(read, survey)
    weight_id = chosen_weight(read, survey, waves[-1], family)
    profile = disclosure.disclosure_profile(str(facts["disclosure_profile"]))
    texts = survey_texts(read, survey, language)
    about = (weight_id, profile, confidence, family, tuple(items), texts, theme)
    return Edition(read, survey, waves[-1], *about, told_waves=waves)


def _items(edition: Edition, survey: dict[str, Any]) -> list[Section]:
    """Return each topic, and under it every item: all answers of everyone, then headlines and means by group."""
    own = edition.language.table("trend_report")
    sections: list[Section] = []
    for item in survey["items"]:
        topic = item["topic"] or own["other"]
        if topic not in {section.title for section in sections if section.level == 2}:
            sections.append(Section(topic, 2))
        asked = sorted({point[2] for one in item["series"] for point in one["points"]})
        headings = tuple(survey["waves"][wave]["label"] for wave in asked)
        series = item["series"]
        told = [(one, figures_of(one, everyone_alone=True)) for one in series]
        everyone = [(one["label"], *_figures(edition, one, figures, (0, 0), asked)) for one, figures in told]
        by_group = [one for one in series if not one["key"].startswith("share:")] or series
        grouped = [(one, figures_of(one)) for one in by_group]
        trends = tuple(headline_trends(edition, survey, item))
        tables = [one.picture.table for one in trends]
        tables.append(Table(own["everyone"], (own["answer"], *headings), tuple(everyone)))
        for place, domain in enumerate(survey["domains"]):
            if len(domain["groups"]) < 2:
                continue
            rows = [
                (
                    f"{group}: {one['label']}" if len(grouped) > 1 else group,
                    *_figures(edition, one, figures, (place, number), asked),
                )
                for one, figures in grouped
                for number, group in enumerate(domain["groups"])
            ]
            caption = domain["label"] if len(grouped) > 1 else f"{domain['label']}: {grouped[0][0]['label']}"
            tables.append(Table(caption, (domain["label"], *headings), tuple(rows)))
        sections.append(Section(item["label"], 3, (item["wording"],), tuple(tables), trends))
    return sections


def _figures(
    edition: Edition, series: Mapping[str, Any], figures: Figures, group: tuple[int, int], asked: Sequence[int]
) -> list[str]:
    return [shown_figure(series, figures.get((*group, wave)), edition.language) for wave in asked]


def _weighting(edition: Edition, survey: dict[str, Any]) -> Section:
    """Return the steps from base weight to final weight, of every released wave."""
    names, tables = ("step", "members", "factors", "design_effect", "note"), []
    headings = tuple(edition.language.text(f"methods.{name}") for name in names)
    steps = steps_by_wave(edition, [wave["id"] for wave in survey["waves"]])
    for wave in survey["waves"]:
        if wave["id"] in steps:
            rows = [tuple(step[name] for name in names) for step in steps[wave["id"]]]
            tables.append(Table(wave["label"], headings, tuple(rows)))
    return Section(edition.language.text("trend_report.weighting"), 2, (edition.weight_id,), tuple(tables))


def _quality(edition: Edition, survey: dict[str, Any]) -> Section:
    """Return each measure of quality by released wave, as a share; too few to tell are not told."""
    own, names, waves = edition.language.table("trend_report"), edition.language.table("measures"), survey["waves"]
    if not columns_of(edition.read, "quality_by_wave"):
        return Section(own["quality"], 2)
    rows = edition.read("select * from quality_by_wave where survey = ? order by measure", [edition.survey])
    shares = {
        (row["measure"], row["wave"]): _share(edition, row["n_found"], row["n_of"])
        for row in rows.iter_rows(named=True)
    }
    table = Table(
        own["quality_caption"],
        (own["measure"], *(wave["label"] for wave in waves)),
        tuple(
            (names[measure], *(shares.get((measure, wave["id"]), "–") for wave in waves))
            for measure in rows["measure"].unique(maintain_order=True).to_list()
        ),
    )
    return Section(own["quality"], 2, (), (table,))


def _share(edition: Edition, found: int, of: int) -> str:
    if edition.shown_count(found) is None and edition.profile.count_below:
        return edition.language.say("methods.fewer", n=edition.profile.count_below)
    return words.short_percent(edition.language, found / of) if of else "–"


def _corrections(edition: Edition) -> Section:
    """Return every release with its notice, and the figures that corrected ones moved."""
    language, own = edition.language, edition.language.table("trend_report")
    releases = edition.read(
        "select release_id, release_status, released_at, notice from releases "
        "where survey = ? and is_public order by released_at, release_id",
        [edition.survey],
    )
    log = Table(
        own["releases"],
        (own["release"], own["status"], own["day"], own["notice"]),
        tuple(
            (
                row["release_id"],
                language.text(f"status.{row['release_status']}"),
                words.day(language, row["released_at"].date()),
                edition.texts.untranslated(row["notice"] or "–"),
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
        language.say_number("trend_report.moved", n, release=release, points=language.decimal((largest or 0) * 100, 1))
        for release, n, largest in moved.iter_rows()
    ]
    return Section(own["corrections"], 2, tuple(lines) or (own["none_moved"],), (log,))
