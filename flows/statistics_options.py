"""The options of the statistics on a file: `panel weight`, `panel estimate`, `panel change`."""

import argparse
from pathlib import Path

METHODS = ("raking", "linear", "logit", "poststratify")
STATISTICS = ("share", "count", "mean", "total", "ratio", "quantile")
REPLICATE_TYPES = ("bootstrap", "jk1", "jkn", "jkgroups", "brr", "fay")
LONELY_PSU = ("fail", "certainty", "adjust", "average")
FORMATS = ("table", "json", "csv", "xlsx")
DATA_HELP = "CSV, Parquet, SPSS .sav or Stata .dta"


def add_weight(command: argparse.ArgumentParser) -> None:
    """Add the options of `panel weight`."""
    command.add_argument("data", type=Path, metavar="DATA", help=DATA_HELP)
    command.add_argument(
        "--targets",
        type=Path,
        required=True,
        metavar="TARGETS.csv",
        help="population totals: columns margin, category, persons; a margin is a column of DATA or a*b with "
        "categories x*y; an empty category is the total of that numeric column",
    )
    _add_calibration(command)
    _add_design(command, lonely_psu=("fail", "certainty"))
    command.add_argument("--replicates", type=_count, metavar="N", help="how many (bootstrap 500, jkgroups 100)")
    command.add_argument("--replicate-type", choices=REPLICATE_TYPES, help="replicate weights, each weighted anew")
    command.add_argument("--fay", type=_below_one, default=0.5, help="what the lighter half keeps, for type fay")
    command.add_argument("--seed", type=_seed, default=1, help="of random replicates; one for all waves of a panel")
    command.add_argument("--out", type=Path, metavar="OUT", help="DATA with the weights: .parquet, .csv or .sav")
    command.add_argument("--picture", type=Path, metavar="OUT", help="the weights' distribution: .svg or .png")
    command.add_argument("--json", action="store_true", help="one JSON object instead of the readable table")
    _add_missing(command)


def add_estimate(command: argparse.ArgumentParser) -> None:
    """Add the options of `panel estimate`."""
    command.add_argument("data", type=Path, metavar="DATA", help=DATA_HELP)
    command.add_argument(
        "--stat",
        choices=STATISTICS,
        default="share",
        help="count: the weighted number of persons behind each answer",
    )
    command.add_argument("--denominator", metavar="X", help="column below the line, for --stat ratio")
    command.add_argument(
        "--quantile", type=_inner_share, action="append", metavar="Q", help="for --stat quantile (default 0.5)"
    )
    _add_question(command)
    _add_estimation_design(command)
    command.add_argument(
        "--interval", choices=("logit", "korn-graubard", "wilson", "normal"), default="logit", help="of shares"
    )
    _add_output(command)


def add_change(command: argparse.ArgumentParser) -> None:
    """Add the options of `panel change`."""
    command.add_argument("first", type=Path, metavar="FIRST", help=f"the earlier wave: {DATA_HELP}")
    command.add_argument("second", type=Path, metavar="SECOND", help="the later wave")
    command.add_argument("--id", required=True, metavar="COL", help="column that is the same for a person in both")
    command.add_argument("--stat", choices=("share", "mean"), default="share")
    command.add_argument(
        "--kind",
        choices=("net", "within_person"),
        default="net",
        help="net: the difference of the two populations' estimates (default); within_person: the mean change of "
        "those who answered both, with SECOND's weight, which should be one for that set of waves",
    )
    _add_question(command)
    _add_estimation_design(command)
    _add_output(command)


def _add_question(command: argparse.ArgumentParser) -> None:
    for option, metavar, about in (
        ("--item", "Y", "column to estimate"),
        ("--grid", "COLS", "columns with one scale, such as 'q8_*': each is an item"),
        ("--multiple", "[NAME=]COLS", "columns that are one question with several answers, such as 'q5_*'"),
        ("--chosen", "CODE", "what chosen is in --multiple (default: 1, yes, selected, or ticked beside blank)"),
        ("--net", "[ITEM:]NAME=4,5", "answers as one category, by codes or labels: 'agree=Agree,Strongly agree'"),
    ):
        command.add_argument(option, action="append", default=[], metavar=metavar, help=f"{about}; repeatable")
    command.add_argument(
        "--by", action="append", default=[], metavar="G", help="column of domains, or a*b crossed; repeatable"
    )
    _add_missing(command)


def _add_missing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--missing", action="append", default=[], metavar="CODE", help="code that means missing everywhere; repeatable"
    )


