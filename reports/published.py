"""What the reports need from the published file, as a handful of questions to it; nothing is computed here."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import polars as pl

from pipeline.errors import DefinitionError

Read = Callable[[str, list[object]], pl.DataFrame]  # (SQL with ? marks, its parameters) → rows
INDICATIVE = ("calibrated_legacy", "pseudo_weighted", "model")  # labels of inference without known probabilities
SUPPLIED = "supplied"  # told in the place of one of them where the weight is its producer's
Made = TypeVar("Made")
HEADLINE_FAMILY = "headlines"  # its name where the file does not say which family is the headline one


class ReadOnce:
    """A reader with a memory: the file does not change while its pages are made, in however many languages."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._answers: dict[tuple[str, str], pl.DataFrame] = {}
        self._made: dict[Callable[[Read], Any], Any] = {}

    def __call__(self, sql: str, parameters: list[object]) -> pl.DataFrame:
        """Return the rows of a query, the same again for the same query."""
        key = (sql, repr(parameters))
        if key not in self._answers:
            self._answers[key] = self._read(sql, parameters)
        return self._answers[key]

    def once(self, make: Callable[[Read], Made]) -> Made:
        """Return what a function makes of the file, which nobody may change."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(Made, self._made[make])


def made_of(read: Read, make: Callable[[Read], Made]) -> Made:
    """Return what a function makes of the file, made once where the reader has a memory."""
    return read.once(make) if isinstance(read, ReadOnce) else make(read)


def columns_of(read: Read, table: str) -> set[str]:
    """Return the columns of a published table; none when this stage does not publish it."""
    return made_of(read, _columns).get(table, set())


def _columns(read: Read) -> dict[str, set[str]]:
    sql = "select table_name, column_name from information_schema.columns where table_schema = current_schema()"
    found: dict[str, set[str]] = {}
    for table, column in read(sql, []).iter_rows():
        found.setdefault(table, set()).add(column)
    return found


def survey_facts(read: Read, survey: str) -> dict[str, Any]:
    """Return what is published about the survey as a whole: its population and how it was made; {} for nothing."""
    if not columns_of(read, "surveys"):
        return {}
    rows = read("select * from surveys where survey = ?", [survey])
    return rows.row(0, named=True) if rows.height else {}


def survey_languages(read: Read, survey: str) -> tuple[str, ...]:
    """Return the languages of a survey, the one of its definitions first."""
    return tuple(str(survey_facts(read, survey).get("languages") or "en").split(","))


def waves_until(read: Read, survey: str, wave: str) -> pl.DataFrame:
    """Return the waves of a survey up to and including one, oldest first: a page never tells what came after.

    Raises:
        DefinitionError: the wave is not published.
    """
    waves = read("select * from waves where survey = ? order by wave_number", [survey])
    if wave not in waves.get_column("wave").to_list():
        raise DefinitionError(
            f"{survey} {wave}: not in the published file, which has "
            f"{', '.join(waves.get_column('wave').to_list()) or 'no waves'}. Run panel nightly first."
        )
    last = waves.filter(pl.col("wave") == wave).get_column("wave_number").item()
    return waves.filter(pl.col("wave_number") <= last)


def weights_of(read: Read, survey: str, wave: str) -> pl.DataFrame:
    """Return weight_id, kind, wave_set and the number of members weighted, of the weights that cover a wave."""
    sql = """
        select weight_id, kind, wave_set, count(*)::bigint as n_members
        from weights where survey = ? and wave = ? group by all order by weight_id
    """
    return read(sql, [survey, wave])


def use_when(read: Read, survey: str, weight_id: str) -> str:
    """Return when that weight is the right one, in the words of the survey's author; empty when not published."""
    if "use_when" not in columns_of(read, "weight_ids"):
        return ""
    rows = read("select use_when from weight_ids where survey = ? and weight_id = ?", [survey, weight_id])
    return str(rows.item(0, 0) or "") if rows.height else ""


def headline_family(read: Read, survey: str) -> tuple[str, list[str]]:
    """Return the headline family declared first and its items in declared order; none where they are not published."""
    if "is_headline" in columns_of(read, "families"):
        order = "family_order" if "family_order" in columns_of(read, "families") else "1"
        sql = f"select family, item from families where survey = ? and is_headline order by {order}, family, item_order"
        rows = read(sql, [survey])
        first = rows.filter(pl.col("family") == rows.item(0, 0)) if rows.height else rows
        return (str(first.item(0, 0)), first.get_column("item").to_list()) if rows.height else (HEADLINE_FAMILY, [])
    if "family" not in columns_of(read, "changes"):
        return HEADLINE_FAMILY, []
    sql = """
        select distinct items.item_order, items.item from changes
        inner join items on items.survey = changes.survey and items.item = changes.item
        where changes.survey = ? and changes.family = ? order by items.item_order
    """
    return HEADLINE_FAMILY, read(sql, [survey, HEADLINE_FAMILY]).get_column("item").to_list()


