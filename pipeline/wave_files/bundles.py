"""One .zip that holds a delivery's data and its codebook: which member is which, unpacked within bounds."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from pipeline.errors import DeliveryError
from pipeline.triple_s import SssSurvey
from pipeline.wave_files.codebook_files import is_codebook, read_codebook_file
from pipeline.wave_files.content import AT_ONCE, MOST_TIMES, MOST_UNPACKED, Content

ZIP_SIGN = b"PK\x03\x04"
OF_WORKBOOKS = ("[Content_Types].xml", "mimetype")  # members of what is a zip to itself: .xlsx, .ods
MOST_MEMBERS = 50
ENCRYPTED = 0x1
MAC_FOLDER = "__MACOSX"


@dataclass(frozen=True)
class Bundle:
    """The unpacked data and codebook of a .zip; None: it holds no codebook."""

    data: Path
    codebook: Path | None


def is_bundle(content: Content) -> bool:
    """Return whether a file is a .zip of files, not a workbook."""
    if not content.head.startswith(ZIP_SIGN):
        return False
    try:
        with content.opened() as file, zipfile.ZipFile(file) as archive:
            return not set(OF_WORKBOOKS) & set(archive.namelist())
    except (zipfile.BadZipFile, RuntimeError, ValueError):
        return False  # cut off: the reader of workbooks, or of text, says so


@contextmanager
def unpacked_bundle(content: Content) -> Iterator[Bundle]:
    """Yield the data and the codebook of a .zip, in a folder that goes away.

    Raises:
        DeliveryError: it is damaged, encrypted, far larger unpacked, or holds no or several files of data.
    """
    with TemporaryDirectory() as folder, content.opened() as file:
        try:
            with zipfile.ZipFile(file) as archive:
                paths = [unpack(archive, one, Path(folder)) for one in members(archive, content.name)]
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise DeliveryError(
                f"{content.name}: the .zip is damaged, or packed in a way that is not read. Pack it again."
            ) from error
        yield told_apart(paths, content.name)


def members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """Return the files in a .zip, before any is unpacked; those that systems add by themselves are left out."""
    named = [one for one in archive.infolist() if one.filename and not one.is_dir()]
    found = [one for one in named if is_delivered(PurePosixPath(one.filename))]
    packed, size = sum(one.compress_size for one in found), sum(one.file_size for one in found)
    names = [PurePosixPath(one.filename).name for one in found]
    if len(found) > MOST_MEMBERS:
        problem = f"holds {len(found):,} files, expected a file of data and perhaps its codebook"
    elif any(".." in PurePosixPath(one.filename).parts or one.filename.startswith(("/", "\\")) for one in found):
        problem = "holds a file whose name leads out of the .zip, expected plain names"
    elif len(set(names)) < len(names):
        problem = "holds files of one name in several folders, expected one of each"
    elif any(one.flag_bits & ENCRYPTED for one in found):
        problem = "is encrypted, expected one without a password"
    elif any(one.header_offset < 0 for one in found):
        problem = "is damaged: its directory names a place before its start"
    elif size > MOST_UNPACKED or (size > AT_ONCE and size > MOST_TIMES * packed):
        problem = f"of {packed:,} bytes unpacks to {size:,}, which no table does"
    else:
        return found
    raise DeliveryError(f"{name}: the .zip {problem}. Pack it again.")


def is_delivered(path: PurePosixPath) -> bool:
    """Return whether a member is somebody's file, not one that an operating system put beside it."""
    return MAC_FOLDER not in path.parts and not path.name.startswith(".")


def unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> Path:
    """Return where a member was written to: its own name without any folder."""
    path = folder / PurePosixPath(member.filename.replace("\\", "/")).name
    with archive.open(member) as source, path.open("wb") as target:
        while part := source.read(AT_ONCE):
            target.write(part)
    return path


def told_apart(paths: list[Path], name: str) -> Bundle:
    """Return which file is the data and which the codebook, told by content."""
    codebooks = [path for path in paths if is_codebook(path)]
    data = [path for path in paths if path not in codebooks]
    codebook = codebooks[0] if len(codebooks) == 1 else None
    if len(data) > 1 and codebook is not None:
        data = [path for path in data if path.name == named_by(codebook)] or data
    if len(data) != 1 or len(codebooks) > 1:
        raise DeliveryError(
            f"{name}: the .zip holds {len(data)} files of data and {len(codebooks)} codebooks, expected one of "
            "data and at most one codebook. Deliver each wave in a .zip of its own."
        )
    return Bundle(data[0], codebook)


def named_by(codebook: Path) -> str:
    """Return the name of the data file that a Triple-S codebook gives; '' when it gives none."""
    survey = read_codebook_file(codebook)
    return PurePosixPath(survey.href.replace("\\", "/")).name if isinstance(survey, SssSurvey) else ""
