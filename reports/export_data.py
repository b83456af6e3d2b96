"""The published answers of a survey as one table with codes, labels, weights: what an export writes."""

import re
from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.errors import DefinitionError
from pipeline.exchange.dataset import CATEGORY, DATE, NUMBER, TEXT, WEIGHT, ExportedData, ExportedVariable
from reports.published import Read, columns_of, survey_facts, waves_until

KEYS = ("wave", "panel_member_id")
KINDS_OF_MISSING = {  # code where the questionnaire has none of its own
    "dont_know": -8,
    "refused": -9,
    "not_asked": -7,
    "skipped": -6,
    "not_distinguished": -5,
}
WORDS = {
    "dont_know": "Don't know",
    "refused": "Refused",
    "not_asked": "Not asked",
    "skipped": "Skipped",
    "not_distinguished": "Missing, kind not told apart",
}
REPLICATES = "replicate_weights"
FIRST_REPLICATE = "_r1"  # what the name of a weight's first replicate ends in
_WHOLE = re.compile(r"-?[0-9]{1,9}")


def export_data(read: Read, survey: str, wave: str | None, *, with_replicates: bool = False) -> ExportedData:
    """Return the respondents of one wave, or of all waves one below the other.

    Raises:
        DefinitionError: the survey or the wave is not published, or has no respondents.
    """
    waves = _waves(read, survey, wave)
    rows, variables = _keys(read, survey, waves)
    for more, described in (
        _profile(read, survey, rows),
        _answers(read, survey, rows),
        _weights(read, survey, rows, with_replicates=with_replicates),
    ):
        rows = rows.join(more, on=KEYS, how="left", maintain_order="left")
        variables += described
    facts = survey_facts(read, survey)
    return ExportedData(
        name=survey if wave is None else f"{survey}_{wave}",
        title=str(facts.get("title") or survey) + ("" if wave is None else f", {wave}"),
        universe=str(facts.get("population_universe") or ""),
        rows=rows.select(one.name for one in variables),
        variables=tuple(variables),
        notes=tuple(_notes(read, survey, waves, facts)),
        coefficients=_coefficients(read, survey, rows.columns),
    )


def _waves(read: Read, survey: str, wave: str | None) -> list[str]:
    published = read("select wave from waves where survey = ? order by wave_number", [survey])["wave"].to_list()
    if not published:
        known = ", ".join(read("select distinct survey from waves order by survey", [])["survey"].to_list())
        raise DefinitionError(f"{survey}: not in the published file, which has {known or 'no surveys'}.")
    return published if wave is None else [waves_until(read, survey, wave)["wave"].to_list()[-1]]


def _keys(read: Read, survey: str, waves: list[str]) -> tuple[pl.DataFrame, list[ExportedVariable]]:
    sql = """
        select participation.wave, participation.panel_member_id, participation.completed_at::date as completed_on
        from participation
        inner join waves on waves.survey = participation.survey and waves.wave = participation.wave
        where participation.survey = ? and participation.is_respondent and list_contains(?, participation.wave)
        order by waves.wave_number, participation.panel_member_id
    """
    rows = read(sql, [survey, waves])
    if rows.height == 0:
        raise DefinitionError(f"{survey} {', '.join(waves)}: nobody has answered yet, so there is nothing to export.")
    return rows, [
        ExportedVariable("wave", "Wave of the survey", TEXT),
        ExportedVariable("panel_member_id", "Pseudonym of the panel member", TEXT),
        ExportedVariable("completed_on", "Day the interview was completed", DATE),
    ]


Columns = tuple[pl.DataFrame, list[ExportedVariable]]


def _profile(read: Read, survey: str, rows: pl.DataFrame) -> Columns:
    """Return what is known of each member, in the groups that are published."""
    sql = "select panel_member_id, domain, domain_value from member_profile where survey = ? order by all"
    known = read(sql, [survey])
    keys, variables = rows.select(KEYS), []
    for domain in known["domain"].unique(maintain_order=True):
        values = known.filter(pl.col("domain") == domain).select("panel_member_id", value="domain_value")
        labels = dict(enumerate(values["value"].drop_nulls().unique().sort(), start=1))
        coded = values.select(
            "panel_member_id",
            pl.col("value")
            .replace_strict({label: code for code, label in labels.items()}, return_dtype=pl.Int64)
            .alias(domain),
        )
        keys = keys.join(coded, on="panel_member_id", how="left", maintain_order="left")
        variables.append(ExportedVariable(domain, domain.replace("_", " ").capitalize(), CATEGORY, labels=labels))
    return keys, variables


def _answers(read: Read, survey: str, rows: pl.DataFrame) -> Columns:
    """Return one column for each published item; an item that was not in a wave's questionnaire is empty there."""
    items = read("select * from items where survey = ? and is_published order by item_order", [survey])
    options = read("select * from answer_options where survey = ? order by item, option_order", [survey])
    answers = read(
        "select wave, panel_member_id, item, code, missing_kind, number from answers where survey = ?", [survey]
    ).join(rows.select(KEYS), on=KEYS, how="semi")
    of_item = answers.partition_by("item", as_dict=True)
    keys, variables = rows.select(KEYS), []
    for item in items.iter_rows(named=True):
        given = of_item.get((item["item"],))
        if given is None:
            continue
        frame = _ItemCodes(item["kind"], options.filter(pl.col("item") == item["item"]), given)
        keys = keys.join(frame.column(given, item["item"]), on=KEYS, how="left", maintain_order="left")
        variables.append(
            ExportedVariable(
                item["item"],
                str(item["label"] or item["item"]),
                NUMBER if item["kind"] == NUMBER else CATEGORY,
                str(item["wording"] or ""),
                frame.labels,
                frame.missing,
            )
        )
    return keys, variables


