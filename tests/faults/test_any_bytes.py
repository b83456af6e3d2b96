"""Whatever stands in a file: it is read, or refused in words. Hypothesis looks for bytes that do otherwise."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DefinitionError, DeliveryError
from pipeline.survey_files import read_surveys
from pipeline.wave_files import read_delivery
from tests.faults.corpus import HEADER, good
from tests.survey_folder import FILES, write_survey

GOOD = good()
PIECES = st.sampled_from([b'"', b"\r", b"\n", b",", b";", b"\t", b"\0", b"\xff", b"\xef\xbb\xbf", b"=1+1", b"<b>", b""])
SLIPS = ("", " ", "\t", ": ", "- ", '"', "'", "{", "]", "#", "&a ", "*a", "!!python/object:os.system ", "null", "1e999")


def read(content: bytes) -> None:
    """Read content as a delivery, or have it refused with its file's name."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "w01.csv"
        path.write_bytes(content)
        refusal = ""
        try:
            frame = read_delivery(path, expected_columns=HEADER).frame
        except DeliveryError as error:
            refusal = str(error)
        assert refusal.startswith("w01.csv: ") or frame.columns[0] == "row_number"


@settings(max_examples=300, deadline=5000)
@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 40), PIECES), max_size=6))
def test_a_good_delivery_with_pieces_replaced_is_read_or_refused(edits: list[tuple[int, int, bytes]]) -> None:
    content = GOOD
    for place, length, piece in edits:
        content = content[:place] + piece + content[place + length :]
    read(content)


@settings(max_examples=300, deadline=5000)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    read(content)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_slip_in_a_definition_is_read_or_names_its_file(file: str, data: st.DataObject) -> None:
    lines = FILES[file].splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    line = lines[place]
    at = data.draw(st.integers(0, len(line)))
    slip = data.draw(st.sampled_from(SLIPS))
    kind = data.draw(st.sampled_from(["insert", "delete", "twice", "cut", "move"]))
    changed = {
        "insert": [line[:at] + slip + line[at:]],
        "delete": [],
        "twice": [line, line],
        "cut": [line[:at]],
        "move": [slip + line.lstrip()],
    }[kind]
    with TemporaryDirectory() as folder:
        root = Path(folder)
        survey = write_survey(root)
        (survey / file).write_text("\n".join([*lines[:place], *changed, *lines[place + 1 :]]) + "\n", encoding="utf-8")
        refusal = "small"
        try:
            read_surveys(root)
        except DefinitionError as error:
            refusal = str(error)
        assert file.rsplit("/", 1)[-1] in refusal or "small" in refusal
