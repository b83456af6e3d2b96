"""Writing an R script that reads the CSV beside it: labelled factors, and the survey design with its weights."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.exchange.dataset import CATEGORY, DATE, NUMBER, WEIGHT, ExportedData

SCRIPT = """# {title}
# Run it beside {data_file}: source("{script}"). It makes `panel`, a data frame, and `panel_design`.
# Kinds of missing (do not know, refused, not asked, skipped) are NA in `panel`; their codes stay in `panel_codes`.

panel_codes <- read.csv("{data_file}", check.names = FALSE, encoding = "UTF-8", na.strings = "")
panel <- panel_codes

as_answers <- function(codes, values, labels) factor(codes, levels = values, labels = labels)

{columns}
{design}"""
WITH_REPLICATES = """
# Standard errors from the replicate weights, which redo the whole weighting: variance = sum of rscales x (estimate in
# the replicate - estimate)^2, hence type "other". A replicate that could not be weighted is empty: the others stand
# for it. needs: install.packages("survey")
holders <- panel[!is.na(panel[["{weight}"]]), ]
replicates <- holders[, grep("^{prefix}[0-9]+$", names(holders))]
was_made <- colSums(is.na(replicates)) == 0
coefficients <- {coefficients}
panel_design <- survey::svrepdesign(
  data = holders, weights = holders[["{weight}"]], repweights = replicates[, was_made], combined.weights = TRUE,
  type = "other", scale = 1, rscales = coefficients[was_made] * sum(coefficients) / sum(coefficients[was_made]),
  mse = TRUE
)
# survey::svymean(~item, panel_design, na.rm = TRUE)
"""
WITHOUT_REPLICATES = """
# There are no replicate weights in this file: these standard errors leave out strata, clusters and calibration.
panel_design <- survey::svydesign(ids = ~1, weights = panel[["{weight}"]], data = panel)
"""
REPLICATE = "_r"  # between the weight's name and the number of a replicate


def write_r(data: ExportedData, out: Path, data_file: str) -> list[str]:
    """Write the script that reads `data_file`, which lies beside it."""
    weights = [one.name for one in data.variables if one.kind == WEIGHT]
    replicated = [name for name in weights if data.coefficients.get(name)]
    weight = next(iter(replicated or weights), "")
    design = WITH_REPLICATES if replicated else WITHOUT_REPLICATES if weight else ""
    text = SCRIPT.format(
        title=data.title,
        data_file=data_file,
        script=out.name,
        columns="\n".join(_column_lines(data)),
        design=design.format(
            weight=weight,
            prefix=f"{weight}{REPLICATE}",
            coefficients=_vector(data.coefficients.get(weight, ())),
        ),
    )
    out.write_text(text, encoding="utf-8")
    return []


def _vector(numbers: Sequence[float]) -> str:
    """Return numbers as R reads them back exactly."""
    if len(set(numbers)) == 1:
        return f"rep({numbers[0]!r}, {len(numbers)})"
    return "c(" + ", ".join(repr(number) for number in numbers) + ")"


def _column_lines(data: ExportedData) -> list[str]:
    lines = []
    for one in data.variables:
        column = f"panel[[{_quoted(one.name)}]]"
        if one.kind == CATEGORY:
            values = ", ".join(str(code) for code in one.labels)
            labels = ", ".join(_quoted(label) for label in one.labels.values())
            lines.append(f"{column} <- as_answers({column}, c({values}), c({labels}))")
        elif one.kind == DATE:
            lines.append(f"{column} <- as.Date({column})")
        elif one.kind == NUMBER and one.missing:
            lines.append(f"{column}[{column} %in% c({', '.join(str(code) for code in one.missing)})] <- NA")
        lines.append(f'attr({column}, "label") <- {_quoted(one.label)}')
    return lines


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