class _ItemCodes:
    """The codes of an item as whole numbers: its own where they are such, else numbered in the scale's order."""

    def __init__(self, kind: str, options: pl.DataFrame, given: pl.DataFrame) -> None:
        self.kind = kind
        own = [str(code) for code in options["code"]]
        self.code_of = {code: int(code) for code in own if _WHOLE.fullmatch(code)}
        if len(set(self.code_of.values())) < len(own):
            self.code_of = {code: number for number, code in enumerate(own, start=1)}
        labels = dict(zip((self.code_of[code] for code in own), options["label"], strict=True))
        kinds = dict(zip(labels, options["missing_kind"], strict=True))
        self.labels = {code: label for code, label in labels.items() if kinds[code] is None}
        self.missing = {code: label for code, label in labels.items() if kinds[code] is not None}
        self.code_of_kind: dict[str, int] = {}
        for found in given["missing_kind"].drop_nulls().unique().sort():
            self.code_of_kind[found] = self._code_for(found, kinds)

    def _code_for(self, kind: str, kinds: Mapping[int, str | None]) -> int:
        """Return the code of a kind of missing: the questionnaire's, else one that nothing else has."""
        for code, known in kinds.items():
            if known == kind:
                return code
        code = KINDS_OF_MISSING[kind]
        while code in self.labels or code in self.missing:
            code -= len(KINDS_OF_MISSING)
        self.missing[code] = WORDS[kind]
        return code

    def column(self, given: pl.DataFrame, name: str) -> pl.DataFrame:
        """Return the item's column with its keys: codes Int64, or numbers Float64 with codes for what is missing."""
        dtype = pl.Float64 if self.kind == NUMBER else pl.Int64
        coded = pl.col("code").replace_strict(self.code_of, default=None, return_dtype=dtype)
        kind = pl.col("missing_kind").replace_strict(self.code_of_kind, default=None, return_dtype=dtype)
        answer = pl.col("number") if self.kind == NUMBER else coded
        value = pl.when(pl.col("missing_kind").is_null()).then(answer).otherwise(pl.coalesce(coded, kind))
        return given.select(*KEYS, value.cast(dtype).alias(name))


def _weights(read: Read, survey: str, rows: pl.DataFrame, *, with_replicates: bool) -> Columns:
    """Return one column for each weight that covers a respondent's wave, and its replicates when asked for."""
    sql = "select wave, panel_member_id, weight_id, weight from weights where survey = ? order by weight_id"
    weights = read(sql, [survey]).join(rows.select(KEYS), on=KEYS, how="semi")
    when = dict(read("select weight_id, use_when from weight_ids where survey = ?", [survey]).iter_rows())
    keys, variables = rows.select(KEYS), []
    for weight_id in weights["weight_id"].unique(maintain_order=True):
        name = f"weight_{weight_id}"
        column = weights.filter(pl.col("weight_id") == weight_id).select(*KEYS, pl.col("weight").alias(name))
        keys = keys.join(column, on=KEYS, how="left", maintain_order="left")
        variables.append(ExportedVariable(name, str(when.get(weight_id) or f"Weight {weight_id}"), WEIGHT))
        if with_replicates:
            replicates, described = _replicates(read, survey, weight_id, name)
            keys = keys.join(replicates, on=KEYS, how="left", maintain_order="left")
            variables += described
    return keys, variables


def _replicates(read: Read, survey: str, weight_id: str, name: str) -> Columns:
    if not columns_of(read, REPLICATES):
        raise DefinitionError(
            "--replicates: the published file has no table replicate_weights. Run panel nightly --full."
        )
    sql = f"""
        select wave, panel_member_id, replicate_weights as all_of_them
        from {REPLICATES} where survey = ? and weight_id = ?
    """
    arrays = read(sql, [survey, weight_id])
    n = len(arrays.item(0, "all_of_them")) if arrays.height else 0
    names = [f"{name}_r{number}" for number in range(1, n + 1)]
    columns = [pl.col("all_of_them").list.get(place).alias(one) for place, one in enumerate(names)]
    labels = [f"Replicate {number} of {name}" for number in range(1, n + 1)]
    return arrays.select(*KEYS, *columns), [
        ExportedVariable(one, label, WEIGHT) for one, label in zip(names, labels, strict=True)
    ]


def _coefficients(read: Read, survey: str, columns: list[str]) -> dict[str, tuple[float, ...]]:
    """Return what each squared deviation counts, for the weights whose replicates are among the columns."""
    if not any(name.endswith(FIRST_REPLICATE) for name in columns):
        return {}
    sql = """
        select distinct 'weight_' || weights.weight_id as name, replicate_sets.coefficients
        from weights
        inner join replicate_sets on replicate_sets.replicate_set = weights.replicate_set
        where weights.survey = ?
    """
    found = dict(read(sql, [survey]).iter_rows())
    return {name: tuple(found[name]) for name in sorted(found) if f"{name}{FIRST_REPLICATE}" in columns}


def _notes(read: Read, survey: str, waves: list[str], facts: Mapping[str, object]) -> Iterator[str]:
    """Yield what a user of the file must know: how it was made, and which waves can still change."""
    if facts.get("methods_note"):
        yield str(facts["methods_note"])
    status = dict(read("select wave, release_status from waves where survey = ?", [survey]).iter_rows())
    provisional = [wave for wave in waves if status.get(wave) == "provisional"]
    if provisional:
        yield f"Still in the field, figures can change: {', '.join(provisional)}."
    releases = read(
        "select wave, release_id from waves where survey = ? and release_id is not null order by wave_number", [survey]
    )
    of_waves = [release for wave, release in releases.iter_rows() if wave in waves]
    if of_waves:
        yield f"Releases: {', '.join(of_waves)}."
