"""Every file of sql/ that makes rows has a test in this folder that names it: given rows, expected rows."""

import ast
from functools import cache
from pathlib import Path

import pytest

from pipeline.warehouse.models import model_files

LAYERS = ("staging", "core", "marts", "macros", "checks")


@cache
def texts() -> frozenset[str]:
    """Return the texts that stand in the code of the tests of this folder, this one left out."""
    files = [path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("path", [path for layer in LAYERS for path in model_files(layer)], ids=lambda path: path.stem)
def test_every_model_is_named_by_a_test(path: Path) -> None:
    layer, model = path.parent.name, path.stem
    if layer == "macros":
        is_named = any(f"{model}(" in text for text in texts())
    else:
        is_named = bool({model, f"{layer}.{model}"} & texts())
    assert is_named, f"sql/{layer}/{model}.sql has no test in tests/sql: give it rows, and say which it must make"
