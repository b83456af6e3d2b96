"""The frozen types of what survey.yml declares of the long run: trends over waves, and the test of conditioning."""

from dataclasses import dataclass, field

ORDINAL, GEE = "ordinal", "gee"
MODELS = (ORDINAL, GEE)


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