def _add_estimation_design(command: argparse.ArgumentParser) -> None:
    command.add_argument("--weight", metavar="COL", help="column of final weights (default: 1 for everyone)")
    _add_design(command, lonely_psu=LONELY_PSU)
    command.add_argument(
        "--calibrated-to",
        type=Path,
        metavar="TARGETS.csv",
        help="the totals that the weight is calibrated to: calibrates --base-weight, or credits --weight with it",
    )
    _add_calibration(command)
    command.add_argument(
        "--replicate-weights", action="append", metavar="COLS", help="columns, such as 'replicate_*'; quote the star"
    )
    command.add_argument("--replicate-type", choices=REPLICATE_TYPES, help="how they were made (default bootstrap)")
    command.add_argument("--fay", type=_below_one, default=0.5, help="what the lighter half keeps, for type fay")
    command.add_argument(
        "--centre", choices=("estimate", "replicates"), default="estimate", help="what replicates deviate from"
    )


def _add_design(command: argparse.ArgumentParser, *, lonely_psu: tuple[str, ...]) -> None:
    command.add_argument("--strata", metavar="COL")
    command.add_argument("--psu", metavar="COL", help="primary sampling units (default: every row is one)")
    command.add_argument("--fpc", metavar="COL", help="number of PSUs in the stratum's population")
    command.add_argument("--lonely-psu", choices=lonely_psu, default="fail", help="strata with a single PSU")


def _add_calibration(command: argparse.ArgumentParser) -> None:
    command.add_argument("--base-weight", metavar="COL", help="weight before calibration (default: 1 for everyone)")
    command.add_argument(
        "--scale-base-weight",
        action="store_true",
        help="scale base weights to the population first: for --bounds with base weights that average 1",
    )
    command.add_argument("--method", choices=METHODS, default="raking")
    command.add_argument("--bounds", type=_pair, metavar="LOWER,UPPER", help="on the ratio of weight to base weight")
    trim = command.add_mutually_exclusive_group()
    trim.add_argument("--trim", type=_quantiles, metavar="LOWER,UPPER", help="cap weights at two quantiles: 0.01,0.99")
    trim.add_argument("--trim-ratio", type=_over_one, metavar="X", help="cap weights at X times their median")
    command.add_argument("--tolerance", type=_positive, default=1e-8, help="largest relative gap (default 1e-8)")
    command.add_argument("--max-iterations", type=_count, default=1000, metavar="N")
    command.add_argument(
        "--reconcile-to", type=_positive, metavar="N", help="scale every margin to this total (else they must agree)"
    )
    command.add_argument(
        "--missing-margins",
        choices=("refuse", "largest"),
        default="refuse",
        help="people without an answer in a margin: refuse, or count them in its largest category",
    )


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument("--confidence", type=_inner_share, default=0.95)
    command.add_argument("--format", choices=FORMATS, default="table")
    command.add_argument("--out", type=Path, metavar="FILE", help="write there; xlsx needs it")


def _number(text: str, expected: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no number, expected {expected}") from None


def _pair(text: str) -> tuple[float, float]:
    """Return two numbers with a comma between them, the first one smaller."""
    parts = text.split(",")
    low, high = (_number(part, "two with a comma, as 0.3,3") for part in (parts if len(parts) == 2 else [text, text]))
    if not low < high:
        raise argparse.ArgumentTypeError(f"'{text}': expected LOWER,UPPER with the smaller number first")
    return low, high


def _quantiles(text: str) -> tuple[float, float]:
    low, high = _pair(text)
    if not 0 <= low < high <= 1:
        raise argparse.ArgumentTypeError(f"'{text}': expected two quantiles from 0 to 1, as 0.01,0.99")
    return low, high


def _within(text: str, expected: str, low: float, high: float) -> float:
    """Return a number strictly between two others."""
    number = _number(text, expected)
    if not low < number < high:
        raise argparse.ArgumentTypeError(f"'{text}': expected {expected}")
    return number


def _positive(text: str) -> float:
    return _within(text, "a number above 0", 0, float("inf"))


def _over_one(text: str) -> float:
    return _within(text, "a number above 1", 1, float("inf"))


def _inner_share(text: str) -> float:
    return _within(text, "a number above 0 and below 1", 0, 1)


def _below_one(text: str) -> float:
    number = _number(text, "0 or more and below 1")
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"'{text}': expected 0 or more and below 1")
    return number


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}': expected a whole number above 0")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}': expected a whole number, 0 or more")
    return int(text)
