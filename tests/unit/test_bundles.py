"""A .zip of data and codebook is one delivery; one that is no delivery is refused before it is unpacked."""

import zipfile
from pathlib import Path

import pytest

from pipeline.errors import DeliveryError
from pipeline.wave_files import read_delivery
from pipeline.wave_files.content import AT_ONCE
from tests.unit.wave_formats_data import real

SSS = (
    '<sss version="2.0"><survey><record ident="A" href="w3.asc"><variable ident="1" type="single"><name>Q1</name>'
    '<label>L</label><position start="1"/><values><value code="1">Yes</value></values></variable>'
    "</record></survey></sss>"
)


def packed(folder: Path, files: dict[str, str | bytes]) -> Path:
    path = folder / "w3.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_data_and_codebook_are_read_as_one_delivery(tmp_path: Path) -> None:
    delivery = read_delivery(packed(tmp_path, {"w3/w3.sss": SSS, "w3/w3.asc": "1\n1\n"}))
    assert (delivery.frame["Q1"].to_list(), delivery.file_name) == (["1", "1"], "w3.zip")
    assert delivery.variables[0].values == {"1": "Yes"}


def test_the_data_file_that_the_codebook_names_is_read(tmp_path: Path) -> None:
    files = {"w3.sss": SSS, "w3.asc": "1\n", "readme.txt": "see w3.asc", "__MACOSX/w3.asc": "x", ".DS_Store": "x"}
    assert read_delivery(packed(tmp_path, files)).frame.height == 1


def test_a_table_alone_may_be_zipped(tmp_path: Path) -> None:
    assert read_delivery(packed(tmp_path, {"w3.csv": "id,q1\n1,2\n"})).frame.rows() == [(1, "1", "2")]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"w3.sss": SSS}, "0 files of data and 1 codebooks"),
        ({"a.csv": "id,q\n1,2\n", "b.csv": "id,q\n1,2\n"}, "2 files of data"),
        ({"../w3.csv": "id,q\n1,2\n"}, "leads out of"),
        ({"a/w3.csv": "id,q\n1,2\n", "b/w3.csv": "id,q\n1,2\n"}, "files of one name"),
        ({"w3.csv": b"\x00" * (AT_ONCE + 1)}, "which no table does"),
        ({f"{number}.csv": "" for number in range(51)}, "holds 51 files"),
        ({"w3.sss": SSS[:99], "w3.asc": "1\n"}, "w3.sss: line 1"),
    ],
)
def test_what_is_no_delivery_is_refused(tmp_path: Path, files: dict[str, str | bytes], said: str) -> None:
    with pytest.raises(DeliveryError, match=said):
        read_delivery(packed(tmp_path, files))


def test_a_zip_in_a_zip_is_not_unpacked(tmp_path: Path) -> None:
    inner = packed(tmp_path, {"w3.csv": "id,q1\n1,2\n"}).read_bytes()
    with pytest.raises(DeliveryError, match=r"inner\.zip: this is a zip archive"):
        read_delivery(packed(tmp_path, {"inner.zip": inner}))


def test_a_zip_that_is_damaged_inside_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, {"w3.csv": "id,q\n" + "1,2\n" * 500})
    content = bytearray(path.read_bytes())
    content[45] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(DeliveryError, match="damaged"):
        read_delivery(path)


@pytest.mark.parametrize(
    "files", [{"w3.csv": "id,q1\n1,2\n"}, {"xl/workbook.xml": "<a/>", "[Content_Types].xml": "<a/>"}]
)
def test_a_zip_with_any_byte_changed_is_read_or_refused(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    content = packed(tmp_path, files).read_bytes()
    path, said = tmp_path / "changed.zip", set()
    for place in range(len(content)):
        for value in (0, 1, 99, 128, 255):  # 99 asks, in the directory, for a format that nobody reads
            path.write_bytes(content[:place] + bytes([value]) + content[place + 1 :])
            try:
                read_delivery(path)
            except DeliveryError as error:
                said.add(str(error).split(":")[0])
    assert said == {"changed.zip"}


@pytest.mark.parametrize(("codebook", "data"), [("sample-1.sss", "sample-1.asc"), ("sample-2.sss", "sample-2.csv")])
def test_real_triple_s_pairs_are_read_from_a_zip(tmp_path: Path, codebook: str, data: str) -> None:
    folder = real("triple_s")
    delivery = read_delivery(packed(tmp_path, {name: (folder / name).read_bytes() for name in (codebook, data)}))
    beside = read_delivery(folder / data, codebook=folder / codebook)
    assert delivery.frame.equals(beside.frame)
    assert delivery.variables == beside.variables
