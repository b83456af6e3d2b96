"""The figures of the GSS panel worked out a second time, slowly and from the delivered files alone.

Imports nothing of the pipeline. R's survey package agrees with it: gss_r_survey.R, test_gss_oracle.py.
Every function returns plain rows, keyed as the published tables are.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import betaincinv, expit, logit, stdtr, stdtrit

from tests.golden.gss_cohort import (
    Bools,
    Cohort,
    Design,
    Floats,
    is_ineligible,
    numbers,
    raked_design,
    supplied_design,
)

COUNTS = ("age", "tvhours", "hompop", "childs", "educ", "wwwhr", "size")  # size: thousands of inhabitants
WEIGHT_WAVES = {
    "wtssall": (1,),
    "wtpan12": (1, 2),
    "wtpannr12": (1, 2),
    "wtpan123": (1, 2, 3),
    "wtpannr123": (1, 2, 3),
    "raked_w3": (3,),
}
WITHIN_PERSON = ("wtpan123", "wtpannr123")
CONFIDENCE = 0.95
ROUNDING = 1e-12  # a standard error below it is that of a constant

Row = dict[str, Any]
Items = Mapping[str, Mapping[str, Sequence[str]]]  # item → headline → the answers it adds up
TRANSITION_ITEMS: Items = {"consci": {}, "confed": {}, "trust": {}}
Figure = tuple[str, str]  # statistic and category


def design(cohort: Cohort, weight_id: str) -> Design:
    """Return the design of a published weight."""
    if weight_id == "raked_w3":
        return raked_design(cohort)
    return supplied_design(cohort, "wtssall_w1" if weight_id == "wtssall" else weight_id)


def asked(cohort: Cohort, items: Items, waves: Sequence[int]) -> list[str]:
    """Return the items whose column was delivered in every one of the waves."""
    return [item for item in items if all(item in cohort.answers[wave] for wave in waves)]


def scores(cohort: Cohort, items: Items, item: str, wave: int) -> tuple[list[Figure], Floats, Bools]:
    """Return an item's figures, everyone's value in each (n, k), and who answered."""
    values = cohort.answers[wave][item]
    is_answered = np.array([v is not None for v in values])
    if item in COUNTS:
        return [("mean", "")], np.nan_to_num(numbers(values))[:, None], is_answered
    groups = {("share", label): [label] for label in observed_categories(cohort, item)}
    groups |= {("headline", name): list(labels) for name, labels in items[item].items()}
    columns = [np.isin(values, labels) for labels in groups.values()]
    return list(groups), np.column_stack(columns).astype(np.float64), is_answered


def observed_categories(cohort: Cohort, item: str) -> list[str]:
    """Return every label given to an item in any wave."""
    delivered = [answers[item] for answers in cohort.answers.values() if item in answers]
    return sorted({value for values in delivered for value in values if value is not None})


def estimates(cohort: Cohort, items: Items) -> Iterator[Row]:
    """Yield every share, mean and headline: item × weight × wave × domain."""
    for weight_id, waves in WEIGHT_WAVES.items():
        of_weight = design(cohort, weight_id)
        for wave in waves:
            for item in asked(cohort, items, [wave]):
                for row in item_estimates(cohort, of_weight, scores(cohort, items, item, wave)):
                    yield {"wave": f"w{wave}", "weight_id": weight_id, "item": item} | row


def item_estimates(cohort: Cohort, of_weight: Design, scored: tuple[list[Figure], Floats, Bools]) -> Iterator[Row]:
    """Yield the rows of one item in one wave under one weight; an empty domain has none."""
    of_figures, y, is_answered = scored
    is_answered = is_answered & (of_weight.weight > 0)
    cells = [(d, v, is_answered & m) for d, v, m in cohort.domains if (is_answered & m).any()]
    if not cells:
        return
    u = np.hstack([deviation(of_weight, y, mask) for _, _, mask in cells])
    errors = of_weight.standard_error(u).reshape(len(cells), -1)
    for (domain, value, mask), errors_of_cell in zip(cells, errors, strict=True):
        weight, answers, df = of_weight.weight[mask], y[mask], of_weight.degrees_of_freedom(mask)
        mean = weight @ answers / weight.sum()
        for k, (statistic, category) in enumerate(of_figures):
            keys = {"statistic": statistic, "category": category, "domain": domain, "domain_value": value}
            is_share = statistic != "mean"
            yield keys | figures(weight, answers[:, k], df, mean[k], errors_of_cell[k], is_share=is_share)


def deviation(of_weight: Design, y: Floats, mask: Bools) -> Floats:
    """Return u = 1_D (y − ȳ_D) / N̂_D, the linearised variable of a domain mean (n, k)."""
    total = of_weight.weight[mask].sum()
    u: Floats = mask[:, None] * (y - of_weight.weight[mask] @ y[mask] / total) / total
    return u


def figures(weight: Floats, answers: Floats, df: int, mean: float, error: float, *, is_share: bool) -> Row:
    """Return one estimate with all that travels with it."""
    n = answers.size
    is_extreme = is_share and answers.min() == answers.max()
    if is_extreme:
        mean, error = float(answers[0]), 0.0
    low, high = interval(mean, error, df, weight, is_share=is_share)
    spread = mean * (1 - mean) if is_share else float(weight @ (answers - mean) ** 2 / weight.sum())
    deff = error**2 / (spread / (n - 1)) if spread > 0 and n > 1 else None
    return {
        "estimate": float(mean),
        "standard_error": float(error),
        "ci_low": low,
        "ci_high": high,
        "degrees_of_freedom": df,
        "unweighted_n": n,
        "sum_of_weights": float(weight.sum()),
        "design_effect": deff,
        "effective_n": n / deff if deff else None,
        "unweighted_estimate": float(answers.mean()),
    }


def interval(
    mean: float, error: float, df: int, weight: Floats, *, is_share: bool
) -> tuple[float | None, float | None]:
    """Return the interval: t on the logit for a share, plain t for a mean, none below one degree of freedom.

    A share of 0 or 1 has the Korn–Graubard interval with Kish's effective n, less for few degrees of freedom.
    """
    tail = (1 - CONFIDENCE) / 2
    if df < 1:
        return None, None
    if is_share and mean in (0.0, 1.0):
        n = weight.sum() ** 2 / (weight**2).sum() * (stdtrit(weight.size - 1, 1 - tail) / stdtrit(df, 1 - tail)) ** 2
        low = 0.0 if mean == 0 else float(betaincinv(n, 1, tail))
        return low, 1.0 if mean == 1 else float(betaincinv(1, n, 1 - tail))
    half = stdtrit(df, 1 - tail) * error
    if not is_share:
        return mean - half, mean + half
    half /= mean * (1 - mean)
    return float(expit(logit(mean) - half)), float(expit(logit(mean) + half))


def changes(cohort: Cohort, items: Items, pair: tuple[int, int] = (1, 3)) -> Iterator[Row]:
    """Yield within-person change of every figure among those who answered both waves."""
    for weight_id in WITHIN_PERSON:
        of_weight = design(cohort, weight_id)
        for item in asked(cohort, items, pair):
            (of_figures, first, in_first), (_, last, in_last) = (scores(cohort, items, item, wave) for wave in pair)
            answered = in_first & in_last & (of_weight.weight > 0)
            cells = [(d, v, answered & m) for d, v, m in cohort.domains if (answered & m).any()]
            errors = cell_errors(of_weight, first, last, [mask for _, _, mask in cells])
            for (domain, value, both), of_cell in zip(cells, errors, strict=True):
                for k, (statistic, category) in enumerate(of_figures):
                    keys = {"weight_id": weight_id, "item": item, "statistic": statistic}
                    keys |= {"category": category, "domain": domain, "domain_value": value}
                    yield keys | change(of_weight, first[:, k], last[:, k], both, *of_cell[:, k])


def cell_errors(of_weight: Design, first: Floats, last: Floats, masks: list[Bools]) -> Floats:
    """Return for each domain and figure the error of the change and the correlation (domains, 2, k)."""
    z = [of_weight.linearise(np.hstack([deviation(of_weight, y, m) for m in masks])) for y in (first, last)]
    alone = [np.sqrt(of_weight.covariance(one, one)) for one in z]
    together = of_weight.covariance(z[0], z[1])
    has_correlation = np.minimum(alone[0], alone[1]) > ROUNDING
    scale = np.where(has_correlation, alone[0] * alone[1], 1.0)
    correlation = np.where(has_correlation, together / scale, np.nan)
    error = np.sqrt(of_weight.covariance(z[1] - z[0], z[1] - z[0]))
    return np.stack([error, correlation]).reshape(2, len(masks), -1).swapaxes(0, 1)


def change(of_weight: Design, first: Floats, last: Floats, both: Bools, error: float, correlation: float) -> Row:
    """Return one change with its interval and its test, none below one degree of freedom."""
    weight, df = of_weight.weight[both], of_weight.degrees_of_freedom(both)
    moved = float(weight @ (last - first)[both] / weight.sum())
    half = stdtrit(df, (1 + CONFIDENCE) / 2) * error
    return {
        "estimate_from": float(weight @ first[both] / weight.sum()),
        "estimate_to": float(weight @ last[both] / weight.sum()),
        "change": moved,
        "standard_error": float(error),
        "ci_low": float(moved - half) if df >= 1 else None,
        "ci_high": float(moved + half) if df >= 1 else None,
        "p_value": float(2 * stdtr(df, -abs(moved / error))) if df >= 1 and error > ROUNDING else None,
        "degrees_of_freedom": df,
        "overlap_n": int(both.sum()),
        "correlation": None if np.isnan(correlation) else float(correlation),
    }


def transitions(cohort: Cohort, pair: tuple[int, int]) -> Iterator[Row]:
    """Yield every flow between two answers, zero ones included, with both shares and their errors."""
    for weight_id in WITHIN_PERSON:
        of_weight = design(cohort, weight_id)
        for item in asked(cohort, TRANSITION_ITEMS, pair):
            for row in item_transitions(cohort, of_weight, item, pair):
                yield {"weight_id": weight_id, "item": item} | row


def item_transitions(cohort: Cohort, of_weight: Design, item: str, pair: tuple[int, int]) -> Iterator[Row]:
    """Yield the flows of one item under one weight."""
    (labels, first, in_first), (_, last, in_last) = (scores(cohort, TRANSITION_ITEMS, item, wave) for wave in pair)
    both = in_first & in_last & (of_weight.weight > 0)
    for a, (_, category_from) in enumerate(labels):
        row = both & (first[:, a] == 1)
        for b, (_, category_to) in enumerate(labels):
            flow = (row & (last[:, b] == 1)).astype(float)[:, None]
            count = float(of_weight.weight @ flow[:, 0])
            yield {
                "category_from": category_from,
                "category_to": category_to,
                "unweighted_n": int(flow.sum()),
                "weighted_count": count,
                "joint_share": count / of_weight.weight[both].sum(),
                "row_share": count / of_weight.weight[row].sum() if row.any() else None,
                "joint_error": float(of_weight.standard_error(deviation(of_weight, flow, both))[0]),
                "row_error": float(of_weight.standard_error(deviation(of_weight, flow, row))[0]) if row.any() else None,
            }


def retention(cohort: Cohort) -> Iterator[Row]:
    """Yield who of wave 1 answered each wave: of everyone, of those still eligible, and weighted."""
    of_weight = design(cohort, "wtssall")
    for wave in (1, 2, 3):
        for domain, value, mask in cohort.domains:
            first = mask & cohort.interviewed[1]
            answered = first & cohort.interviewed[wave]
            eligible = first & ~is_ineligible(cohort, wave)
            y = answered.astype(float)[:, None]
            weighted = float(of_weight.weight[first] @ y[first, 0] / of_weight.weight[first].sum())
            error = float(of_weight.standard_error(deviation(of_weight, y, first))[0])
            df = of_weight.degrees_of_freedom(first)
            row = figures(of_weight.weight[first], y[first, 0], df, weighted, error, is_share=True)
            yield {
                "wave": f"w{wave}",
                "domain": domain,
                "domain_value": value,
                "n_first_wave": int(first.sum()),
                "n_eligible": int(eligible.sum()),
                "n_respondents": int(answered.sum()),
                "retention_raw": answered.sum() / first.sum(),
                "retention_eligible": answered.sum() / eligible.sum() if eligible.any() else None,
                "retention_weighted": row["estimate"],
                "retention_weighted_error": row["standard_error"],
                "retention_weighted_ci_low": row["ci_low"],
                "retention_weighted_ci_high": row["ci_high"],
            }
