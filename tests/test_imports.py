"""The way of the data is one direction: each module imports only what stands before it."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ORDER = (
    ("pipeline.errors",),
    (
        "pipeline.weighting_steps",
        "pipeline.mode_guard",
        "pipeline.analysis_plans",
        "pipeline.quality_limits",
        "pipeline.anonymity_plan",
    ),
    ("pipeline.translations",),
    ("pipeline.definitions",),
    ("pipeline.rules",),
    ("pipeline.design",),
    (
        "pipeline.member_ids",
        "pipeline.member_lists",
        "pipeline.weighting",
        "pipeline.estimation",
        "pipeline.retention",
        "pipeline.disclosure",
        "pipeline.simulation",
        "pipeline.deliveries",
        "pipeline.local_time",
        "pipeline.triple_s",
        "pipeline.panel",
        "pipeline.weight_choice",
        "pipeline.series",
        "pipeline.step_inputs",
        "pipeline.k_anonymity",
        "pipeline.response_quality",
        "pipeline.word_shapes",
        "pipeline.known_profile",
        "pipeline.crosswalk",
        "pipeline.answer_shares",
        "pipeline.data_tables",
        "pipeline.wave_files.delivery",  # what an export says of itself: plain data
        "pipeline.adoption",
    ),
    (
        "pipeline.settings",
        "pipeline.theme",
        "pipeline.logo",
        "pipeline.fingerprint",
        "pipeline.run_log",
        "pipeline.lock",
        "pipeline.quiet_end",
        "pipeline.private_folder",
        "pipeline.requests",
        "pipeline.intake",
        "pipeline.register_store",
        "pipeline.survey_files",
        "pipeline.wave_files",
        "pipeline.data_files",
        "pipeline.exchange",
        "pipeline.warehouse",
        "pipeline.validation",
    ),
    ("reports",),
    ("flows",),
    ("flows.cli",),
)
ONLY_USERS = {
    "duckdb": ("pipeline.warehouse",),
    "great_expectations": ("pipeline.validation",),
    "sqlalchemy": ("pipeline.validation",),
    "yaml": ("pipeline.survey_files",),
    "prefect": ("flows",),
    "pyreadstat": (
        "pipeline.wave_files.statistics_files",
        "pipeline.data_files.writing",
        "pipeline.exchange.statistics_files",
    ),
}
EDGES = 5
CORE_LIBRARIES = {"numpy", "scipy", "polars", "statsmodels"}


def modules() -> list[Path]:
    return [path for room in ("pipeline", "reports", "flows") for path in sorted((PROJECT / room).rglob("*.py"))]


def dotted(path: Path) -> str:
    name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
    return name.removesuffix(".__init__")


@cache
def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def is_in(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def place(name: str) -> int | None:
    places = [(len(room), number) for number, rooms in enumerate(ORDER) for room in rooms if is_in(name, room)]
    return max(places)[1] if places else None


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_every_module_has_a_place_and_imports_only_what_stands_before_it(path: Path) -> None:
    own = dotted(path)
    if own == "pipeline":
        return
    assert place(own) is not None, f"{own} has no place in the order"
    for name in imported(path):
        other = place(name)
        if other is not None:
            assert other <= place(own), f"{own} imports {name}, which stands after it"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_each_outside_thing_has_one_user(path: Path) -> None:
    own = dotted(path)
    for library, users in ONLY_USERS.items():
        if any(is_in(name, library) for name in imported(path)):
            assert any(is_in(own, user) for user in users), f"{own} imports {library}"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_the_core_imports_numbers_and_tables_only(path: Path) -> None:
    own = dotted(path)
    number = place(own)
    if number is None or number >= EDGES:
        return
    roots = {name.split(".")[0] for name in imported(path)}
    assert roots <= CORE_LIBRARIES | {"pipeline"} | set(sys.stdlib_module_names), own


FLOW_LAYERS = (
    ("run_context", "environment", "workspaces"),
    ("arrivals",),
    ("releases", "read_again"),
    ("approvals",),
    (
        "ingest_wave",
        "validate_deliveries",
        "join_members",
        "weight_wave",
        "replicate_weights",
        "estimate_wave",
        "change_waves",
        "compare_groups",
        "compare_newcomers",
        "follow_trends",
        "follow_members",
        "quality_effects",
        "protect_members",
        "pages",
    ),  # tasks
    ("figure_steps", "build_tables"),
    ("take_in", "figures", "judge_responses", "summary", "publish"),  # the parts of a night
    ("nightly",),
    ("check", "status", "serve", "draft", "refresh"),
    ("adopted_files",),
    ("demo", "adopt", "draft_wave"),
    ("arguments", "commands", "statistics_commands", "statistics_options"),
    ("cli",),
)


@pytest.mark.parametrize("path", sorted((PROJECT / "flows").glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_flows_import_only_what_stands_before_them(path: Path) -> None:
    layer = {name: number for number, names in enumerate(FLOW_LAYERS) for name in names}
    for name in imported(path):
        other = name.split(".")[1] if name.startswith("flows.") else ""
        if other in layer:
            is_beside = layer[other] == layer[path.stem] and path.stem == "publish"  # it ends by summing up
            assert layer[other] < layer[path.stem] or is_beside, f"{path.stem} imports {other}"
