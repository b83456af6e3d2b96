"""Weight the panel: every declared weight whose waves have answers, stored with its log."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import current
from pipeline import known_profile, warehouse
from pipeline.definitions import Survey
from pipeline.panel.ages import bands_at_waves, member_ages
from pipeline.panel.arrays import PanelArrays, panel_arrays
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import PanelWeight, weigh, weight_rows
from pipeline.weighting_steps import ITEM_NONRESPONSE, MEASURE, SPEED

_MEASURES = """
select panel_member_id, wave, $speed as name,
    date_diff('day', coalesce(cast(invited_at as date), fieldwork_start), cast(completed_at as date)) as value
from core.participation inner join core.waves using (survey, wave)
where survey = $survey and is_respondent and value is not null
union all
select panel_member_id, wave, $item_nonresponse, value
from analysis.response_measures
where survey = $survey and measure = 'item_nonresponse'
"""
ITEMS_IN_MEMORY = 8  # those that tell who would answer
WAVES_IN_MEMORY = 4  # a wave, the one before and the first; a night works on one later wave after the other


@task(task_run_name="gather-{survey}", cache_policy=NO_CACHE)
def gather(survey: str) -> PanelData:
    """Return a survey's members and answers as arrays, read once for the night."""
    night = current()
    definition = night.surveys[survey]

    def rows(sql: str) -> pl.DataFrame:
        return warehouse.read(night.connection, sql, [survey])

    participation = rows(
        "select panel_member_id, wave, is_invited, is_eligible, is_respondent, disposition "
        "from core.participation where survey = ?"
    )
    answers = StoredAnswers(survey, tuple(participation["wave"].unique(maintain_order=True)))
    arrays = panel_arrays(
        definition,
        design=rows(
            "select design.panel_member_id, stratum, psu, cohort, is_probability_member from core.design as design "
            "inner join core.members using (survey, panel_member_id) where survey = ?"
        ),
        member_domains=rows("select panel_member_id, domain, domain_value from core.member_domains where survey = ?"),
        roster_numbers=rows("select panel_member_id, column_name, value from core.roster_numbers where survey = ?"),
        wave_numbers=rows("select panel_member_id, wave, name, value from core.wave_weights where survey = ?"),
        participation=participation,
        answers=answers,
        shown=rows(
            "select panel_member_id, string_agg(domain || ' ' || domain_value, chr(10) order by domain) as combination "
            "from analysis.shown_profile where survey = ? group by panel_member_id"
        )
        if definition.k_anonymity
        else None,
        interviews=rows(
            "select panel_member_id, wave, max(coalesce(wave_row.mode, declared.mode)) as mode "
            "from core.participation inner join staging.wave_rows as wave_row using (survey, wave, panel_member_id) "
            "inner join core.waves as declared using (survey, wave) "
            "where survey = ? and is_respondent group by panel_member_id, wave"
        ),
        measures=_measures(definition),
    )
    return PanelData(definition, _with_ages(definition, arrays), answers)


def _with_ages(survey: Survey, arrays: PanelArrays) -> PanelArrays:
    """Return the arrays with the bands of age that members are in at each wave, where a weight asks for them."""
    if not any(one.is_at_wave for one in survey.domains):
        return arrays
    assert survey.retention is not None
    key = {"survey": survey.survey, "age": survey.retention.age}
    told = warehouse.read(current().connection, known_profile.MEMBERS_SQL, key)
    known = arrays.row_of_member.join(told, on="panel_member_id", how="left").sort("row")
    starts = {one.wave: np.datetime64(one.fieldwork_start, "D") for one in survey.waves}
    ages = member_ages(survey, known, starts, (arrays.stratum, arrays.psu))
    fixed = {name: domain.codes for name, domain in arrays.domains.items()}
    return replace(arrays, wave_domains=bands_at_waves(survey, ages, fixed))


def _measures(survey: Survey) -> pl.DataFrame | None:
    """Return how respondents took part, where a weight asks for it."""
    steps = [recipe.nonresponse for recipe in survey.weights if recipe.nonresponse]
    if not any(one.kind == MEASURE for step in steps for one in step.covariates):
        return None
    names = {"survey": survey.survey, "speed": SPEED, "item_nonresponse": ITEM_NONRESPONSE}
    return warehouse.read(current().connection, _MEASURES, names)


class StoredAnswers(Mapping[str, pl.DataFrame]):
    """The answers of each delivered wave, read when they are first needed; only the last few waves stay in memory."""

    def __init__(self, survey: str, waves: tuple[str, ...]) -> None:
        """Know the waves; read nothing yet."""
        self.survey, self.waves = survey, waves
        self._read = lru_cache(maxsize=WAVES_IN_MEMORY)(self._read_wave)
        self._read_one = lru_cache(maxsize=ITEMS_IN_MEMORY)(self._read_item)

    def __getitem__(self, wave: str) -> pl.DataFrame:
        """Return panel_member_id, item, code (null when missing), number and missing_kind of one wave."""
        if wave not in self.waves:
            raise KeyError(wave)
        return self._read(wave)

    def __contains__(self, wave: object) -> bool:
        """Return whether a wave is delivered, without reading it."""
        return wave in self.waves

    def of_item(self, item: str) -> pl.DataFrame:
        """Return wave, panel_member_id and code of one item at every delivered wave."""
        return self._read_one(item)

    def __iter__(self) -> Iterator[str]:
        """Return the delivered waves."""
        return iter(self.waves)

    def __len__(self) -> int:
        """Return the number of delivered waves."""
        return len(self.waves)

    def _read_item(self, item: str) -> pl.DataFrame:
        return warehouse.read(
            current().connection,
            "select wave, panel_member_id, code from core.answers where survey = ? and item = ? "
            "and missing_kind is null and code is not null",
            [self.survey, item],
        )

    def _read_wave(self, wave: str) -> pl.DataFrame:
        answers = warehouse.answers_of(current().connection, self.survey, wave)
        return warehouse.read(
            current().connection,
            "select panel_member_id, item, if(missing_kind is null, code, null) as code, number, missing_kind "
            f"from ({answers})",
        )


@task(task_run_name="weight-{survey}-{wave}-{weight_id}", cache_policy=NO_CACHE)
def weight_wave(survey: str, wave: str, weight_id: str, waves: tuple[str, ...], data: PanelData) -> PanelWeight:
    """Make one weight and replace its rows in the warehouse."""
    night = current()
    weight = weigh(data.survey, data.survey.weight(weight_id), waves, data.arrays)
    key = {"survey": survey, "weight_id": weight_id}
    with warehouse.transaction(night.connection):
        for each in waves:
            warehouse.delete_rows(night.connection, "analysis.weights", **key, wave=each)
        warehouse.insert_rows(night.connection, "analysis.weights", weight_rows(data.survey, weight, data.arrays))
        for table, frame in (
            ("analysis.weighting_log", weight.weighted.log.with_row_index("step_order", offset=1)),
            ("analysis.weighting_margins", weight.weighted.margins),
        ):
            warehouse.delete_rows(night.connection, table, **key, wave=wave)
            if frame is not None:
                keyed = frame.with_columns(**{name: pl.lit(value) for name, value in (key | {"wave": wave}).items()})
                warehouse.insert_rows(night.connection, table, keyed)
    return weight
