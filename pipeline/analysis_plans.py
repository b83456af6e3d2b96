"""The frozen types of what survey.yml declares to be analysed: change, movement, retention, trends, and their tests."""

from dataclasses import dataclass, field

ORDINAL, GEE = "ordinal", "gee"
MODELS = (ORDINAL, GEE)
NET, WITHIN_PERSON = "net", "within_person"  # kinds of change: of the population, and of the same people


@dataclass(frozen=True)
class ChangePlan:
    """Which changes are published: pairs of waves, or `consecutive_and_first`."""

    kind: str  # net | within_person
    weights: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()  # () = consecutive waves, and each against the first


@dataclass(frozen=True)
class TransitionPlan:
    """Which transition tables are published."""

    items: tuple[str, ...]
    weights: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TestFamily:
    """Hypotheses tested together and corrected together; headline items are declared before fieldwork."""

    family: str
    items: tuple[str, ...]  # () = every item not in another family
    domains: tuple[str, ...]
    correction: str  # holm | benjamini_hochberg
    level: float
    is_headline: bool = False
    kinds: tuple[str, ...] = ()  # of change that the family tests, trends with `net`; () = every declared one
    weights: tuple[str, ...] = ()  # () = every weight a change is declared for
    pairs: tuple[tuple[str, str], ...] = ()  # () = every declared pair of waves
    equivalence: float | None = None  # a share that changed by less is steady, where a test shows it; None: untested
    groups: tuple[str, ...] = ()  # domains whose groups are tested to differ, in each wave

    __test__ = False  # not a pytest class


@dataclass(frozen=True)
class RetentionPlan:
    """Retention is counted from the respondents of `first_wave`, weighted by `weight_id` of that wave."""

    first_wave: str
    weight_id: str
    missed_waves: int = 1  # a member who missed the last so many waves has left
    age: str | None = None  # profile variable that is age in years when it was asked; None: members do not age


@dataclass(frozen=True)
class WaveContrast:
    """A comparison of waves declared before its last wave was fielded: before against since, or by coefficients."""

    name: str
    since_wave_number: int | None = None  # mean of the waves from it on, less the mean of those before
    coefficients: dict[str, float] = field(default_factory=dict)  # wave: weight; they add up to 0
    note: str = ""


@dataclass(frozen=True)
class TrendPlan:
    """Which trends over waves are published."""

    weights: tuple[str, ...]
    items: tuple[str, ...] = ()  # () = every published item
    domains: tuple[str, ...] = ("all",)
    models: tuple[str, ...] = ()  # of single answers, beside the line through wave estimates
    contrasts: tuple[WaveContrast, ...] = ()


@dataclass(frozen=True)
class ConditioningPlan:
    """Under which weights newcomers and experienced members are compared, wave by wave."""

    weights: tuple[str, ...]
