"""The frozen types of everything under surveys/: a survey, its items, waves, population and analysis plan."""

from dataclasses import dataclass, field, replace
from datetime import date

from pipeline.analysis_plans import ChangePlan, ConditioningPlan, RetentionPlan, TestFamily, TransitionPlan, TrendPlan
from pipeline.anonymity_plan import KAnonymity
from pipeline.mode_guard import ModeGuard
from pipeline.quality_limits import Grid, ResponseQuality, SeverityChange, WaveComparison
from pipeline.translations import Translation
from pipeline.weighting_steps import USUAL_DRAWS, ReplicateDraws, WeightRecipe

DONT_KNOW, REFUSED, NOT_ASKED, SKIPPED, NOT_DISTINGUISHED = (
    "dont_know",
    "refused",
    "not_asked",
    "skipped",
    "not_distinguished",
)
MISSING_KINDS = (DONT_KNOW, REFUSED, NOT_ASKED, SKIPPED, NOT_DISTINGUISHED)
DELIVERY_FORMATS = ("spss", "spss_portable", "stata", "sas_transport", "parquet", "excel", "csv")
ROSTER = "roster"  # source of the member list; the others are waves, and the crosswalk
MAILINGS = "mailings"  # source that tells whom the sending system invited, and what became of it
CROSSWALK = "crosswalk"  # source that tells which ids of different waves are one person
ANY_WAVE = "waves"  # profile source: the first wave that a member answered
ALL = "all"  # domain and domain value of everyone
AGE, BIRTH_YEAR = MEASURES = "age", "birth_year"  # what a profile variable may hold, told differently by waves


@dataclass(frozen=True)
class AnswerOption:
    """One code of a scale; `missing` names which kind of missing it is, None for a substantive answer."""

    code: str
    label: str
    missing: str | None = None
    side: str | None = None  # low | middle | high, of a scale with two sides; the middle may have no answer


@dataclass(frozen=True)
class RowFilter:
    """The rows of a delivery whose `column` holds one of `values`."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """An item is asked only of those whose answer to an earlier `item` is one of `codes`."""

    item: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """A question with fixed wording and scale.

    `kind` is `category` (codes of `options`), `number` (no code frame) or `text` (stored, never published).
    `headline` maps a headline's name to the codes it adds up.
    """

    item: str
    wording: str
    kind: str
    label: str
    options: tuple[AnswerOption, ...] = ()
    scale: str | None = None
    headline: dict[str, tuple[str, ...]] = field(default_factory=dict)
    topic: str | None = None
    research_questions: tuple[str, ...] = ()
    feature: str | None = None
    is_published: bool = True
    values: dict[str, str] = field(default_factory=dict)  # of a number, delivered in words ("89 or Older": "89")
    asked_if: tuple[Route, ...] = ()  # all of them must hold; a wave may declare its own
    ballot: RowFilter | None = None  # the split sample that is asked; a wave may declare its own

    @property
    def answers(self) -> tuple[AnswerOption, ...]:
        """Return the substantive options, in scale order."""
        return tuple(option for option in self.options if option.missing is None)


@dataclass(frozen=True)
class ItemLink:
    """How a newer item relates to the one it follows; `comparability` is one of the three of design.md §2."""

    item_from: str
    item_to: str
    comparability: str  # identical | comparable_with_break | not_comparable
    note: str = ""


@dataclass(frozen=True)
class ItemColumn:
    """Where a wave's delivery holds an item; `recode` maps delivered values to codes before the code frame.

    `asked_if` and `ballot` say of whom this wave asked it; neither: of everybody.
    """

    item: str
    column: str
    recode: dict[str, str] = field(default_factory=dict)
    asked_if: tuple[Route, ...] = ()
    ballot: RowFilter | None = None


@dataclass(frozen=True)
class Source:
    """The delivery of a wave or of the member list: file name pattern and the columns with a meaning."""

    file: str  # relative path or pattern; the newest delivery that fits it counts
    columns: dict[str, str]  # our name (panel_member_id, completed_at, …): delivered column
    required_columns: tuple[str, ...] = ()
    ignored_columns: tuple[str, ...] = ()  # known and unused, no warning; may end in *
    complete_when: RowFilter | None = None  # other rows are partial interviews
    test_rows: RowFilter | None = None  # rows that are not answers of a member; refused with a count
    constants: dict[str, str] = field(default_factory=dict)  # column: the one value allowed in it
    completed_at_format: str | None = None
    optional_columns: dict[str, str] = field(default_factory=dict)  # as `columns`, but a delivery may lack them
    codebook: str | None = None  # path of the file that describes its columns
    format: str | None = None  # this and the rest: where the file's content may not tell
    encoding: str | None = None
    sheet: str | None = None  # of a workbook
    header_row: int | None = None  # of the sheet, from 1
    decimal_comma: bool | None = None
    only_rows: RowFilter | None = None  # other rows are of another sample; refused with a count
    linked_ids: dict[str, str] = field(default_factory=dict)  # wave (or roster): column with the same person's id there


@dataclass(frozen=True)
class Part:
    """One part of a wave's delivery: answers by web, on paper, late returns."""

    part: str
    mode: str
    source: Source  # the wave's, with what this part declares otherwise
    items: tuple[ItemColumn, ...]  # the wave's, with those that this part holds elsewhere or did not ask
    adds: bool = False  # each of its files adds rows; else a later file supersedes the earlier one


