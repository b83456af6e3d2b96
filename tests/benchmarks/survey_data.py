"""The sample that benchmarks weight: margins of 7, 2, 12, 5, 4 and 4 categories, unequal base weights, 24 strata."""

from dataclasses import dataclass

import numpy as np
import polars as pl

SIZES = (7, 2, 12, 5, 4, 4)
N_STRATA = 24
N_ITEMS = 20
SEED = 20261123


@dataclass(frozen=True)
class BenchmarkSample:
    """People in a frame with enum columns, and what their weights are to add up to."""

    people: pl.DataFrame  # a column per margin; weight, stratum
    categories: dict[str, tuple[str, ...]]
    totals: dict[str, dict[str, float]]

    @property
    def as_text(self) -> pl.DataFrame:
        """Return the people with text in place of enums."""
        return self.people.with_columns(pl.col(name).cast(pl.String) for name in self.categories)


def benchmark_sample(n: int) -> BenchmarkSample:
    """Return n people whose margins are some way off the totals, which positive weights can reach."""
    rng = np.random.default_rng(SEED)
    weight = rng.uniform(0.5, 4.0, n)
    columns: dict[str, pl.Series] = {}
    categories, totals = {}, {}
    for number, size in enumerate(SIZES, 1):
        name = f"margin_{number}"
        labels = tuple(f"category {level:02d}" for level in range(size))
        code = rng.choice(size, n, p=rng.dirichlet(np.full(size, 8.0)))
        reached = np.bincount(code, weight, minlength=size) * rng.uniform(0.75, 1.35, size)
        columns[name] = pl.Series(name, np.array(labels)[code]).cast(pl.Enum(labels))
        categories[name] = labels
        totals[name] = dict(zip(labels, (reached * (n / reached.sum())).tolist(), strict=True))
    columns |= {"weight": pl.Series(weight), "stratum": pl.Series(rng.integers(0, N_STRATA, n))}
    return BenchmarkSample(pl.DataFrame(columns), categories, totals)


def answers(n: int) -> pl.DataFrame:
    """Return 20 yes-no answers of n people, as 0 and 1."""
    rng = np.random.default_rng(SEED + 1)
    shares = rng.uniform(0.1, 0.6, N_ITEMS)
    return pl.DataFrame({f"item_{k + 1}": (rng.random(n) < shares[k]).astype(np.int64) for k in range(N_ITEMS)})


def supplied_replicates(weight: np.ndarray, n_replicates: int) -> pl.DataFrame:
    """Return replicate weights as a producer would deliver them: weight × times drawn, a column each."""
    rng = np.random.default_rng(SEED + 2)
    drawn = (weight * rng.poisson(1.0, weight.size) for _ in range(n_replicates))
    return pl.DataFrame({f"replicate_{k + 1}": column for k, column in enumerate(drawn)})
