"""However a codebook or an export is broken, it is read or refused in one message, never with a traceback."""

import random
from pathlib import Path

import pytest

from pipeline.errors import DeliveryError
from pipeline.wave_files import read_delivery
from tests.unit import test_ddi_codebook, test_kobo, test_limesurvey, test_qualtrics, test_triple_s

N_BROKEN = 60
TRIPLE_S = test_triple_s.survey(
    test_triple_s.SINGLE
    + test_triple_s.variable("multiple", 3, 5, name="M", inner=test_triple_s.values(1, 2, 3))
    + test_triple_s.variable(
        "multiple", 6, 9, name="S", inner='<spread subfields="2" width="2"/>' + test_triple_s.values(1, 12)
    )
    + test_triple_s.variable("date", 10, 17, name="D")
)
PAIRS = {
    "triple_s": ("01101120120150805\n 2000 1  00000000\n", TRIPLE_S),
    "limesurvey": (f"{test_limesurvey.OWN},{test_limesurvey.QUESTIONS}\n{test_limesurvey.WORDS}", test_limesurvey.NEW),
    "ddi": ("1 1 01975-01-02\n8 0-1\n", test_ddi_codebook.NESSTAR.format(xmlns="", **test_ddi_codebook.PLACES)),
    "kobo": (test_kobo.DATA, '{"content": {"survey": [{"type": "select_one l", "name": "q", "label": ["Q", "F"]}], '
             '"choices": [{"list_name": "l", "name": "a", "label": "A"}]}}'),
    "qualtrics": (
        f"{test_qualtrics.NAMES}\n{test_qualtrics.TEXTS}\n{test_qualtrics.IDS}\n{test_qualtrics.ROWS}", "",
    ),
}  # fmt: skip


def broken(content: bytes, rng: random.Random) -> bytes:
    """Return content that is cut off, has bytes changed, doubled or lost, or numbers that are far too large."""
    at = rng.randrange(len(content))
    number = next((i for i in range(at, len(content)) if content[i : i + 1].isdigit()), at)
    return rng.choice(
        [
            content[:at],
            content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :],
            content[:at] + content[at : at + 80] + content[at:],
            content[:at] + content[at + rng.randrange(1, 80) :],
            content[:number] + b"99999999999999999999" + content[number:],
            content[:number] + b"-" + content[number + 1 :],
        ]
    )


@pytest.mark.parametrize("name", PAIRS)
def test_a_broken_pair_is_read_or_refused_in_one_message(tmp_path: Path, name: str) -> None:
    rng = random.Random(name)
    data, codebook = (text.encode() for text in PAIRS[name])
    messages = []
    for number in range(N_BROKEN):
        is_data = number % 2 == 0 or not codebook
        (tmp_path / "data").write_bytes(broken(data, rng) if is_data else data)
        (tmp_path / "book").write_bytes(codebook if is_data else broken(codebook, rng))
        try:
            read_delivery(tmp_path / "data", codebook=tmp_path / "book" if codebook else None)
        except DeliveryError as error:
            messages.append(str(error))
    assert 0 < len(messages) < N_BROKEN
    assert all(message.startswith(("data: ", "book: ")) for message in messages)


@pytest.mark.parametrize("name", [name for name, (_, codebook) in PAIRS.items() if codebook])
def test_the_pair_itself_is_read(tmp_path: Path, name: str) -> None:
    data, codebook = PAIRS[name]
    (tmp_path / "data").write_text(data, encoding="utf-8")
    (tmp_path / "book").write_text(codebook, encoding="utf-8")
    assert read_delivery(tmp_path / "data", codebook=tmp_path / "book").frame.height == 2


def test_nested_elements_without_end_are_no_blow_up(tmp_path: Path) -> None:
    deep = "<i>" * 50_000 + "</i>" * 50_000
    (tmp_path / "book").write_text(test_triple_s.SINGLE.replace("One", deep), encoding="utf-8")
    (tmp_path / "data").write_text("01\n", encoding="utf-8")
    with pytest.raises(DeliveryError, match="starts with <variable>"):
        read_delivery(tmp_path / "data", codebook=tmp_path / "book")
    (tmp_path / "book").write_text(test_triple_s.survey(test_triple_s.SINGLE.replace("One", deep)), encoding="utf-8")
    assert read_delivery(tmp_path / "data", codebook=tmp_path / "book").frame.height == 1
