"""A survey's core tables as aligned arrays: one row for each member, in the order of their ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import ALL, Domain, Survey
from pipeline.estimation.estimates import DomainMask, ItemValues

UNKNOWN = -1  # code of a member whose category is not known
TOLD = ("is_removed", "is_passed_over", "is_undeliverable")  # by dispositions


@dataclass(frozen=True)
class Categories:
    """One variable's categories, and each member's code among them; UNKNOWN where it is not known."""

    values: tuple[str, ...]
    codes: NDArray[np.int64]  # (n_members,)


@runtime_checkable
class AnswersByItem(Protocol):
    """Answers that can be read item by item, over all waves."""

    def of_item(self, item: str) -> pl.DataFrame:
        """Return wave, panel_member_id and code of one item."""
        ...


@dataclass(frozen=True)
class PanelArrays:
    """What is known of all members of a survey, as arrays over the same members."""

    members: tuple[str, ...]  # panel_member_id, in order
    stratum: NDArray[np.int64]  # (n_members,)
    psu: NDArray[np.int64]  # (n_members,)
    cohort: NDArray[np.str_]  # (n_members,)
    domains: dict[str, Categories]
    numbers: dict[str, NDArray[np.float64]]  # roster column: (n_members,), nan when blank
    is_respondent: dict[str, NDArray[np.bool_]]  # wave: (n_members,)
    is_eligible: dict[str, NDArray[np.bool_]]
    is_invited: dict[str, NDArray[np.bool_]]
    is_listed: dict[str, NDArray[np.bool_]]  # wave: in the panel when it was fielded
    wave_numbers: dict[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)  # wave and name
    is_removed: dict[str, NDArray[np.bool_]] = field(default_factory=dict)  # wave: no respondents for how they answered
    is_passed_over: dict[str, NDArray[np.bool_]] = field(default_factory=dict)  # wave: in the panel, not invited to it
    is_undeliverable: dict[str, NDArray[np.bool_]] = field(default_factory=dict)  # wave: every invitation came back
    # wave and covariate: (n_members,) days from the invitation to the answer, share of the items asked without one
    measures: dict[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)
    answers: Mapping[str, pl.DataFrame] = field(default_factory=dict)  # wave: panel_member_id, item, code, number
    # wave: (n_members,) how the respondents were interviewed, "" elsewhere
    # wave and domain: (n_members,) codes of a domain that is of the member's age at the wave
    wave_domains: dict[tuple[str, str], NDArray[np.int64]] = field(default_factory=dict)
    interview_mode: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    other_means: NDArray[np.bool_] | None = None  # (n_members,) recruited by other means than a random sample
    shown: NDArray[np.int64] | None = None  # (n_members,) whose profile is shown alike; None: it is shown in full

    def modes(self, wave: str) -> NDArray[np.object_]:
        """Return how the respondents of a wave were interviewed, (n_members,); "" elsewhere, and where not known."""
        return self.interview_mode.get(wave, np.full(len(self.members), "", dtype=object))

    @property
    def is_other(self) -> NDArray[np.bool_]:
        """Return who was recruited by other means than a random sample, (n_members,)."""
        return np.zeros(len(self.members), np.bool_) if self.other_means is None else self.other_means

    def removed(self, *waves: str) -> NDArray[np.bool_]:
        """Return who was removed from any of the waves, (n_members,)."""
        masks = [self.is_removed[wave] for wave in waves if wave in self.is_removed]
        return np.logical_or.reduce(masks) if masks else np.zeros(len(self.members), np.bool_)

    def passed_over(self, *waves: str) -> NDArray[np.bool_]:
        """Return who was in the panel and not invited to one of the waves or more, (n_members,): no nonrespondents."""
        masks = [self.is_passed_over[wave] for wave in waves if wave in self.is_passed_over]
        return np.logical_or.reduce(masks) if masks else np.zeros(len(self.members), np.bool_)

    def as_if_nobody_removed(self) -> "PanelArrays":
        """Return the same members, those removed as the respondents they would have been."""
        answered = {wave: mask | self.removed(wave) for wave, mask in self.is_respondent.items()}
        return replace(self, is_respondent=answered, is_removed={})

    def codes_at(self, wave: str, domain: str) -> NDArray[np.int64]:
        """Return everybody's code in a domain at a wave, (n_members,): one for all waves, but of ages at the wave."""
        return self.wave_domains.get((wave, domain), self.domains[domain].codes)

    def number(self, column: str) -> NDArray[np.float64]:
        """Return a number of the member list, (n_members,); all nan where the column held none."""
        return self.numbers.get(column, np.full(len(self.members), np.nan))

    def wave_number(self, wave: str, name: str) -> NDArray[np.float64]:
        """Return a number of a wave's delivery, (n_members,); all nan where it held none."""
        return self.wave_numbers.get((wave, name), np.full(len(self.members), np.nan))

    @cached_property
    def earlier_answers(self) -> dict[tuple[str, str], NDArray[np.int64]]:
        """Return the places of answers that weights have asked for so far, by item and wave."""
        return {}

    @cached_property
    def row_of_member(self) -> pl.DataFrame:
        """Return panel_member_id and its row, for joins."""
        return pl.DataFrame(
            {"panel_member_id": list(self.members), "row": np.arange(len(self.members), dtype=np.int64)}
        )


