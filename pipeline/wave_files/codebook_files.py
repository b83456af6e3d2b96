"""A codebook of any format: told by its content, read by the reader of its format."""

from pathlib import Path
from xml.etree.ElementTree import Element

from pipeline.errors import DeliveryError
from pipeline.triple_s import SssSurvey
from pipeline.wave_files.codebook import Codebook
from pipeline.wave_files.content import Content
from pipeline.wave_files.ddi_codebook import read_ddi
from pipeline.wave_files.limesurvey_structure import ROOT_SIGN, read_structure
from pipeline.wave_files.triple_s_metadata import read_triple_s
from pipeline.wave_files.xlsform import is_workbook, is_xlsform, read_form_json, read_xlsform
from pipeline.wave_files.xml_text import is_xml, read_xml

SPACE_AND_MARK = b"\xef\xbb\xbf \t\r\n"
CODEBOOKS = "Triple-S (<sss>), DDI (<codeBook>), a LimeSurvey structure, or an XLSForm"


def read_codebook_file(path: Path) -> SssSurvey | Codebook:
    """Return what a codebook file describes."""
    return read_codebook(Content(path, path.name).all_bytes, path.name)


def is_codebook(path: Path) -> bool:
    """Return whether a file is a codebook rather than data, by how it starts, and a workbook by its sheets."""
    content = Content(path, path.name)
    if is_workbook(content.head):
        return is_xlsform(content.all_bytes)
    return is_xml(content.head) or content.head.lstrip(SPACE_AND_MARK).startswith(b"{")


def read_codebook(content: bytes, file_name: str) -> SssSurvey | Codebook:
    """Return what a codebook describes.

    Raises:
        DeliveryError: it is in no format that is read here, or faulty.
    """
    if is_workbook(content):
        return read_xlsform(content, file_name)
    if content.lstrip(SPACE_AND_MARK).startswith(b"{"):
        return read_form_json(content, file_name)
    if is_xml(content):
        return read_xml_codebook(read_xml(content, file_name), file_name)
    raise DeliveryError(f"{file_name}: this is no codebook, expected {CODEBOOKS}. Deliver one of them.")


def read_xml_codebook(root: Element, file_name: str) -> SssSurvey | Codebook:
    """Return what an XML codebook describes, told by its root."""
    if root.tag == "sss":
        return read_triple_s(root, file_name)
    if root.tag == "codeBook":
        return read_ddi(root, file_name)
    if root.find(ROOT_SIGN) is not None:
        return read_structure(root, file_name)
    raise DeliveryError(f"{file_name}: the XML starts with <{root.tag}>, expected {CODEBOOKS}. Deliver one of them.")
