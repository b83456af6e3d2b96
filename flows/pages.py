"""Pages from the published file alone: each wave's newsletter and what lies beside it, and the trend explorer."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.arrivals import deliveries_in_use
from flows.releases import Release, latest_releases
from flows.run_context import Night, current, detailed_reader
from pipeline import run_log, warehouse
from pipeline.fingerprint import text_hash, theme_hash
from pipeline.settings import Workspace
from pipeline.theme import Theme, read_theme
from reports.attrition import render_attrition
from reports.codebook import render_codebook
from reports.explorer import render_explorer
from reports.language import language, language_folder
from reports.methods_sheet import render_methods
from reports.newsletter import edition_of, render_newsletter
from reports.newsletter_formats import render_editions
from reports.published import Read, ReadOnce
from reports.tables import render_tables
from reports.trend_report import render_trend_report

NEWSLETTER = "newsletter.html"
EXPLORER, CODEBOOK = (Path("public") / name / "index.html" for name in ("explorer", "codebook"))
OF_ALL = "explorer-and-codebook"  # the step that writes both
ATTRITION = "attrition"  # folder of the attrition pages, one for each survey


@task(task_run_name="explorer-and-codebook", cache_policy=NO_CACHE)
def write_pages_of_all() -> None:
    """Write the trend explorer and the codebook, once a wave is let out, unless they are there and tell the same."""
    night = current()
    inputs = text_hash(sorted((survey, _all_told(night, survey)) for survey in night.surveys))
    is_same = all(warehouse.step_inputs(night.connection, one, OF_ALL) == inputs for one in night.surveys)
    is_there = all((night.workspace.published / page).exists() for page in (EXPLORER, CODEBOOK))
    if is_same and is_there and not night.is_full:
        return
    write_explorer(night.workspace)
    write_codebook(night.workspace)
    for survey in night.surveys:
        warehouse.remember_step(night.connection, survey, OF_ALL, inputs)


def write_explorer(workspace: Workspace) -> Path | None:
    """Make the trend explorer from the published file and return where it is; None while no wave is let out."""
    return _write_page_of_all(workspace, EXPLORER, render_explorer)


def write_codebook(workspace: Workspace) -> Path | None:
    """Make the codebook page from the published file and return where it is; None while no wave is let out."""
    return _write_page_of_all(workspace, CODEBOOK, render_codebook)


def _write_page_of_all(workspace: Workspace, where: Path, render: Callable[[Read, Theme], str | None]) -> Path | None:
    with published_reader(workspace) as read:
        page = render(read, read_theme(workspace.root))
    if page is None:
        return None
    run_log.replace_text(workspace.published / where, page)
    return workspace.published / where


def write_wave_pages(survey: str, waves: Sequence[str]) -> None:
    """Write the newsletter of each wave, and what lies beside it, unless a release's is there and tells the same."""
    night = current()
    releases = latest_releases(night, survey)
    told, done = _Told(night, survey, releases), warehouse.steps_done(night.connection, survey)
    out = warehouse.read(night.connection, "select wave from marts.waves where survey = ? and is_public", [survey])
    for wave in waves:
        step, inputs = f"pages-{wave}", told.until(wave)
        page = wave_folder(night.workspace, survey, wave, is_out=wave in set(out["wave"])) / NEWSLETTER
        if wave not in releases or night.is_full or done.get(step) != inputs or not page.exists():
            write_page(survey, wave)
            warehouse.remember_step(night.connection, survey, step, inputs)


@task(task_run_name="newsletter-{survey}-{wave}", cache_policy=NO_CACHE)
def write_page(survey: str, wave: str) -> None:
    """Write a wave's newsletter and what lies beside it."""
    write_newsletter(current().workspace, survey, wave)


class _Told:
    """What pages of a survey's waves tell, read once: words, definitions, releases and deliveries."""

    def __init__(self, night: Night, survey: str, releases: dict[str, Release]) -> None:
        self.night, self.survey, self.releases = night, night.surveys[survey], releases
        self.used = deliveries_in_use(night, survey)

    def until(self, wave: str) -> str:
        """Return a hash of all that the pages of a wave tell: of it and of the waves before."""
        survey = self.survey
        until = {one.wave for one in survey.waves if one.wave_number <= survey.wave(wave).wave_number}
        words = (survey.title, survey.methods_note, survey.research_questions, survey.statement)
        plans = (survey.weights, survey.changes, survey.transitions, survey.trends, survey.conditioning)
        others = (survey.families, survey.item_links, survey.retention, survey.replicates)
        said = [one.without_other_newsletters(wave) for one in survey.translations.values()]
        editors = (survey.newsletters.get(wave), survey.languages, said)
        return text_hash(
            self.night.code_version,
            self.night.declared(survey.survey).behind(until, words, plans, others, editors),
            self.night.workspace.confidence,
            theme_hash(self.night.workspace),
            [self.releases.get(one) for one in sorted(until)],
            sorted((source, self.used[source]) for source in (until | survey.known_from) & set(self.used)),
        )


def _all_told(night: Night, survey: str) -> str:
    """Return a hash of all that the pages of a survey tell, whichever its wave; "" while it has none."""
    waves = night.surveys[survey].waves
    if not waves:
        return ""
    return _Told(night, survey, latest_releases(night, survey)).until(waves[-1].wave)


def wave_folder(workspace: Workspace, survey: str, wave: str, *, is_out: bool) -> Path:
    """Return where a wave's files lie: with the public ones when it is let out, with the drafts before."""
    return (workspace.published / "public" if is_out else workspace.drafts) / survey / wave


