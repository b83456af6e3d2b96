import polars as pl
import pytest

from pipeline.wave_files.code_text import as_text, as_texts
from pipeline.wave_files.csv_files import read_csv_text
from pipeline.wave_files.few_values import FEW, SAMPLE_ROWS, with_enums, with_text

IN_A_BYTE = 256  # different values
LATE = SAMPLE_ROWS + 5  # rows, the last of which hold what no row of the sample does


def text(*values: str | None) -> pl.DataFrame:
    return pl.DataFrame({"Q1": pl.Series(values, dtype=pl.String)})


def test_text_of_few_values_becomes_an_enum_and_is_the_same_text() -> None:
    frame = text("2", None, "1", "2")
    found = with_enums(frame)
    assert found.schema["Q1"] == pl.Enum(["1", "2"])
    assert with_text(found).equals(frame)


def test_a_blank_column_stays_text() -> None:
    assert with_enums(text(None, None)).schema["Q1"] == pl.String


def test_a_column_of_many_values_stays_text() -> None:
    frame = text(*(str(number) for number in range(FEW + 1)))
    assert with_enums(frame).equals(frame)


def test_a_column_named_apart_stays_text() -> None:
    assert with_enums(text("1"), but=["Q1"]).schema["Q1"] == pl.String


@pytest.mark.parametrize("start", ["1", None])
def test_a_value_after_the_sample_is_not_lost(start: str | None) -> None:
    frame = text(*[start] * SAMPLE_ROWS, "2", " rare", None)
    found = with_enums(frame)
    assert found.schema["Q1"] == pl.Enum(sorted({start, "2", " rare"} - {None}))
    assert with_text(found).equals(frame)


def test_many_values_after_the_sample_stay_text() -> None:
    frame = text(*["1"] * SAMPLE_ROWS, *(str(number) for number in range(FEW + 1)))
    assert with_enums(frame).equals(frame)


def csv(cells: list[str]) -> pl.DataFrame:
    lines = "\n".join(f"{number},{cell}" for number, cell in enumerate(cells))
    return read_csv_text(
        f"ID,Q1\n{lines}\n", expected_columns=["ID"], file_name="wave.csv", encoding="utf-8", as_enums=True
    ).frame


@pytest.mark.parametrize(
    "late",
    [
        ["1"],
        ["3"],
        [""],
        [" 3 "],
        [" "],
        ["é"],
        [str(number) for number in range(FEW + 1)],
        [*map(str, range(IN_A_BYTE + 1))],
    ],
    ids=lambda late: f"{late}"[:20],
)
def test_a_csv_read_into_enums_holds_the_same_text(late: list[str]) -> None:
    cells = [*["1", "2", "", "-8"] * (LATE // 4), *late, "1"]
    plain = [cell.strip() or None for cell in cells]
    found = csv(cells)
    assert with_text(found)["Q1"].to_list() == plain
    assert found["ID"].to_list() == [str(number) for number in range(len(cells))]
    is_few = len(set(plain)) - 1 <= FEW and not any(cell != cell.strip() for cell in cells)
    assert isinstance(found.schema["Q1"], pl.Enum) is is_few


def test_rows_of_a_csv_that_are_too_long_and_too_short_by_as_many_cells_are_named() -> None:
    with pytest.raises(Exception, match=r"row 2 has 3, row 3 has 1 cells, expected 2") as fault:
        csv(["1", "1,1\n5", "2"])
    assert "1,1" not in str(fault.value)


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([-2, -1, None, 5, 900] * 300, dtype=pl.Int16),
        pl.Series([2**53 + 1, 2**53 + 2] * 600),
        pl.Series([2**64 - 1, 2**64 - 2] * 600, dtype=pl.UInt64),
        pl.Series([0, 255] * 600, dtype=pl.UInt8),
        pl.Series([1.0, 2.0, None, float("nan"), -0.0] * 300),
        pl.Series([1.5, 2.0, 3.25] * 500),
        pl.Series([0.5, 1.5] * 600, dtype=pl.Float32),
        pl.Series([float("inf"), 1.0] * 600),
        pl.Series([None] * 1200, dtype=pl.Float64),
        pl.Series([float("nan")] * 1200),
        pl.Series(range(1500)),
        pl.Series([1, 10_000] * 600),
    ],
)
def test_numbers_looked_up_are_the_text_of_each(values: pl.Series) -> None:
    each = pl.concat([as_text(values.slice(start, 100)) for start in range(0, values.len(), 100)])
    assert as_text(values).equals(each)
    assert as_texts([values], as_enum=True)[0].cast(pl.String).equals(each)
