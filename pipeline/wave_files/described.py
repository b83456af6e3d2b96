"""A delivery with all that its export tells of it: by its platform's habits, and by the codebook beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DeliveryError
from pipeline.triple_s import FIXED, SssSurvey
from pipeline.wave_files import reading
from pipeline.wave_files.content import Content, Said
from pipeline.wave_files.delivery import Delivery
from pipeline.wave_files.qualtrics import described_qualtrics, is_qualtrics
from pipeline.wave_files.triple_s_data import read_triple_s_data
from pipeline.wave_files.triple_s_metadata import read_triple_s
from pipeline.wave_files.xml_text import is_xml, read_xml


@dataclass(frozen=True)
class Platform:
    """A survey platform: how its exports are recognised, and what their headings say."""

    is_its: Callable[[Delivery], bool]
    described: Callable[[Delivery, Sequence[str]], Delivery]


PLATFORMS = (Platform(is_qualtrics, described_qualtrics),)


def read_delivery(
    path: Path,
    *,
    expected_columns: tuple[str, ...] = (),
    file_name: str | None = None,
    codebook: Path | None = None,
    said: Said | None = None,
) -> Delivery:
    """Return the rows of a delivered file, all text, numbered from 1, with what the export says of its columns.

    Args:
        path: the file, whatever its name ends in.
        expected_columns: columns that tell which delimiter fits, and whether line 1 is a header.
        file_name: the name to use in messages, where the file is kept under another one.
        codebook: the file that describes the columns, whatever its name ends in.
        said: what the definition says of the file where content may not tell: format, encoding, sheet …

    Raises:
        DeliveryError: the file, or its codebook, cannot be read; says what was found and what to do.
    """
    name = file_name or path.name
    if codebook is not None:
        return read_with_codebook(path, codebook, name)
    delivery = reading.read_delivery(path, expected_columns=expected_columns, file_name=name, said=said)
    return by_platform(delivery, expected_columns)


def by_platform(delivery: Delivery, expected_columns: Sequence[str]) -> Delivery:
    """Return a delivery as the platform means it that it comes from; as it is when none is recognised."""
    found = next((one for one in PLATFORMS if one.is_its(delivery)), None)
    return delivery if found is None else found.described(delivery, expected_columns)


def read_with_codebook(path: Path, codebook: Path, name: str) -> Delivery:
    """Return the rows of a file as its codebook describes them."""
    survey = read_codebook(Content(codebook, codebook.name).all_bytes, codebook.name)
    return read_triple_s_file(path, survey, name)


def read_codebook(content: bytes, file_name: str) -> SssSurvey:
    """Return what a codebook describes, told by its content.

    Raises:
        DeliveryError: it is in no format that is read here.
    """
    if is_xml(content):
        root = read_xml(content, file_name)
        if root.tag == "sss":
            return read_triple_s(root, file_name)
        raise DeliveryError(
            f"{file_name}: the XML starts with <{root.tag}>, expected {CODEBOOKS}. Deliver one of them."
        )
    raise DeliveryError(f"{file_name}: this is no codebook, expected {CODEBOOKS}. Deliver one of them.")


CODEBOOKS = "Triple-S metadata (<sss>)"


def read_triple_s_file(path: Path, survey: SssSurvey, name: str) -> Delivery:
    """Return the rows of a Triple-S data file in the encoding that the metadata names, or else by its bytes."""
    content = Content(path, name)
    if survey.format == FIXED and is_xml(content.all_bytes):
        raise DeliveryError(f"{name}: this is XML, expected the data file of the codebook. Exchange the two.")
    text, encoding = content.decoded
    return read_triple_s_data(text, survey, name, encoding)
