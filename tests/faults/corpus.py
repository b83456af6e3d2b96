"""Broken deliveries by the hundred, made from one good one: what platforms, offices and disks do to a file."""

import csv
import gzip
import io
import itertools
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

ACCEPTED, HELD, QUARANTINED = "accepted", "held", "quarantined"
HEADER = ("RESP_ID", "DONE", "WAVE", "AGE", "TRUST", "LINKING", "HOURS", "OPEN")
IDS = tuple(f"R-{number}" for number in range(7001, 7025))
SECRET = "Dr Jones of Leeds told me"  # part of an open answer: to be seen in no message
Rows = list[list[str]]


@dataclass(frozen=True)
class Broken:
    """One broken delivery; `fate` None: whatever is right, as long as it is said and nothing is lost."""

    name: str
    content: bytes
    ending: str = ".csv"
    fate: str | None = None
    says: tuple[str, ...] = ()  # what the message must name


def good_rows() -> Rows:
    """Return the rows of the good delivery: 24 members, three items, an open answer."""
    trust, linking = ("1", "2", "3", "4", "5", "-8", "-9"), ("1", "2", "")
    return [
        [
            member,
            f"2025-01-{6 + number % 14:02d} 18:{number:02d}:00",
            "1",
            str(17 + 3 * number),
            trust[number % len(trust)],
            linking[number % len(linking)],
            str(number % 12),
            f"{SECRET}, number {number}" if number % 3 == 0 else "",
        ]
        for number, member in enumerate(IDS)
    ]


