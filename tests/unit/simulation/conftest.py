"""One small simulated panel, its people and its assumptions, made once for each file of tests."""

import numpy as np
import pytest

from pipeline import simulation, survey_files
from pipeline.simulation import population
from tests.unit.simulation.reading import FOLDER, SMALL, TODAY, read


@pytest.fixture(scope="module")
def survey():
    return survey_files.read_survey(FOLDER)


@pytest.fixture(scope="module")
def files():
    return {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / "simulation").glob("*.csv")}


@pytest.fixture(scope="module")
def assumptions(survey, files):
    return simulation.read_assumptions(files, survey, SMALL)


@pytest.fixture(scope="module")
def people(survey, assumptions):
    return population.draw_population(survey, 20_000, assumptions, np.random.default_rng(1))


@pytest.fixture(scope="module")
def panel(survey, assumptions):
    return simulation.simulate_panel(survey, assumptions=assumptions, members=600, waves=8, seed=5, today=TODAY)


@pytest.fixture(scope="module")
def members(panel):
    return read(panel.deliveries["member_list.csv"])