def write_newsletter(workspace: Workspace, survey: str, wave: str) -> Path:
    """Make a wave's newsletter, methods and, of a release, all formats and tables; return where the page is.

    They are made from the published file, and tests between groups from members in full; drafts stay in var/drafts.

    Raises:
        DefinitionError: no such survey or wave is published.
    """
    with published_reader(workspace) as read:
        facts = read(
            "select surveys.title, surveys.languages, surveys.disclosure_profile, "
            "coalesce(waves.is_public, false) as is_out, releases.release_id is not null as is_released, "
            "coalesce(releases.released_at, current_timestamp::timestamp) as made_at "
            "from surveys left join waves on waves.survey = surveys.survey and waves.wave = ? "
            "left join releases on releases.release_id = waves.release_id where surveys.survey = ?",
            [wave, survey],
        ).row(0, named=True)
        with detailed_reader(workspace) as members:
            files = _wave_files((read, members), survey, wave, facts, workspace)
    folder = wave_folder(workspace, survey, wave, is_out=facts["is_out"])
    for name, content in files.items():
        run_log.replace_bytes(folder / name, content)
    if facts["is_out"]:
        shutil.rmtree(wave_folder(workspace, survey, wave, is_out=False), ignore_errors=True)
    return folder / NEWSLETTER


def _wave_files(
    reads: tuple[Read, Read], survey: str, wave: str, facts: dict[str, Any], workspace: Workspace
) -> dict[str, bytes]:
    read, members = reads
    about = {"title": facts["title"], "generated_at": facts["made_at"]}
    options = {
        "disclosure_profile": facts["disclosure_profile"],
        "confidence": workspace.confidence,
        "theme": read_theme(workspace.root),
    }
    files: dict[str, bytes] = {}
    languages = facts["languages"].split(",")
    for code in languages:
        edition = edition_of(read, survey, wave, language=language(code), **options)
        pages = render_newsletter(edition, **about) | render_methods(edition)
        told = {name: text.encode() for name, text in pages.items()}
        if facts["is_released"]:
            told |= render_editions(edition, **about)
        files |= {f"{language_folder(languages, code)}{name}": content for name, content in told.items()}
    return files | (render_tables(read, survey, wave, members) if facts["is_released"] else {})


@task(task_run_name="attrition-pages", cache_policy=NO_CACHE)
def write_attrition_pages() -> None:
    """Write the attrition page of every survey whose members, answers or definitions changed."""
    night = current()
    for survey in night.surveys:
        inputs = warehouse.step_inputs(night.connection, survey, "retention")
        inputs = inputs and text_hash(inputs, theme_hash(night.workspace))
        path = attrition_page(night.workspace, survey)
        is_known = path.exists() and warehouse.step_inputs(night.connection, survey, "attrition-page") == inputs
        if inputs is None or (is_known and not night.is_full):
            continue
        if write_attrition(night.workspace, survey) is not None:
            warehouse.remember_step(night.connection, survey, "attrition-page", inputs)


def attrition_page(workspace: Workspace, survey: str) -> Path:
    """Return where a survey's attrition page is."""
    return workspace.published / ATTRITION / f"{survey}.html"


def write_attrition(workspace: Workspace, survey: str) -> Path | None:
    """Make a survey's attrition page from the published file and return where it is; None while there is none."""
    with published_reader(workspace) as read:
        page = render_attrition(read, survey, confidence=workspace.confidence, theme=read_theme(workspace.root))
    if page is None:
        return None
    run_log.replace_text(attrition_page(workspace, survey), page)
    return attrition_page(workspace, survey)


@task(task_run_name="trend-reports", cache_policy=NO_CACHE)
def write_trend_reports() -> None:
    """Write the technical trend report of every survey of which a release, a delivery or a definition changed."""
    night = current()
    for survey, definition in night.surveys.items():
        if not definition.waves:
            continue
        inputs = _all_told(night, survey)
        path = trend_report(night.workspace, survey)
        is_same = warehouse.step_inputs(night.connection, survey, "trend-report") == inputs
        if night.is_full or not (is_same and path.exists()):
            write_trend_report(night.workspace, survey)
            warehouse.remember_step(night.connection, survey, "trend-report", inputs)


def trend_report(workspace: Workspace, survey: str) -> Path:
    """Return where a survey's technical trend report is; its PDF lies beside it."""
    return workspace.published / "public" / survey / "trend-report.html"


def write_trend_report(workspace: Workspace, survey: str) -> Path | None:
    """Make a survey's technical trend report and return where it is; None while no wave of it is let out."""
    with published_reader(workspace) as read:
        files = render_trend_report(read, survey, confidence=workspace.confidence, theme=read_theme(workspace.root))
    path = trend_report(workspace, survey)
    for name, content in files.items():
        run_log.replace_bytes(path.parent / name, content)
    return path if files else None


@contextmanager
def published_reader(workspace: Workspace) -> Iterator[Read]:
    """Open the published file for a report: SQL and its parameters in, rows out.

    All pages of a night read through one, that of `reading_published`.
    """
    try:
        shared = current().published
    except LookupError:
        shared = None
    if shared is not None:
        yield shared
        return
    with warehouse.connect_published(workspace.published_file) as connection:

        def read(sql: str, parameters: list[object]) -> pl.DataFrame:
            return warehouse.read(connection, sql, parameters)

        yield ReadOnce(read)


@contextmanager
def reading_published() -> Iterator[None]:
    """Let all pages that are made in a `with` block of a night read the published file through one reader."""
    night = current()
    with published_reader(night.workspace) as night.published:
        yield
    night.published = None
