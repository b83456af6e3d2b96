"""Hundreds of broken deliveries: never a traceback, a hang or a lost file, always a readable message."""

import hashlib
import json
import subprocess
import sys

import pytest

from tests.faults.corpus import ACCEPTED, HELD, IDS, QUARANTINED, SECRET, corpus
from tests.faults.corpus_check import Outcome
from tests.faults.corpus_night import Night, corpus_night, file_name
from tests.nights import CHECKOUT, environment

CASES = {case.name: case for case in corpus()}
LONGEST_MESSAGE = 2000
EVERY = 12  # of the cases, in the night


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Outcome], int]:
    """Return the outcome of every case, and the peak memory in kilobytes, from a process that may not hang."""
    folder = tmp_path_factory.mktemp("corpus")
    command = [sys.executable, "-m", "tests.faults.corpus_check", str(folder)]
    subprocess.run(command, check=True, timeout=600, cwd=CHECKOUT, env=environment())
    found = json.loads((folder / "outcomes.json").read_text())
    return {one["name"]: Outcome(**one) for one in found["outcomes"]}, found["peak"]


@pytest.fixture(scope="module")
def night(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Return one night to which a twelfth of the cases came at once, with a good delivery last."""
    cases = [*list(CASES.values())[::EVERY], CASES["columns in another order"]]
    return corpus_night(tmp_path_factory.mktemp("corpus_night") / "panel", cases)


def test_there_are_at_least_300_cases_and_each_comes_to_an_end(checked: tuple[dict[str, Outcome], int]) -> None:
    assert len(CASES) >= 300
    assert checked[0].keys() == CASES.keys()


def test_cases_with_one_right_fate_meet_it(checked: tuple[dict[str, Outcome], int]) -> None:
    wrong = {
        name: (case.fate, checked[0][name].fate, checked[0][name].messages[:1])
        for name, case in CASES.items()
        if case.fate is not None and case.fate != checked[0][name].fate
    }
    assert not wrong


def test_a_check_without_great_expectations_foretells_every_case(checked: tuple[dict[str, Outcome], int]) -> None:
    assert [name for name, outcome in checked[0].items() if not outcome.is_foretold] == []
    assert sum(outcome.fate == HELD for outcome in checked[0].values()) > EVERY  # not all quarantined


def test_every_refusal_names_the_file_or_the_wave_and_what_is_expected(
    checked: tuple[dict[str, Outcome], int],
) -> None:
    silent = [
        name
        for name, outcome in checked[0].items()
        if outcome.fate != ACCEPTED
        and not all("case" in message or message.startswith("w01") for message in outcome.messages)
    ]
    mute = [name for name, outcome in checked[0].items() if outcome.fate != ACCEPTED and not outcome.messages]
    unsaid = [
        (name, word)
        for name, case in CASES.items()
        for word in case.says
        if word not in " ".join(checked[0][name].messages)
    ]
    assert (silent, mute, unsaid) == ([], [], [])


def test_no_message_shows_an_answer_or_an_id_or_goes_on_for_ever(checked: tuple[dict[str, Outcome], int]) -> None:
    told = {
        name: message
        for name, outcome in checked[0].items()
        for message in outcome.messages
        if SECRET in message or any(member in message for member in IDS) or len(message) > LONGEST_MESSAGE
    }
    assert not told


def test_no_case_takes_much_memory(checked: tuple[dict[str, Outcome], int]) -> None:
    assert checked[1] < 2 << 20  # 2 GB in kilobytes, the libraries included


def test_a_night_goes_on_past_every_broken_file(night: Night) -> None:
    assert night.ran.exit_code == 1
    assert "Traceback" not in night.ran.text
    assert night.status()[list(night.cases)[-1]] == ACCEPTED
    assert {HELD, QUARANTINED, ACCEPTED} == set(night.status().values())


def test_a_night_keeps_every_original(night: Night) -> None:
    archived = {path.name.split(".")[0]: path for path in (night.panel.root / "var" / "archive").iterdir()}
    for case in night.cases.values():
        kept = archived[hashlib.sha256(case.content).hexdigest()]
        assert kept.read_bytes() == case.content
    assert night.panel.inbox() == []


def test_a_night_says_of_every_file_what_became_of_it(night: Night) -> None:
    for wave, fate in night.status().items():
        name = file_name(wave, night.cases[wave])
        if fate == QUARANTINED:
            reason = (night.panel.root / "var" / "quarantine" / f"{name}.reason.txt").read_text()
            assert reason.strip()
            assert "did not foresee" not in reason
            assert name in night.ran.output
        else:
            assert f"corpus, {wave}: " in night.ran.output


def test_a_night_counts_every_row_as_accepted_refused_or_superseded(night: Night) -> None:
    counts = night.counts()
    assert (counts["delivered"] == counts["found"]).all()


def test_a_night_shows_no_answer_and_no_id(night: Night) -> None:
    assert SECRET not in night.ran.text
    assert not any(member in night.ran.text for member in IDS)
