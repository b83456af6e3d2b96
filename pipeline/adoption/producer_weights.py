"""The weight that an export's producer made, and the rows of another sample that have none."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.adoption.code_frames import IS_NUMBER
from pipeline.wave_files.delivery import ROW_NUMBER, Delivery

WEIGHT_KIND = "weight"  # of a column set aside
MOST_SAMPLES = 60  # values of a column that tells samples apart


@dataclass(frozen=True)
class ProducerWeight:
    """The weight of one export; `only_rows` is the column and values of the rows that have one, if others have none."""

    column: str
    others: tuple[str, ...]  # further weights in the file
    only_rows: tuple[str, tuple[str, ...]] | None
    n_without: int


def producer_weight(delivery: Delivery, set_aside: Mapping[str, str]) -> ProducerWeight | None:
    """Return the weight of an export; of several the one with the fewest rows, which is made for one sample of them."""
    frame = delivery.frame
    counts = {
        name: frame.height - frame[name].null_count()
        for name, kind in set_aside.items()
        if kind == WEIGHT_KIND and _are_weights(frame[name].drop_nulls())
    }
    if not counts:
        return None
    column = min(counts, key=lambda name: counts[name])
    others = tuple(name for name in counts if name != column)
    n_without = frame.height - counts[column]
    return ProducerWeight(column, others, _sample(frame, frame[column].is_not_null()) if n_without else None, n_without)


def _are_weights(values: pl.Series) -> bool:
    texts = values.cast(pl.String)
    return texts.len() > 0 and bool(texts.str.contains(IS_NUMBER).all()) and bool((texts.cast(pl.Float64) >= 0).all())


def _sample(frame: pl.DataFrame, is_weighted: pl.Series) -> tuple[str, tuple[str, ...]] | None:
    """Return the column whose values tell the rows with a weight from those without; None where none does."""
    found = []
    for name in frame.columns:
        values = frame[name]
        if name == ROW_NUMBER or values.n_unique() > MOST_SAMPLES:
            continue
        inside, outside = values.filter(is_weighted).unique(), values.filter(~is_weighted).unique()
        if inside.null_count() == 0 and not inside.is_in(outside.implode()).any():
            found.append((inside.len(), name, tuple(str(one) for one in inside.sort())))
    return min(found)[1:] if found else None