@dataclass(frozen=True)
class Wave:
    """One fielding of a survey. Dates None: taken from the delivery, and `is_closed` says fieldwork is over."""

    wave: str
    wave_number: int
    fieldwork_start: date | None
    fieldwork_end: date | None
    is_closed: bool
    mode: str
    source: Source
    items: tuple[ItemColumn, ...]
    items_may_be_absent: bool = False
    margins: tuple[str, ...] = ()  # margins to rake to, instead of the recipe's
    row_tolerance: float = 0.0  # share of rows that may be refused before the wave is held
    parts: tuple[Part, ...] = ()  # () = delivered in one piece
    both_answered: tuple[str, ...] = ()  # parts in the order in which a person's interviews count; () = refuse them

    @property
    def delivered_parts(self) -> tuple[Part, ...]:
        """Return the parts; of a wave delivered in one piece, that one, without a name."""
        return self.parts or (Part("", self.mode, self.source, self.items),)

    def in_part(self, part: str) -> "Wave":
        """Return the wave as one of its parts delivers it; the wave itself when it has no such part."""
        for one in self.parts:
            if one.part == part:
                return replace(self, mode=one.mode, source=one.source, items=one.items)
        return self

    def is_in_field(self, today: date) -> bool:
        """Return whether fieldwork is not over on that day (the last fieldwork day counts as in the field)."""
        return not self.is_closed and (self.fieldwork_end is None or today <= self.fieldwork_end)


@dataclass(frozen=True)
class ToldAs:
    """How a wave tells a profile variable that is fixed elsewhere: in another column, as an age or a year of birth."""

    column: str
    measure: str = ""


@dataclass(frozen=True)
class ProfileVariable:
    """What is known of every member, fixed at one source: the member list or one wave's delivery."""

    name: str
    label: str
    source: str  # "roster", a wave, or "waves": the first wave that the member answered
    column: str
    is_number: bool = False
    categories: tuple[str, ...] = ()  # () for a number
    values: dict[str, str] = field(default_factory=dict)  # delivered value: ours, "" = not known
    check_drift: bool = False  # warn when later deliveries with the same column disagree
    measure: str = ""  # age or birth_year: compared as years of birth, off by one where one of them is an age
    known_on: date | None = None  # day an age was true, in a list without dates of joining, or bands of births are ages
    elsewhere: dict[str, ToldAs] = field(default_factory=dict)  # wave: its column, and what that holds

    def column_at(self, wave: str) -> str:
        """Return the column in which a wave tells it."""
        return self.elsewhere[wave].column if wave in self.elsewhere else self.column

    def measure_at(self, wave: str) -> str:
        """Return what a wave tells: age, birth_year, or the value itself."""
        return (self.elsewhere[wave].measure if wave in self.elsewhere else "") or self.measure


