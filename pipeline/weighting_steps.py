"""The frozen types of a weight's recipe: what survey.yml declares of each step, from base weight to final weight."""

from dataclasses import dataclass, field

DOMAIN, COHORT, TENURE, HISTORY, MODE, ANSWER = "domain", "cohort", "tenure", "history", "mode", "answer"
MEASURE = "measure"  # how a member took part when last interviewed
SPEED, ITEM_NONRESPONSE = "previous_speed", "previous_item_nonresponse"
OF_EVERYONE = {  # what is known of every member besides profile and answers: name in survey.yml, kind
    "recruitment_cohort": COHORT,
    "tenure_in_panel": TENURE,
    "response_history": HISTORY,
    "previous_mode": MODE,
    SPEED: MEASURE,
    ITEM_NONRESPONSE: MEASURE,
}
FIRST, LATEST = "first", "latest"  # of the waves before, the one whose answer counts; or a wave's name
CLASSES, PROPENSITY = "classes", "propensity"


@dataclass(frozen=True)
class Covariate:
    """Something known of everyone who could answer: a domain, the panel's record of the member, an earlier answer."""

    kind: str
    name: str  # of the domain or item; else as in OF_EVERYONE
    wave: str = ""  # of an answer: first, latest, or a wave

    @property
    def label(self) -> str:
        """Return how the log names it."""
        return f"{self.name} ({self.wave})" if self.wave else self.name


@dataclass(frozen=True)
class NonresponseStep:
    """How respondents come to stand for those like them who did not answer (methodology C7.1 and C7.2)."""

    method: str  # classes: of alike covariates; propensity: a logistic regression on them
    covariates: tuple[Covariate, ...]
    is_each_wave: bool = False  # one model for each wave of the set, given those before; else one for all of it
    n_classes: int | None = None  # of a propensity: classes of equal size instead of the inverse itself
    largest_factor: float = 3.0  # times the factor of everyone together; larger ones are capped
    smallest_class: int = 30  # respondents; smaller classes join the next


@dataclass(frozen=True)
class OtherMeans:
    """How members recruited by other means than a random sample enter a weight: by pseudo-weights (C16 b)."""

    domains: tuple[str, ...]  # known of them and of those drawn at random
    largest_factor: float = 3.0  # times their average pseudo-weight; larger ones are capped


@dataclass(frozen=True)
class TrimmingStep:
    """Where final weights are capped, within the calibration. Exactly one is set."""

    ratio_to_median: float | None = None
    quantiles: tuple[float, float] | None = None


@dataclass(frozen=True)
class CalibrationStep:
    """Calibration of a recipe; `controls` is `population` (surveys' margins) or a starting wave's totals."""

    method: str
    margins: tuple[str, ...]
    controls: str = "population"  # or "starting_wave": the totals are estimated from the starting sample
    missing: dict[str, str] = field(default_factory=dict)  # margin: "largest" (category) or refuse
    tolerance: float = 1e-9
    max_iterations: int = 1000


@dataclass(frozen=True)
class ReplicateDraws:
    """How the replicate weights of a survey are drawn: one seed for the panel, so that its waves share the draws."""

    kind: str = "bootstrap"
    number: int = 500  # of replicates (methodology C6); the design decides it for jk1, jkn, brr and fay
    seed: int = 1


USUAL_DRAWS = ReplicateDraws()


@dataclass(frozen=True)
class WeightRecipe:
    """One `weight_id`: supplied by a producer (a roster column) or made by us from base weight and calibration."""

    weight_id: str
    kind: str  # cross_sectional | longitudinal
    waves: tuple[str, ...]  # the wave set; () = a cross-sectional weight for each wave
    use_when: str
    supplied: str | None = None  # roster column, or our name of a column in each wave's delivery
    is_supplied_by_wave: bool = False
    selection_probabilities: dict[str, str] = field(default_factory=dict)  # cohort: roster column
    # cohort: roster column, 1 for members whom its frame had, 0 for others. Cohorts are then combined by their
    # effective sizes, each member's chance being known for the own cohort only; {}: by multiplicity
    covered: dict[str, str] = field(default_factory=dict)
    other_means: OtherMeans | None = None  # None: members recruited by other means are left out
    starting_wave: str | None = None
    starting_weight: str | None = None  # weight_id of the starting wave
    is_equal_base: bool = False  # 1 for everyone: the selection probabilities are lost (methodology C16 d)
    keeps_ineligible: bool = False  # the known ineligible are calibrated too, then dropped (methodology C7.3)
    calibration: CalibrationStep | None = None
    nonresponse: NonresponseStep | None = None
    trimming: TrimmingStep | None = None

    def inference(self, of_survey: str) -> str:
        """Return what estimates with this weight rest on, given what the survey's own do."""
        if self.other_means is not None:
            return "pseudo_weighted"
        return "calibrated_legacy" if self.is_equal_base and of_survey == "probability" else of_survey