def panel_arrays(
    survey: Survey,
    design: pl.DataFrame,
    member_domains: pl.DataFrame,
    roster_numbers: pl.DataFrame,
    participation: pl.DataFrame,
    wave_numbers: pl.DataFrame | None = None,
    answers: Mapping[str, pl.DataFrame] | None = None,
    interviews: pl.DataFrame | None = None,
    shown: pl.DataFrame | None = None,
    measures: pl.DataFrame | None = None,
) -> PanelArrays:
    """Return the arrays of one survey from its core tables.

    Args:
        design: panel_member_id, stratum, psu, cohort, is_probability_member; one row per member.
        member_domains: panel_member_id, domain, domain_value.
        roster_numbers: panel_member_id, column_name, value.
        participation: panel_member_id, wave, is_invited, is_eligible, is_respondent, disposition.
        wave_numbers: panel_member_id, wave, name, value.
        answers: of every wave panel_member_id, item, code, number.
        interviews: panel_member_id, wave, mode; one row per respondent and wave.
        measures: panel_member_id, wave, name, value: how respondents took part.
        shown: panel_member_id and combination, the profile that members' rows show; None or no rows: all of it.
    """
    design = design.sort("panel_member_id")
    members = tuple(design["panel_member_id"])
    rows = pl.DataFrame({"panel_member_id": list(members), "row": np.arange(len(members), dtype=np.int64)})
    located = participation.join(rows, on="panel_member_id")
    located = located.with_columns(
        is_removed=pl.col("disposition") == "removed_quality",
        is_passed_over=pl.col("disposition") == "not_invited",
        is_undeliverable=pl.col("disposition") == "undeliverable",
    )
    people = {
        name: _flags(located, name, len(members))
        for name in (*("is_respondent", "is_eligible", "is_invited"), *TOLD, "")
    }
    return PanelArrays(
        members=members,
        stratum=_codes(design["stratum"]),
        psu=_codes(design["psu"]),  # nested in strata by the design itself
        cohort=design["cohort"].fill_null("").to_numpy().astype(np.str_),
        domains=_domains(survey.domains, member_domains.join(rows, on="panel_member_id"), len(members)),
        numbers=_numbers(roster_numbers.join(rows, on="panel_member_id"), len(members)),
        is_respondent=people["is_respondent"],
        is_eligible=people["is_eligible"],
        is_invited=people["is_invited"],
        is_listed=people[""],
        wave_numbers={}
        if wave_numbers is None
        else _wave_numbers(wave_numbers.join(rows, on="panel_member_id"), len(members)),
        measures={} if measures is None else _wave_numbers(measures.join(rows, on="panel_member_id"), len(members)),
        is_removed=people["is_removed"],
        is_passed_over=people["is_passed_over"],
        is_undeliverable=people["is_undeliverable"],
        answers={} if answers is None else answers,
        other_means=~design["is_probability_member"].to_numpy() if "is_probability_member" in design.columns else None,
        interview_mode={} if interviews is None else _modes(interviews.join(rows, on="panel_member_id"), len(members)),
        shown=None if shown is None or shown.is_empty() else _shown(rows.join(shown, on="panel_member_id", how="left")),
    )


