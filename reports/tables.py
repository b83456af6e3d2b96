"""tables.xlsx: a contents sheet, notes, and a sheet for each item; the same figures as tidy CSV and Parquet.

Laid out as the UK Government Analysis Function advises for spreadsheets that everybody can use: one marked-up table
to a sheet, starting in column A, no merged or empty cells, numbers as numbers, shorthand explained in the notes.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from pipeline import disclosure
from reports import published
from reports.column_letters import with_letters
from reports.edition import chosen_weight
from reports.language import ENGLISH
from reports.published import Read
from reports.table_rows import HIDDEN, TIDY, Group, ItemTable, groups, item_tables, wave_rows

WORDS: Mapping[str, Any] = ENGLISH.table("tables")
FIRST_ROW = 4  # of a table: after title, wording, base note and the way back
WIDTH = {"label": 44, "figure": 13}


def render_tables(read: Read, survey: str, wave: str, members: Read | None = None) -> dict[str, bytes]:
    """Return tables.xlsx, tables.csv and tables.parquet of one wave.

    Args:
        read: answers SQL with the rows of the published file.
        members: the same of rows of members in full, for tests between groups that the file shows together; None: read.

    Raises:
        DefinitionError: no such wave is published.
    """
    facts = published.survey_facts(read, survey)
    about = published.waves_until(read, survey, wave).row(-1, named=True)
    profile = disclosure.disclosure_profile(str(facts["disclosure_profile"]))
    weight_id = chosen_weight(read, survey, wave, published.headline_family(read, survey)[0])
    rows = wave_rows(read, survey, wave, weight_id, profile)
    columns = groups(rows)
    rows = with_letters(rows, columns, members or read, survey, wave, weight_id)
    csv, parquet = io.BytesIO(), io.BytesIO()
    rows.select(_guarded(name, rows) for name in TIDY).write_csv(csv)
    rows.write_parquet(parquet)
    title = WORDS["title"].format(title=facts["title"], number=about["wave_number"])
    notes = _notes(facts, weight_id, published.use_when(read, survey, weight_id), profile.name)
    book = _Book(title, columns, _made(read, about))
    return {
        "tables.xlsx": book.written(item_tables(read, survey, rows), notes),
        "tables.csv": csv.getvalue(),
        "tables.parquet": parquet.getvalue(),
    }


def _guarded(name: str, rows: pl.DataFrame) -> pl.Expr:
    """Return a column whose texts no spreadsheet takes for a formula."""
    text = pl.col(name)
    if rows.schema[name] != pl.String:
        return text
    return pl.when(text.str.contains(r"^[=+\-@\t\r]")).then("'" + text).otherwise(text).alias(name)


def _made(read: Read, about: dict[str, Any]) -> datetime:
    """Return when the wave was released, or its fieldwork started: the same file has the same bytes at any time."""
    rows = read("select released_at from releases where release_id = ?", [about["release_id"]])
    if rows.height and isinstance(released := rows.item(0, 0), datetime):
        return released
    start = about["fieldwork_start"]
    return datetime(start.year, start.month, start.day) if start else datetime(2000, 1, 1)


def _notes(facts: dict[str, Any], weight_id: str, use_when: str, profile: str) -> list[tuple[str, str]]:
    return [
        (WORDS["population"], str(facts["population_name"] or ENGLISH.text("words.not_stated"))),
        (WORDS["weight"], f"{weight_id}: {use_when}" if use_when else weight_id),
        (WORDS["method"], str(facts["methods_note"] or ENGLISH.text("words.not_stated"))),
        (WORDS["inference"], ENGLISH.table("inference").get(str(facts["inference"]), str(facts["inference"]))),
        (WORDS["percentages"], WORDS["percentages_note"]),
        (WORDS["bases"], WORDS["bases_note"]),
        (WORDS["letters"], WORDS["letters_note"]),
        (HIDDEN, ENGLISH.text(f"disclosure.{profile}")),
        ("[u]", ENGLISH.text("newsletter.flagged")),
        (WORDS["uncertainty"], ENGLISH.text("newsletter.uncertainty_text")),
    ]


class _Book:
    """The workbook being written; texts are never taken for formulas or links."""

    def __init__(self, title: str, columns: list[Group], made: datetime) -> None:
        import xlsxwriter

        self.title, self.columns, self.out = title, columns, io.BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.book = xlsxwriter.Workbook(self.out, options)
        self.book.set_properties({"title": title, "created": made, "author": ""})
        look = {"font_name": "Arial", "font_size": 12, "text_wrap": True, "valign": "top"}
        self.text = self.book.add_format(look)
        self.heading = self.book.add_format({**look, "bold": True, "text_wrap": False, "font_size": 16})
        self.link = self.book.add_format({**look, "font_color": "#0B5F94", "underline": 1, "text_wrap": False})
        self.percent = self.book.add_format({**look, "num_format": "0%", "align": "right"})
        self.mean = self.book.add_format({**look, "num_format": "0.00", "align": "right"})
        self.number = self.book.add_format({**look, "num_format": "#,##0", "align": "right"})
        self.right = self.book.add_format({**look, "align": "right"})

    def written(self, tables: Sequence[ItemTable], notes: list[tuple[str, str]]) -> bytes:
        """Return the bytes of the workbook."""
        names = [f"{place:02d}" for place in range(1, len(tables) + 1)]
        self._list(WORDS["contents"], [WORDS["sheet"], WORDS["question"]], list(zip(names, tables, strict=True)))
        self._notes(notes)
        for name, table in zip(names, tables, strict=True):
            self._table(name, table)
        self.book.close()
        return self.out.getvalue()

    def _list(self, name: str, headings: list[str], entries: list[tuple[str, ItemTable]]) -> None:
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, self.title, self.heading)
        sheet.write_string(1, 0, WORDS["contents_note"], self.book.add_format({"font_name": "Arial", "font_size": 12}))
        sheet.set_column(0, 0, 12)
        sheet.set_column(1, 1, 90)
        sheet.add_table(2, 0, 2 + len(entries), 1, _table_options("contents", headings, self.text))
        for row, (target, table) in enumerate(entries, start=3):
            sheet.write_url(row, 0, f"internal:'{target}'!A1", self.link, target)
            sheet.write_string(row, 1, f"{table.label}. {table.wording}".strip(), self.text)
        sheet.freeze_panes(3, 0)

    def _notes(self, notes: list[tuple[str, str]]) -> None:
        sheet = self.book.add_worksheet(WORDS["notes"])
        sheet.write_string(0, 0, WORDS["notes"], self.heading)
        sheet.write_url(1, 0, f"internal:'{WORDS['contents']}'!A1", self.link, WORDS["back"])
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 100)
        sheet.add_table(2, 0, 2 + len(notes), 1, _table_options("notes", [WORDS["term"], WORDS["meaning"]], self.text))
        for row, (term, meaning) in enumerate(notes, start=3):
            sheet.write_string(row, 0, term, self.text)
            sheet.write_string(row, 1, meaning, self.text)

    def _table(self, name: str, table: ItemTable) -> None:
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, f"{name}. {table.label}", self.heading)
        plain = self.book.add_format({"font_name": "Arial", "font_size": 12})
        sheet.write_string(1, 0, table.wording or table.label, plain)
        sheet.write_string(2, 0, WORDS["table_note"], plain)
        sheet.write_url(3, 0, f"internal:'{WORDS['contents']}'!A1", self.link, WORDS["back"])
        lines = self._lines(table)
        headings = [WORDS["answer"], *(_column_name(group) for group in self.columns)]
        last = FIRST_ROW + len(lines)
        sheet.add_table(FIRST_ROW, 0, last, len(self.columns), _table_options(f"table_{name}", headings, self.text))
        sheet.set_column(0, 0, WIDTH["label"])
        sheet.set_column(1, len(self.columns), WIDTH["figure"])
        for row, (label, cells) in enumerate(lines, start=FIRST_ROW + 1):
            sheet.write_string(row, 0, label, self.text)
            for column, (value, look) in enumerate(cells, start=1):
                if isinstance(value, str):
                    sheet.write_string(row, column, value, self.right)
                else:
                    sheet.write_number(row, column, value, look)
        sheet.freeze_panes(FIRST_ROW + 1, 1)

    def _lines(self, table: ItemTable) -> list[tuple[str, list[tuple[float | str, Any]]]]:
        """Return bases first, then each statistic with its figures and, where any differ, the letters under them."""
        cells = {
            (row["statistic"], row["category"], row["domain"], row["domain_value"]): row
            for row in table.rows.iter_rows(named=True)
        }
        statistics = table.rows.select("statistic", "category", "row_label").unique(maintain_order=True).rows()
        first = statistics[0][:2]
        lines = [
            (
                WORDS[base],
                [_cell(cells.get((*first, group.domain, group.value)), base, self.number) for group in self.columns],
            )
            for base in ("unweighted_n", "weighted_n", "effective_n")
        ]
        for statistic, category, label in statistics:
            look = self.mean if statistic == "mean" else self.percent
            found = [cells.get((statistic, category, group.domain, group.value)) for group in self.columns]
            lines.append((label, [_cell(row, "estimate", look) for row in found]))
            if any(row and row["higher_than"] for row in found):
                letters = [((row or {}).get("higher_than") or "–", self.right) for row in found]
                lines.append((WORDS["higher_than"].format(label=label), letters))
        return lines


def _column_name(group: Group) -> str:
    if group.domain == "all":
        return str(WORDS["everyone"])
    return f"{group.domain.replace('_', ' ').capitalize()}: {group.value} [{group.letter}]"


def _cell(row: dict[str, Any] | None, name: str, look: Any) -> tuple[float | str, Any]:
    if row is None:
        return WORDS["not_asked"], look
    if row[name] is None:
        return HIDDEN, look
    return float(row[name]), look


def _table_options(name: str, headings: list[str], text: Any) -> dict[str, Any]:
    return {
        "name": name,
        "style": "Table Style Light 1",
        "autofilter": False,
        "columns": [{"header": heading, "header_format": text} for heading in headings],
    }