@dataclass(frozen=True)
class Band:
    """An interval of a numeric profile variable, both ends included; None is open."""

    value: str
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Domain:
    """A set of subpopulations: the categories of a profile variable, or bands of a numeric one."""

    domain: str
    label: str
    variable: str
    values: tuple[str, ...]
    bands: tuple[Band, ...] = ()
    is_published: bool = True  # False: for weighting only, no estimates
    is_at_wave: bool = False  # bands of the age at the start of a wave's fieldwork, not of the age that was told


@dataclass(frozen=True)
class Margin:
    """Population totals of one variable's categories (or of crossed ones, `a*b` with values `x*y`)."""

    margin: str
    totals: dict[str, float]  # category: persons as used, after `approximation`
    published_totals: dict[str, float]  # as in the source
    unit: str
    universe: str
    source: str
    reference_date: date
    approximation: str | None = None  # "shares": scaled to the population's total, labelled wherever shown


@dataclass(frozen=True)
class Population:
    """Whom estimates speak for."""

    name: str
    unit: str
    universe: str
    persons: float | None
    source: str
    reference_date: date | None


@dataclass(frozen=True)
class Design:
    """Roster columns that carry the sampling design; PSUs are nested in strata."""

    strata: tuple[str, ...] = ()
    psu: str | None = None  # None: every member is a PSU
    lonely_psu: str = "fail"


@dataclass(frozen=True)
class Eligibility:
    """How the member list says who left the population: `columns` (wave: roster column) containing `contains`."""

    columns: dict[str, str] = field(default_factory=dict)
    contains: str = ""
    exit_reasons: tuple[str, ...] = ()  # values of the roster's exit_reason that mean out of the population
    causes: dict[str, str] = field(default_factory=dict)  # why: text that the column of `columns` then contains


@dataclass(frozen=True)
class Invitations:
    """How the member list says who was invited: `columns` (wave: roster column) holding one of `values`."""

    columns: dict[str, str] = field(default_factory=dict)
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mailings:
    """What the sending system exports: a row for each invitation; its files add up, one of the same name corrects.

    Our names for its columns: panel_member_id, invited_to, invited_at, channel, outcome, opened_at.
    """

    source: Source  # its completed_at_format is how invited_at is written
    waves: dict[str, str]  # what a file calls a wave: the wave
    undeliverable: tuple[str, ...] = ()  # outcomes that mean the invitation came back
    row_tolerance: float = 0.0  # share of a file's rows that may be refused


@dataclass(frozen=True)
class Recruitment:
    """How one cohort was recruited, in persons: of those invited who joined, and who of them gave a profile."""

    invited: int
    joined: int
    profiled: int


@dataclass(frozen=True)
class NewsletterWords:
    """What an editor writes around the findings of one wave's newsletter; the findings themselves are not theirs."""

    intro: str = ""
    you_said: tuple[tuple[str, str], ...] = ()  # what members said, and what was done because of it
    thanks: str = ""
    next_survey: str = ""


STATEMENT_ELEMENTS = (  # what only its author can say of a survey, for those who read its figures
    "sponsor",
    "conducted_by",
    "funding",
    "contact",
    "sampling_frame",
    "sampling",
    "recruitment",
    "coverage",
    "incentives",
    "languages",
    "processing",
    "quality_assurance",
    "limitations",
    "release_calendar",
    "pre_release_access",
)


@dataclass(frozen=True)
class Crosswalk:
    """A delivered file that says which ids are one person's: `ids` is wave (or roster): column; one row a person."""

    file: str
    ids: dict[str, str]