def item_values(
    survey: Survey, answers: pl.DataFrame, arrays: PanelArrays, rows: NDArray[np.int64]
) -> list[ItemValues]:
    """Return the answers of one wave as arrays over the chosen rows, for every published item that was asked.

    Args:
        answers: panel_member_id, item, code (null when missing), number.
        rows: (n,) rows of `arrays`, the members of a design.
    """
    place = np.full(len(arrays.members), UNKNOWN, np.int64)
    place[rows] = np.arange(rows.size)
    located = answers.join(arrays.row_of_member, on="panel_member_id")
    found = []
    for (name,), part in located.partition_by("item", as_dict=True, maintain_order=True).items():
        item = survey.items.get(str(name))
        if item is None or not item.is_published or item.kind == "text":
            continue
        at = place[part["row"].to_numpy()]
        held = at != UNKNOWN
        if item.kind == "number":
            number = np.full(rows.size, np.nan)
            number[at[held]] = part["number"].cast(pl.Float64).fill_null(np.nan).to_numpy()[held]
            found.append(ItemValues(item.item, number=number, categories=(), headlines={}))
            continue
        options = {option.code: code for code, option in enumerate(item.answers)}
        code = part["code"].replace_strict(options, default=UNKNOWN, return_dtype=pl.Int64).to_numpy()
        codes = np.full(rows.size, UNKNOWN, np.int64)
        codes[at[held]] = code[held]
        found.append(
            ItemValues(
                item.item,
                codes=codes,
                categories=tuple(option.label for option in item.answers),
                headlines={name: tuple(options[one] for one in wanted) for name, wanted in item.headline.items()},
            )
        )
    order = {name: number for number, name in enumerate(survey.items)}
    return sorted(found, key=lambda values: order[values.item])


def domain_masks(survey: Survey, arrays: PanelArrays, rows: NDArray[np.int64]) -> list[DomainMask]:
    """Return everyone, and each value of each published domain, as masks over the chosen rows."""
    masks = [DomainMask(ALL, ALL, np.ones(rows.size, np.bool_))]
    for domain in survey.domains:
        if domain.is_published:
            categories = arrays.domains[domain.domain]
            codes = categories.codes[rows]
            masks += [DomainMask(domain.domain, value, codes == code) for code, value in enumerate(categories.values)]
    return masks


def _codes(labels: pl.Series) -> NDArray[np.int64]:
    return (labels.fill_null("").rank("dense").cast(pl.Int64) - 1).to_numpy()


def _shown(members: pl.DataFrame) -> NDArray[np.int64]:
    return _codes(members.sort("row")["combination"])


def _domains(domains: tuple[Domain, ...], found: pl.DataFrame, n: int) -> dict[str, Categories]:
    arrays = {}
    for domain in domains:
        part = found.filter(pl.col("domain") == domain.domain)
        codes = np.full(n, UNKNOWN, np.int64)
        place = {value: code for code, value in enumerate(domain.values)}
        codes[part["row"].to_numpy()] = (
            part["domain_value"].replace_strict(place, default=UNKNOWN, return_dtype=pl.Int64).to_numpy()
        )
        arrays[domain.domain] = Categories(domain.values, codes)
    return arrays


def _numbers(found: pl.DataFrame, n: int) -> dict[str, NDArray[np.float64]]:
    arrays = {}
    for (column,), part in found.partition_by("column_name", as_dict=True).items():
        values = np.full(n, np.nan)
        values[part["row"].to_numpy()] = part["value"].to_numpy()
        arrays[str(column)] = values
    return arrays


def _wave_numbers(found: pl.DataFrame, n: int) -> dict[tuple[str, str], NDArray[np.float64]]:
    arrays = {}
    for (wave, name), part in found.partition_by("wave", "name", as_dict=True).items():
        values = np.full(n, np.nan)
        values[part["row"].to_numpy()] = part["value"].to_numpy()
        arrays[str(wave), str(name)] = values
    return arrays


def _modes(interviews: pl.DataFrame, n: int) -> dict[str, NDArray[np.object_]]:
    arrays = {}
    for (wave,), part in interviews.partition_by("wave", as_dict=True).items():
        modes = np.full(n, "", dtype=object)
        modes[part["row"].to_numpy()] = part["mode"].fill_null("").to_list()
        arrays[str(wave)] = modes
    return arrays


def _flags(participation: pl.DataFrame, name: str, n: int) -> dict[str, NDArray[np.bool_]]:
    """Return for each wave who has the flag; with no name, who has a row at all."""
    arrays = {}
    for (wave,), part in participation.partition_by("wave", as_dict=True).items():
        flags = np.zeros(n, np.bool_)
        flags[part["row"].to_numpy()] = part[name].fill_null(False).to_numpy() if name else True
        arrays[str(wave)] = flags
    return arrays
