"""What a corrected release changed, in one sentence: how many figures moved, and by how much at most."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.translations import GROUP, LABEL
from reports import words
from reports.explorer_texts import FigureLabels
from reports.language import Language
from reports.published import Read, columns_of
from reports.survey_texts import SurveyTexts

_SMALLEST = 0.0005  # of a share: less is no tenth of a point
_RELEASES = """
select
    release.survey, release.wave, release.release_id, release.released_at, release.notice,
    count(revision.release_id)::bigint as n_moved,
    count(*) filter (where revision.estimate_before is distinct from revision.estimate_after)::bigint as n_estimates
from releases as release
left join revisions as revision using (release_id)
where release.release_status = 'corrected'
group by all
order by release.survey, release.released_at, release.release_id
"""
_LARGEST = """
select
    revision.survey, revision.release_id, revision.item, item.label, revision.statistic, revision.category,
    revision.domain, revision.domain_value,
    revision.estimate_before, revision.estimate_after
from revisions as revision
inner join items as item
    on revision.survey = item.survey and revision.item = item.item
inner join estimates as estimate
    on revision.survey = estimate.survey and revision.wave = estimate.wave
    and revision.weight_id = estimate.weight_id and revision.item = estimate.item
    and revision.statistic = estimate.statistic and revision.category is not distinct from estimate.category
    and revision.domain = estimate.domain and revision.domain_value = estimate.domain_value
    and not coalesce(estimate.is_suppressed, false)
where revision.statistic in ('share', 'headline')
    and revision.estimate_before is not null
    and revision.estimate_after is not null
qualify row_number() over (
    partition by revision.release_id
    order by
        (revision.domain = 'all') desc, abs(revision.estimate_after - revision.estimate_before) desc,
        revision.item, revision.category, revision.domain_value, revision.weight_id
) = 1
"""


@dataclass(frozen=True)
class Correction:
    """A corrected release: why it was made, and what moved."""

    survey: str
    wave: str
    release_id: str
    released_at: datetime
    notice: str
    moved: str  # a sentence
    language: Language

    @property
    def line(self) -> str:
        """Return the correction in one line: the wave, when, and what moved."""
        day = words.day(self.language, self.released_at.date())
        return self.language.say("corrections.line", wave=self.wave, day=day, moved=self.moved)


def corrections(read: Read, language: Language, texts: SurveyTexts | None = None) -> list[Correction]:
    """Return every corrected release, each survey's oldest first; none where the file does not publish revisions.

    Figures too few to show (is_suppressed) are counted and never named.

    Args:
        texts: of the survey that is told in a further language; None: figures have the names of the definitions.
    """
    if not columns_of(read, "revisions"):
        return []
    largest = {row["release_id"]: row for row in read(_LARGEST, []).to_dicts()}
    if texts is not None and texts.language.code != texts.main:
        largest = {release: _translated(read, texts, row) for release, row in largest.items()}
    return [
        Correction(
            survey=row["survey"],
            wave=row["wave"],
            release_id=row["release_id"],
            released_at=row["released_at"],
            notice=row["notice"] or "",
            moved=moved_words(language, row["n_moved"], row["n_estimates"], largest.get(row["release_id"])),
            language=language,
        )
        for row in read(_RELEASES, []).to_dicts()
    ]


def _translated(read: Read, texts: SurveyTexts, row: dict[str, Any]) -> dict[str, Any]:
    figures, category = FigureLabels(read, row["survey"], texts), row["category"]
    return row | {
        "label": texts.text(row["label"], LABEL, row["item"]),
        "category": figures.headline(category)
        if row["statistic"] == "headline"
        else figures.answer(row["item"], category),
        "domain_value": texts.text(row["domain_value"], GROUP, row["domain"], row["domain_value"]),
    }


def moved_words(language: Language, n_moved: int, n_estimates: int, largest: dict[str, Any] | None) -> str:
    """Return how many figures moved and which one most, as one sentence.

    Args:
        n_moved: figures that differ, in the estimate or its standard error.
        n_estimates: those that differ in the estimate.
        largest: label, category, domain, domain_value, estimate_before, estimate_after of the share that moved most.
    """
    if not n_moved:
        return language.text("corrections.nothing")
    if not n_estimates:
        return language.say("corrections.errors", n=words.count(language, n_moved))
    figures = language.say_number("corrections.n_figures", n_moved)
    if largest is None:
        return language.say("corrections.figures", figures=figures)
    before, after = largest["estimate_before"], largest["estimate_after"]
    is_everyone = largest["domain"] == "all"
    size = f"{100 * abs(after - before):.1f}"
    is_small = abs(after - before) < _SMALLEST
    whom = language.say("corrections.group", group=largest["domain_value"])
    return language.say(
        "corrections.largest",
        figures=figures,
        whom=language.text("corrections.everyone") if is_everyone else whom,
        points=language.text("corrections.hardly") if is_small else language.say("corrections.points", points=size),
        label=largest["label"],
        category=largest["category"],
        before=f"{100 * before:.1f}%",
        after=f"{100 * after:.1f}%",
    )
