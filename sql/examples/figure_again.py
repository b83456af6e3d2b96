# %% [markdown]
# # A published figure again, from the replicate weights
#
# Open this in an editor that knows `# %%` cells, or run it whole:
#
#     python figure_again.py [published/panel.duckdb [SURVEY WAVE ITEM]]
#
# It needs `duckdb` and `numpy`; where `svy` is installed the last cell does the same with it.

# %%
import sys
from pathlib import Path

import duckdb
import numpy as np

is_run_whole = sys.argv[0].endswith("figure_again.py")
beside = Path(__file__).resolve().parents[1] / "panel.duckdb" if is_run_whole else Path("published/panel.duckdb")
file, *asked = sys.argv[1:] if is_run_whole and sys.argv[1:] else [str(beside)]
panel = duckdb.connect(file, read_only=True)  # the nightly run may replace the file meanwhile: this one stays open


def rows(query: str, *values: str) -> list[tuple]:
    return panel.execute(query, list(values)).fetchall()


# %% [markdown]
# What to make again: what was asked for, else an item of the newest wave. `from codebook('word')` finds others.

# %%
if asked:
    survey, wave, item = asked
else:
    ((survey, wave, item),) = rows(
        "select survey, wave, item from estimates inner join waves using (survey, wave) "
        "where statistic = 'headline' and domain = 'all' order by wave_number desc, survey, item limit 1"
    )
published = {
    category: (weight_id, estimate, standard_error)
    for category, weight_id, estimate, standard_error in rows(
        "select category, weight_id, estimate, standard_error from estimates "
        "where survey = ? and wave = ? and item = ? and statistic = 'share' and domain = 'all'",
        *(survey, wave, item),
    )
}
weight_id = next(iter(published.values()))[0]

# %% [markdown]
# Each answer with its weight and its replicate weights; what each squared deviation of a replicate counts.

# %%
held = panel.execute(
    "select answers.label, replicate_weights.weight, replicate_weights.replicate_weights, coefficients "
    "from answers inner join replicate_weights using (survey, wave, panel_member_id) "
    "inner join replicate_sets using (survey, replicate_set) "
    "where survey = ? and wave = ? and item = ? and weight_id = ? and missing_kind is null order by panel_member_id",
    [survey, wave, item, weight_id],
).fetchall()
answers = np.array([row[0] for row in held])  # (n,)
weight = np.array([row[1] for row in held])  # (n,)
replicates = np.array([row[2] for row in held], dtype=float)  # (n, n_replicates)
coefficients = np.array(held[0][3])  # (n_replicates,)

was_made = ~np.isnan(replicates).any(axis=0)  # a replicate that could not be weighted: the others stand for it
replicates = replicates[:, was_made]
coefficients = coefficients[was_made] * coefficients.sum() / coefficients[was_made].sum()

# %% [markdown]
# The share of an answer is the weight behind it over all weight. Its variance adds up, over the replicates,
# coefficient x (share in the replicate - share) squared.

# %%
again = {}
for category in published:
    gave_it = (answers == category).astype(float)
    share = weight @ gave_it / weight.sum()
    in_replicates = gave_it @ replicates / replicates.sum(axis=0)
    again[category] = (share, np.sqrt(coefficients @ (in_replicates - share) ** 2))

# %% [markdown]
# `share` in the file computes the same; the table `estimates` has the linearised error, which is near it.

# %%
from_macro = {
    category: (estimate, standard_error)
    for category, estimate, standard_error in rows(
        "select category, estimate, standard_error from share(?, wave := ?, weight_id := ?, survey := ?) "
        "where statistic = 'share'",
        *(item, wave, weight_id, survey),
    )
}
print(f"{survey}, {wave}, {item}: share, standard error from {coefficients.size} replicates, and linearised")
for category, (share, standard_error) in again.items():
    np.testing.assert_allclose((share, standard_error), from_macro[category], rtol=0, atol=1e-9)
    np.testing.assert_allclose(share, published[category][1], rtol=0, atol=1e-9)
    print(f"  {category}: {share:.4f}  {standard_error:.4f}  {published[category][2]:.4f}")

# %% [markdown]
# The same with `svy`, which is told the replicate weights, what they count, and to centre on the estimate.

# %%
try:
    import polars as pl
    import svy
except ImportError:
    print("svy is not installed: that was all.")
else:
    columns = {f"replicate_{number}": column for number, column in enumerate(replicates.T, start=1)}
    sample = svy.Sample(
        pl.DataFrame({item: answers, "weight": weight, **columns}),
        svy.Design(
            wgt="weight",
            rep_wgts=svy.BootstrapWgts(
                prefix="replicate_", n_reps=coefficients.size, rep_coefs=tuple(coefficients.tolist())
            ),
        ),
    )
    found = sample.estimation.prop(item, method="replication", variance_center="estimate").to_polars()
    for category, share, standard_error in found.select(item, "est", "se").iter_rows():
        np.testing.assert_allclose((share, standard_error), again[category], rtol=0, atol=1e-9)
    print(f"svy {svy.__version__} gives the same.")
