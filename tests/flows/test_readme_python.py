"""What the README tells to call from Python runs as it stands there, and gives golden figures."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data_files import read_table
from pipeline.data_tables.design import DesignColumns, designs
from pipeline.data_tables.questions import domains, items
from pipeline.estimation.contrasts import joint_estimates, wald_test
from pipeline.estimation.regression import Predictors, regression
from pipeline.estimation.tests import corrected_p_values, rao_scott
from tests.flows.statistics_builders import near

README = Path(__file__).resolve().parents[2] / "README.md"
NAMES = (
    Path, np, read_table, DesignColumns, designs, domains, items, joint_estimates, wald_test, Predictors, regression,
    corrected_p_values, rao_scott,
)  # fmt: skip


def test_tests_and_regressions_of_the_readme(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    known: dict[str, Any] = {getattr(one, "__name__", "").rpartition(".")[2]: one for one in NAMES} | {"np": np}
    exec(code, known)
    assert (known["independence"].f, known["independence"].p_value) == near((0.0293730679, 0.968548523))  # G8
    assert known["means"].estimate == near([0.625314334, 0.590609555, 0.606844741])  # G4
    smaller, larger = sorted([known["independence"].p_value, known["alike"].p_value])
    assert known["family"].min() == known["family"].max() == min(1.0, max(2 * smaller, larger))
    assert known["model"].terms == ("constant", "sex 2")
    assert "sex 2" in capsys.readouterr().out