def headline_items(read: Read, survey: str, wave: str, weight_id: str) -> pl.DataFrame:
    """Return every item's headlines with a figure in this wave, in the order of the questionnaire."""
    sql = """
        select distinct items.item_order, items.item, estimates.category as headline, items.label, items.wording
        from estimates
        inner join items on items.survey = estimates.survey and items.item = estimates.item
        where estimates.survey = ? and estimates.wave = ? and estimates.weight_id = ?
            and estimates.statistic = 'headline' and estimates.domain = 'all'
        order by items.item_order, headline
    """
    return read(sql, [survey, wave, weight_id])


def headline_answers(read: Read, survey: str) -> dict[tuple[str, str], list[str]]:
    """Return (item, headline) → the labels of the answers it adds up, in scale order."""
    return {key: [label for _, label in options] for key, options in headline_options(read, survey).items()}


def domain_labels(read: Read, survey: str) -> dict[str, str]:
    """Return domain → its label; none where they are not published."""
    if not columns_of(read, "domains"):
        return {}
    return dict(read("select distinct domain, label from domains where survey = ? order by all", [survey]).iter_rows())


def with_value_order(read: Read, survey: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of `domain` and `domain_value` with the value's declared place, `value_order`; null for none."""
    if "value_order" not in columns_of(read, "domains"):
        return rows.with_columns(value_order=pl.lit(None, dtype=pl.Int32))
    places = read("select domain, domain_value, value_order from domains where survey = ?", [survey])
    return rows.join(places, on=("domain", "domain_value"), how="left", maintain_order="left")


def in_declared_order(read: Read, survey: str, rows: pl.DataFrame, *, within: Sequence[str] = ()) -> pl.DataFrame:
    """Return rows with the groups of a domain as they are declared, everyone last, each group's rows as they were."""
    keys = [*within, pl.col("domain") == "all", "value_order"]
    return with_value_order(read, survey, rows).sort(keys, nulls_last=True, maintain_order=True).drop("value_order")


def headline_options(read: Read, survey: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return (item, headline) → code and label of the answers it adds up, in scale order."""
    sql = """
        select item, headlines, code, label from answer_options
        where survey = ? and headlines is not null order by item, option_order
    """
    answers: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for item, headlines, code, label in read(sql, [survey]).iter_rows():
        for headline in headlines.split(","):
            answers.setdefault((item, headline), []).append((code, label))
    return answers


def headline_estimates(read: Read, survey: str, weight_id: str) -> pl.DataFrame:
    """Return the headline estimates of everyone under one weight, of every wave it covers."""
    sql = """
        select wave, item, category as headline, inference, estimate, ci_low, ci_high, unweighted_n, is_suppressed
        from estimates
        where survey = ? and weight_id = ? and statistic = 'headline' and domain = 'all'
        order by wave, item, headline
    """
    rows = read(sql, [survey, weight_id])
    told = {label: told_inference(read, survey, weight_id, label) for label in rows["inference"].unique()}
    return rows.with_columns(pl.col("inference").replace(told))


def earlier_wordings(read: Read, survey: str) -> dict[str, str]:
    """Return item: the item it replaced with a break, where both may stand in one picture, the break marked."""
    if not columns_of(read, "item_links"):
        return {}
    sql = "select item_to, item_from from item_links where survey = ? and comparability = ? order by all"
    return dict(read(sql, [survey, "comparable_with_break"]).iter_rows())


def headline_changes(read: Read, survey: str, wave: str, family: str) -> pl.DataFrame:
    """Return the changes into a wave that were tested in the headline family; no others are ever spoken of."""
    columns = columns_of(read, "changes")
    in_family = "family = ?" if "family" in columns else "? is null"  # no family, no claim
    guard = "may_be_mode_effect" if "may_be_mode_effect" in columns else "false"
    margin = "equivalence_margin" if "equivalence_margin" in columns else "null::double"
    sql = f"""
        select wave_from, kind, weight_id, item, category as headline, change, ci_low, ci_high,
            p_value_corrected, overlap_n, replace(verdict, '_', ' ') as verdict, is_suppressed,
            coalesce({guard}, false) as may_be_mode_effect, {margin} as equivalence_margin
        from changes
        where survey = ? and wave_to = ? and statistic = 'headline' and domain = 'all' and {in_family}
        order by wave_from, kind, weight_id, item, headline
    """
    return read(sql, [survey, wave, family])


def group_tests(read: Read, survey: str, wave: str, weight_id: str, family: str) -> pl.DataFrame:
    """Return whether groups differ in the headlines of a family at a wave, in the order of domains; none untested."""
    if not columns_of(read, "group_tests"):
        return pl.DataFrame()
    sql = """
        select item, category as headline, test.domain, coalesce(named.label, test.domain) as domain_label,
            lowest_group, lowest_estimate, highest_group, highest_estimate, p_value_corrected, verdict, is_suppressed
        from group_tests as test
        left join (select distinct survey, domain, domain_order, label from domains) as named using (survey, domain)
        where survey = ? and wave = ? and weight_id = ? and family = ? and statistic = 'headline'
        order by item, headline, named.domain_order, test.domain
    """
    return read(sql, [survey, wave, weight_id, family])


def retention_by(read: Read, survey: str, wave: str, domain: str) -> pl.DataFrame:
    """Return the retention rows of one domain at one wave, groups as declared, everyone last."""
    sql = """
        select domain, domain_value, n_first_wave, n_eligible, n_respondents,
            retention_raw, retention_raw_ci_low, retention_raw_ci_high, retention_eligible
        from retention
        where survey = ? and wave = ? and domain in (?, 'all')
        order by domain = 'all', domain_value
    """
    return in_declared_order(read, survey, read(sql, [survey, wave, domain]))


def margins(read: Read, survey: str, wave: str, weight_id: str) -> pl.DataFrame:
    """Return one row per margin that the weight was fitted to: what, of whom, from where, when, how approximated.

    Every margin of the survey, where the file does not say which were used.
    """
    sql = """
        select distinct margin, unit, universe, source, reference_date, approximation
        from margins where survey = ? order by margin, source, reference_date
    """
    rows = read(sql, [survey])
    if not columns_of(read, "weighting_margins"):
        return rows
    used = read(
        "select distinct wave, margin from weighting_margins where survey = ? and weight_id = ?", [survey, weight_id]
    )
    of_wave = used.filter(pl.col("wave") == wave)  # a longitudinal weight is logged at the last wave of its set
    return rows.join(of_wave if of_wave.height else used, on="margin", how="semi", maintain_order="left")


def response_by(read: Read, survey: str, wave: str, domain: str) -> pl.DataFrame:
    """Return who was invited and who answered, by value of a domain, everyone last; no rows where not published."""
    if "domain" not in columns_of(read, "response_rates"):
        return pl.DataFrame()
    sql = """
        select domain, domain_value, n_invited, n_respondents, completion_rate, response_rate,
            cumulative_response_rate
        from response_rates where survey = ? and wave = ? and domain in (?, 'all')
        order by domain = 'all', domain_value
    """
    return in_declared_order(read, survey, read(sql, [survey, wave, domain]))


def inference_of(read: Read, survey: str, wave: str, weight_id: str) -> str:
    """Return the inference label of a wave's headline figures; empty where there is none."""
    rows = headline_estimates(read, survey, weight_id).filter(pl.col("wave") == wave)
    return str(rows.item(0, "inference") or "") if rows.height else ""


def told_inference(read: Read, survey: str, weight_id: str, inference: str) -> str:
    """Return the inference label to tell: `supplied` where the weight's producer alone knows what lies behind it."""
    if "supplied" not in columns_of(read, "weight_ids"):
        return inference
    rows = read("select supplied from weight_ids where survey = ? and weight_id = ?", [survey, weight_id])
    return label_of_weight(inference, rows.item(0, 0) if rows.height else None)


def label_of_weight(inference: str, supplied: str | None) -> str:
    """Return the same of a weight, with the column that its producer's weight comes from; None for our own."""
    return inference if supplied is None or inference not in INDICATIVE else SUPPLIED


def correction_notice(read: Read, release_id: str | None) -> str:
    """Return what a release corrected, in words; empty for a first release."""
    rows = read("select notice from releases where release_id = ?", [release_id])
    return str(rows.item(0, 0) or "") if rows.height else ""


def editor_words(read: Read, survey: str, wave: str) -> dict[str, Any]:
    """Return what an editor wrote around the findings: intro, thanks, next_survey, and you_said with what was done."""
    found: dict[str, Any] = {"intro": "", "thanks": "", "next_survey": "", "you_said": []}
    if not columns_of(read, "newsletter_words"):
        return found
    sql = "select part, text, answer from newsletter_words where survey = ? and wave = ? order by place"
    for part, text, answer in read(sql, [survey, wave]).iter_rows():
        if part == "you_said":
            found[part].append((text, answer))
        else:
            found[part] = text
    return found
