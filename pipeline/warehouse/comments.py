"""What the published file says about itself: the header of each mart is the comment of its table and columns."""

import re
from dataclasses import dataclass

_COLUMN = re.compile(r"-- ([a-z][a-z0-9_]*): (.+)")
_CONTINUED = "--   "


@dataclass(frozen=True)
class TableComment:
    """A table's comment (grain and key) and those of its columns."""

    table: str
    columns: dict[str, str]


def table_comment(sql: str) -> TableComment:
    """Return the comments in the header of a model: grain, `Key: …`, then `column: text` lines.

    A line that starts with three spaces goes on with the one above.
    """
    lines: list[str] = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        if line.startswith(_CONTINUED):
            lines[-1] += " " + line.removeprefix(_CONTINUED).strip()
        else:
            lines.append(line)
    columns = {match[1]: match[2] for line in lines if (match := _COLUMN.fullmatch(line))}
    about_table = [line.removeprefix("-- ") for line in lines if not _COLUMN.fullmatch(line)]
    return TableComment(" ".join(f"{line.rstrip('.')}." for line in about_table), columns)