def as_csv(rows: Rows, header: tuple[str, ...] = HEADER, *, delimiter: str = ",", line_end: str = "\r\n") -> bytes:
    """Return rows as a platform writes them."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows([header, *rows])
    return text.getvalue().encode()


def good() -> bytes:
    """Return the good delivery."""
    return as_csv(good_rows())


def changed(change: Callable[[Rows], object]) -> bytes:
    """Return the good delivery with its rows changed in place."""
    rows = good_rows()
    change(rows)
    return as_csv(rows)


def with_cell(column: str, value: str, *, rows: int = 1) -> bytes:
    """Return the good delivery with one value in a column of its first rows."""
    place = HEADER.index(column)

    def change(found: Rows) -> None:
        for row in found[:rows]:
            row[place] = value

    return changed(change)


def corpus(seed: int = 1) -> list[Broken]:
    """Return every broken delivery, in a fixed order, each under a name of its own."""
    rng = np.random.default_rng(seed)
    return list(
        itertools.chain(
            truncated(),
            flipped_bytes(rng),
            wrong_values(),
            dates(),
            headers(rng),
            encodings(),
            line_ends_and_delimiters(),
            row_faults(rng),
            whole_files(),
            sizes(),
            other_formats(rng),
        )
    )


def truncated() -> Iterator[Broken]:
    """Cut off anywhere: what a broken upload leaves."""
    content = good()
    for end in range(1, len(content), max(1, len(content) // 40)):
        yield Broken(f"cut off after {end} bytes", content[:end])
    packed = gzip.compress(content, mtime=0)
    for end in range(2, len(packed), len(packed) // 10):
        yield Broken(f"gzip cut off after {end} bytes", packed[:end], ".csv.gz", QUARANTINED, ("case",))


def flipped_bytes(rng: np.random.Generator) -> Iterator[Broken]:
    """Single bytes replaced: what a bad disk or cable does."""
    for number in range(30):
        content = bytearray(good())
        for place in rng.integers(0, len(content), 1 + number % 5):
            content[place] = int(rng.integers(0, 256))
        yield Broken(f"bytes replaced, {number}", bytes(content))
    content = good()
    for place in range(0, len(content), len(content) // 8):
        yield Broken(f"a NUL after {place} bytes", content[:place] + b"\0" + content[place:], ".csv", QUARANTINED)


_WRONG = {
    "a word": "yes please",
    "a fraction": "2.5",
    "a decimal comma": "2,5",
    "a code not in the frame": "7",
    "not a number": "NaN",
    "infinity": "inf",
    "beyond a double": "1e400",
    "beyond 64 bits": "9" * 30,
    "below 64 bits": "-" + "9" * 30,
    "a boolean": "TRUE",
    "a formula": "=1+1",
    "a command": "=cmd|' /C calc'!A0",
    "a sum": "@SUM(1+9)*cmd|' /C calc'!A0",
    "a script": "<script>alert(1)</script>",
    "an image": '<img src="x" onerror="alert(1)">',
    "a label with quotes": 'Strongly "agree"',
    "a path": "../../../etc/passwd",
    "a drive": "C:\\Windows\\System32",
    "SQL": "'; drop table raw.deliveries; --",
    "a template": "{{ 7 * 7 }}{batch}$survey",
    "a quoted line break": "4\n5",
    "spaces": "   ",
    "a no-break space": "\u00a04\u00a0",
    "a full-width digit": "\uff14",
    "an Arabic digit": "\u0664",
    "right-to-left marks": "\u202e4\u202c",
    "an emoji": "\U0001f600",
    "a combining storm": "4" + "\u0301" * 200,
    "a long answer": "4" * 5000,
    "a thousands separator": "1,234",
    "an Excel error": "#REF!",
    "a null": "NULL",
    "a bracket": "[]",
    "hexadecimal": "0x4",
    "leading zeros": "004",
    "a trailing dot": "4.",
    "scientific": "4e0",
    "minus zero": "-0",
}


def wrong_values() -> Iterator[Broken]:
    """One cell that is not what its column holds."""
    certain = {("TRUST", "a word"), ("TRUST", "a code not in the frame"), ("TRUST", "beyond 64 bits")}
    for column in ("TRUST", "HOURS", "AGE", "RESP_ID"):
        for name, value in _WRONG.items():
            fate = HELD if (column, name) in certain else None
            says = ("trust", "column 'TRUST'") if fate else ()
            yield Broken(f"{name} in {column}", with_cell(column, value), fate=fate, says=says)
    for name in ("a formula", "a script", "a quoted line break", "a combining storm", "right-to-left marks"):
        yield Broken(f"{name} in an open answer", with_cell("OPEN", _WRONG[name]), fate=ACCEPTED)


def dates() -> Iterator[Broken]:
    """The same day in the styles that offices use."""
    styles = (
        "06/01/2025",
        "01/06/2025 6:00 PM",
        "6 Jan 2025",
        "20250106",
        "45663.75",
        "1736186400",
        "2025-01-06T18:00Z",
    )
    for style in (*styles, "2025-13-45", "0000-00-00", "9999-12-31", "yesterday", "1899-12-30"):
        yield Broken(f"dates such as {style}", with_cell("DONE", style, rows=24))
        yield Broken(f"one date {style}", with_cell("DONE", style))


def headers(rng: np.random.Generator) -> Iterator[Broken]:
    """Line 1 as it should not be."""
    rows = good_rows()
    for first, second in itertools.combinations(range(len(HEADER)), 2):
        names = list(HEADER)
        names[first], names[second] = names[second], names[first]
        yield Broken(f"{HEADER[first]} and {HEADER[second]} swapped", as_csv(rows, tuple(names)))
    for place, name in enumerate(HEADER):
        others = tuple(one for one in HEADER if one != name)
        without = [[cell for number, cell in enumerate(row) if number != place] for row in rows]
        fate = HELD if name in ("TRUST", "LINKING", "HOURS", "WAVE") else None
        yield Broken(f"no column {name}", as_csv(without, others), fate=fate, says=(f"'{name}'",) if fate else ())
        doubled = tuple(HEADER[0] if number == place else one for number, one in enumerate(HEADER)) if place else HEADER
        yield Broken(f"{name} named as the first", as_csv(rows, doubled))
        yield Broken(
            f"{name} in lower case", as_csv(rows, tuple(one.lower() if one == name else one for one in HEADER))
        )
        yield Broken(f"{name} without a name", as_csv(rows, tuple("" if one == name else one for one in HEADER)))
        spaced = tuple(f"  {one} " if one == name else one for one in HEADER)
        yield Broken(f"{name} between spaces", as_csv(rows, spaced), fate=ACCEPTED)
    yield Broken("no header", as_csv(rows[1:], tuple(rows[0])), fate=QUARANTINED)
    yield Broken("the header twice", as_csv([list(HEADER), *rows]))
    yield Broken("the header in the middle", as_csv([*rows[:12], list(HEADER), *rows[12:]]))
    yield Broken("a title above the header", b"Citizens' Panel wave 1\r\n\r\n" + good())
    yield Broken("two header rows", as_csv([[f"Question {name}" for name in HEADER], *rows]))
    yield Broken("a header of formulas", as_csv(rows, tuple(f"={name}" for name in HEADER)), fate=QUARANTINED)
    yield Broken("a header of 5,000 letters", as_csv(rows, ("x" * 5000, *HEADER[1:])))
    order = rng.permutation(len(HEADER))
    moved = as_csv([[row[one] for one in order] for row in rows], tuple(HEADER[one] for one in order))
    yield Broken("columns in another order", moved, fate=ACCEPTED)


def encodings() -> Iterator[Broken]:
    """The same text in other bytes."""
    rows = good_rows()
    rows[0][-1] = "Zoë, naïve café: £5 – “so” …"
    content = as_csv(rows)
    text = content.decode()
    for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac_roman", "cp500", "utf-7"):
        fate = ACCEPTED if name in ("utf-8-sig", "utf-16", "cp1252") else None
        yield Broken(f"in {name}", text.encode(name, errors="replace"), fate=fate)
    yield Broken("mojibake", text.encode().decode("cp1252", errors="replace").encode(), fate=ACCEPTED)
    yield Broken("mojibake twice", text.encode().decode("latin-1").encode().decode("latin-1").encode(), fate=ACCEPTED)
    yield Broken("two encodings in one file", content + as_csv(rows).decode().encode("cp1252", errors="replace"))
    yield Broken("a mark of UTF-8 in the middle", content[:200] + b"\xef\xbb\xbf" + content[200:])
    yield Broken("a mark of UTF-8 twice", b"\xef\xbb\xbf" * 2 + content)
    yield Broken("a lone surrogate", content[:300] + b"\xed\xa0\x80" + content[300:])


def line_ends_and_delimiters() -> Iterator[Broken]:
    """Other ends of lines, other marks between cells, quotes out of place."""
    rows, content = good_rows(), good()
    lines = content.decode().split("\r\n")
    mixed = "".join(line + end for line, end in zip(lines, itertools.cycle(("\n", "\r\n", "\r")), strict=False))
    yield Broken("mixed line ends", mixed.encode(), fate=ACCEPTED)
    for name, end in {
        "old Mac": "\r",
        "Unix": "\n",
        "doubled": "\r\n\r\n",
        "vertical tab": "\v",
        "U+2028": "\u2028",
    }.items():
        yield Broken(f"{name} line ends", end.join(lines).encode())
    for name, mark in {"semicolon": ";", "tab": "\t", "bar": "|"}.items():
        yield Broken(f"{name} between cells", as_csv(rows, delimiter=mark), fate=ACCEPTED)
    for mark in ("^", "~", " ", ":", "\x01", "§"):
        yield Broken(f"'{mark}' between cells", mark.join(HEADER).encode() + b"\n" + content, fate=None)
        joined = "\n".join(mark.join(row) for row in [list(HEADER), *rows]).encode()
        yield Broken(f"only '{mark}' between cells", joined, fate=QUARANTINED)
    yield Broken("two delimiters", content.replace(b",", b";", 60))
    yield Broken(
        "every cell quoted",
        ("\n".join('"' + '","'.join(row) + '"' for row in [list(HEADER), *rows])).encode(),
        fate=ACCEPTED,
    )
    for place in (0, 30, 100, 500, len(content) - 3):
        yield Broken(f"a quotation mark after {place} bytes", content[:place] + b'"' + content[place:])
        yield Broken(f"a backslash quote after {place} bytes", content[:place] + b'\\"' + content[place:])


def row_faults(rng: np.random.Generator) -> Iterator[Broken]:
    """Rows too many, too few, or of somebody else."""
    repeated = changed(lambda rows: rows.append(rows[0]))
    yield Broken("a respondent twice", repeated, fate=HELD, says=("RESP_ID",))
    yield Broken("everyone twice", changed(lambda rows: rows.extend(good_rows())), fate=HELD)
    yield Broken("an unknown member", with_cell("RESP_ID", "R-9999"), fate=HELD, says=("RESP_ID",))
    yield Broken(
        "nobody known", as_csv([[f"X-{number}", *row[1:]] for number, row in enumerate(good_rows())]), fate=HELD
    )
    yield Broken("a blank id", with_cell("RESP_ID", ""), fate=HELD, says=("RESP_ID",))
    yield Broken("another wave's rows", with_cell("WAVE", "2", rows=24), fate=HELD, says=("WAVE",))
    yield Broken("a member id with a line break", with_cell("RESP_ID", "R-7001\nR-7002"))
    yield Broken(
        "a cell too many", good() + b"R-7001,2025-01-06,1,20,1,1,1,x,y\r\n", fate=QUARANTINED, says=("row 25",)
    )
    yield Broken("a cell too few", good() + b"R-7001,2025-01-06\r\n", fate=QUARANTINED, says=("row 25",))
    yield Broken("blank lines at the end", good() + b"\r\n" * 50, fate=ACCEPTED)
    yield Broken("rows of commas at the end", good() + b",,,,,,,\r\n" * 50, fate=ACCEPTED)
    yield Broken("blank lines between", good().replace(b"\r\n", b"\r\n\r\n"))
    yield Broken("two files in one", good() + good())
    yield Broken("a total below", good() + b"Total,,,,,,24,\r\n")
    yield Broken("rows in another order", as_csv([good_rows()[one] for one in rng.permutation(24)]), fate=ACCEPTED)
    yield Broken("one row only", as_csv(good_rows()[:1]))
    for column in range(1, len(HEADER)):
        blank = changed(lambda rows, column=column: [row.__setitem__(column, "") for row in rows])
        yield Broken(f"{HEADER[column]} blank everywhere", blank)


def whole_files() -> Iterator[Broken]:
    """Files that are something else, or nothing."""
    for name, content in {
        "empty": b"",
        "a line end": b"\r\n",
        "a mark of UTF-8": b"\xef\xbb\xbf",
        "spaces": b"   \n  \n",
        "only a header": good().split(b"\r\n")[0],
        "zeros": b"\0" * 4096,
        "random bytes": bytes(np.random.default_rng(7).integers(0, 256, 5000, dtype=np.uint8)),
        "a web page": b"<!DOCTYPE html><html><body>Please log in</body></html>",
        "JSON": b'[{"RESP_ID": "R-7001", "TRUST": 4}]',
        "XML": b"<?xml version='1.0'?><answers><row id='R-7001'/></answers>",
        "XML that blows up": b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
        + b"]><z>&j;</z>",
        "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "PNG": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "a program": b"\x7fELF\x02\x01\x01" + b"\0" * 200,
        "an e-mail": b"From: fieldwork\nTo: panel\nSubject: wave 1\n\nPlease find attached.\n",
    }.items():
        yield Broken(f"the file is {name}", content, fate=QUARANTINED)


def sizes() -> Iterator[Broken]:
    """More of something than anyone expects."""
    rows = good_rows()
    many = tuple(f"X{number}" for number in range(10_000))
    yield Broken("10,000 more columns", as_csv([[*row, *(["1"] * 10_000)] for row in rows], (*HEADER, *many)))
    yield Broken("an answer of 5 MB", with_cell("OPEN", "a" * 5_000_000), fate=ACCEPTED)
    yield Broken("100,000 blank rows", good() + b",,,,,,,\r\n" * 100_000, fate=ACCEPTED)
    yield Broken("a million line ends", b"\n" * 1_000_000 + good())
    yield Broken("a million commas", b"," * 1_000_000)
    yield Broken(
        "50,000 unknown members", as_csv([[f"X{number}", *rows[0][1:]] for number in range(50_000)]), fate=HELD
    )
    yield Broken("gzip within gzip", gzip.compress(gzip.compress(good(), mtime=0), mtime=0), ".csv.gz")
    yield Broken("a gzip bomb", gzip.compress(b"0" * 400_000_000, compresslevel=9, mtime=0), ".csv.gz", QUARANTINED)


def other_formats(rng: np.random.Generator) -> Iterator[Broken]:
    """Workbooks, SPSS, Stata and Parquet files, whole, cut off, and blown up."""
    whole = dict(_written())
    for ending, content in whole.items():
        yield Broken(f"a good {ending}", content, ending, ACCEPTED)
        yield Broken(f"a good {ending} named .csv", content, ".csv", ACCEPTED)
        yield Broken(f"CSV named {ending}", good(), ending, ACCEPTED)
        for part in (0.01, 0.1, 0.5, 0.9, 0.99):
            yield Broken(f"{ending} cut off at {part:.0%}", content[: int(len(content) * part)], ending)
        for number in range(4):
            damaged = bytearray(content)
            for place in rng.integers(0, len(content), 8):
                damaged[place] = int(rng.integers(0, 256))
            yield Broken(f"{ending} with bytes replaced, {number}", bytes(damaged), ending)
    yield Broken("an .xlsx that is a zip bomb", zip_bomb(whole[".xlsx"]), ".xlsx", QUARANTINED)
    yield Broken("an .xlsx without sheets", _zip({"[Content_Types].xml": b"<Types/>"}), ".xlsx", QUARANTINED)
    yield Broken("a zip of a picture", _zip({"x.png": b"\x89PNG"}), ".zip", QUARANTINED)
    yield Broken("a zip that climbs out", _zip({"../../evil.csv": good()}), ".zip")
    yield Broken("an empty zip", _zip({}), ".zip", QUARANTINED)


def zip_bomb(workbook: bytes) -> bytes:
    """Return a workbook whose first sheet unpacks to 2 GB of spaces."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in old.namelist():
            with new.open(name, "w", force_zip64=True) as entry:
                entry.write(old.read(name))
                if name.endswith("sheet1.xml"):
                    for _ in range(2000):
                        entry.write(b" " * 1_000_000)
    return out.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _written() -> Iterator[tuple[str, bytes]]:
    """Yield the good delivery as each of the other formats."""
    import pyreadstat
    import xlsxwriter

    rows = good_rows()
    frame = pl.DataFrame(rows, schema=list(HEADER), orient="row")
    numbers = ("WAVE", "AGE", "TRUST", "LINKING", "HOURS")
    typed = frame.with_columns(pl.col(name).replace("", None).cast(pl.Int32) for name in numbers)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "delivery"
        with xlsxwriter.Workbook(str(path) + ".xlsx") as book:
            sheet = book.add_worksheet("answers")
            sheet.write_row(0, 0, HEADER)
            for number, row in enumerate(typed.rows(), start=1):
                sheet.write_row(number, 0, row)
        pyreadstat.write_sav(typed, str(path) + ".sav", compress=False)
        pyreadstat.write_dta(typed, str(path) + ".dta")
        typed.write_parquet(str(path) + ".parquet")
        for ending in (".xlsx", ".sav", ".dta", ".parquet"):
            yield ending, Path(str(path) + ending).read_bytes()
