"""What a file says about the codes of a column, and how it travels as text in a Parquet file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Code = float | str
METADATA_KEY = "citizens_panel.code_books"  # in the key-value metadata of a Parquet file
LABELS_KEY = "citizens_panel.column_labels"


@dataclass(frozen=True)
class CodeBook:
    """What a file says about the codes of one column."""

    labels: Mapping[Code, str] = field(default_factory=dict)
    missing: Sequence[tuple[Code, Code]] = ()  # ranges of user-missing codes, ends included


def books_as_text(books: Mapping[str, CodeBook]) -> str:
    """Return code books as JSON, codes as they are: numbers or text."""
    return json.dumps(
        {
            column: {"labels": list(book.labels.items()), "missing": [list(pair) for pair in book.missing]}
            for column, book in books.items()
        }
    )


def books_from_text(text: str) -> dict[str, CodeBook]:
    """Return the code books that `books_as_text` wrote."""
    return {
        column: CodeBook(dict(book["labels"]), tuple((low, high) for low, high in book["missing"]))
        for column, book in json.loads(text).items()
    }