@dataclass(frozen=True)
class Survey:
    """Everything declared about one survey."""

    survey: str
    title: str
    member_ids: str  # as_delivered | pseudonym
    disclosure_profile: str  # open | public
    inference: str
    population: Population
    roster: Source
    profile: tuple[ProfileVariable, ...]
    domains: tuple[Domain, ...]
    design: Design
    eligibility: Eligibility
    items: dict[str, Item]
    item_links: tuple[ItemLink, ...]
    blank: str  # kind of missing that an empty cell means
    waves: tuple[Wave, ...]  # in order of wave_number
    margins: dict[str, Margin]
    weights: tuple[WeightRecipe, ...]
    changes: tuple[ChangePlan, ...]
    transitions: tuple[TransitionPlan, ...]
    families: tuple[TestFamily, ...]
    retention: RetentionPlan | None
    methods_note: str = ""
    statement: dict[str, str] = field(default_factory=dict)  # one of STATEMENT_ELEMENTS: what its author says of it
    newsletters: dict[str, NewsletterWords] = field(default_factory=dict)  # by wave
    research_questions: dict[str, str] = field(default_factory=dict)
    severities: dict[str, SeverityChange] = field(default_factory=dict)  # rule code: severity
    comparison: WaveComparison = field(default_factory=WaveComparison)
    grids: dict[str, Grid] = field(default_factory=dict)
    response_quality: ResponseQuality = field(default_factory=ResponseQuality)
    uninvited_statuses: tuple[str, ...] = ()  # of the member list: those in them were not invited to the latest wave
    id_ignores: tuple[str, ...] = ()  # differences between written ids that do not count (pipeline.member_ids)
    has_member_list: bool = True  # False: members are those who answer, from the first wave they answer on
    has_ids_of_each_wave: bool = False  # True: a person's id is another one in every wave
    crosswalk: Crosswalk | None = None
    mode_guard: ModeGuard = field(default_factory=ModeGuard)
    other_means: tuple[str, ...] = ()  # routes of the member list that are no random sample
    invitations: Invitations = Invitations()  # waves it does not name: everybody in the panel was invited
    mailings: Mailings | None = None
    recruitment: dict[str, Recruitment] = field(default_factory=dict)  # cohort: its recruitment; {} not known
    trends: tuple[TrendPlan, ...] = ()
    conditioning: ConditioningPlan | None = None
    replicates: ReplicateDraws = USUAL_DRAWS
    languages: tuple[str, ...] = ("en",)  # it is told in these; its own texts stand in the first
    translations: dict[str, Translation] = field(default_factory=dict)  # by each further language
    k_anonymity: KAnonymity | None = None  # None: members' rows show the profile in full

    def wave(self, wave: str) -> Wave:
        """Return the wave of that name; KeyError when there is none."""
        return {one.wave: one for one in self.waves}[wave]

    @property
    def known_from(self) -> set[str]:
        """Return the sources that tell who the members are and what is known of them: the list, and some waves."""
        fixed = {variable.source for variable in self.profile} - {ANY_WAVE}
        linking = {wave.wave for wave in self.waves if wave.source.linked_ids}
        listed = {ROSTER} if self.has_member_list else set()
        return listed | fixed | linking | ({CROSSWALK} if self.crosswalk else set())

    @property
    def number_columns(self) -> list[str]:
        """Return the columns of the member list that hold numbers weights are made of."""
        columns = [recipe.supplied for recipe in self.weights if recipe.supplied]
        for recipe in self.weights:
            columns += [*recipe.selection_probabilities.values(), *recipe.covered.values()]
        return list(dict.fromkeys(columns))

    def in_part(self, source: str, part: str) -> "Survey":
        """Return the survey with one wave as one of its parts delivers it."""
        waves = (wave.in_part(part) if wave.wave == source else wave for wave in self.waves)
        return replace(self, waves=tuple(waves)) if part else self

    def has_wave(self, wave: str) -> bool:
        """Return whether the survey declares a wave of that name."""
        return any(one.wave == wave for one in self.waves)

    def weight(self, weight_id: str) -> WeightRecipe:
        """Return the recipe of that weight_id; KeyError when there is none."""
        return {recipe.weight_id: recipe for recipe in self.weights}[weight_id]

    def inference_of(self, recipe: WeightRecipe) -> str:
        """Return what estimates with a weight rest on, which is what those with the weight it starts from do."""
        start = recipe.starting_weight
        return self.inference_of(self.weight(start)) if start else recipe.inference(self.inference)
