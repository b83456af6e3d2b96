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
from pipeline.translations import METHODS_NOTE, POPULATION, TITLE, WEIGHT
from reports import published
from reports.column_letters import with_letters
from reports.edition import chosen_weight
from reports.explorer_texts import ALL
from reports.foreign_text import has_foreign, plain
from reports.language import language as language_of
from reports.language import language_folder
from reports.published import Read
from reports.survey_texts import SurveyTexts, survey_texts
from reports.table_rows import (
    HIDDEN,
    LABELS,
    THIN,
    TIDY,
    Group,
    ItemTable,
    groups,
    item_tables,
    labelled,
    named,
    unmarked,
    wave_rows,
)

NOT_ASKED = "[x]"
FIRST_ROW = 4  # of a table: after title, wording, base note and the way back
WIDTH = {"label": 44, "figure": 13}


def render_tables(read: Read, survey: str, wave: str, members: Read | None = None) -> dict[str, bytes]:
    """Return tables.xlsx, tables.csv and tables.parquet of one wave, in each language of the survey by relative path.

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
    facts |= {"inference": published.told_inference(read, survey, weight_id, str(facts["inference"]))}
    rows = wave_rows(read, survey, wave, weight_id, profile)
    columns = groups(read, survey, rows)
    rows = with_letters(rows, columns, members or read, survey, wave, weight_id)
    files: dict[str, bytes] = {}
    for code in (codes := published.survey_languages(read, survey)):
        texts = survey_texts(read, survey, language_of(code))
        marked = labelled(read, rows, survey, texts)
        review = [notice for _, notice in texts.notices(has_others=has_foreign(marked.select(LABELS).rows()))]
        told = unmarked(marked)
        notes = _notes(texts, facts, weight_id, published.use_when(read, survey, weight_id), profile.name)
        title = texts.language.say("tables.title", title=texts.text(facts["title"], TITLE), number=about["wave_number"])
        book = _Book(plain(title), named(columns, told), _made(read, about), texts.language.table("tables"), review)
        csv, parquet = io.BytesIO(), io.BytesIO()
        told.select(_guarded(name, told) for name in TIDY).write_csv(csv)
        told.write_parquet(parquet)
        made = {
            "tables.xlsx": book.written(item_tables(read, survey, told, texts), notes),
            "tables.csv": csv.getvalue(),
            "tables.parquet": parquet.getvalue(),
        }
        files |= {f"{language_folder(codes, code)}{name}": content for name, content in made.items()}
    return files


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


def _notes(
    texts: SurveyTexts, facts: dict[str, Any], weight_id: str, use_when: str, profile: str
) -> list[tuple[str, str]]:
    language, own = texts.language, texts.language.table("tables")
    not_stated = language.text("words.not_stated")
    use_when = texts.text(use_when, WEIGHT, weight_id)
    inference = str(facts["inference"])
    return [
        (own["population"], texts.text(str(facts["population_name"] or ""), POPULATION) or not_stated),
        (own["weight"], f"{weight_id}: {use_when}" if use_when else weight_id),
        (own["method"], texts.text(str(facts["methods_note"] or ""), METHODS_NOTE) or not_stated),
        (own["inference"], language.table("inference").get(inference, inference)),
        (own["percentages"], own["percentages_note"]),
        (own["bases"], own["bases_note"]),
        (own["letters"], own["letters_note"]),
        (HIDDEN, language.text(f"disclosure.{profile}")),
        (THIN, language.text("newsletter.flagged")),
        (own["uncertainty"], language.text("newsletter.uncertainty_text")),
    ]


class _Book:
    """The workbook being written; texts are never taken for formulas or links."""

    def __init__(
        self, title: str, columns: list[Group], made: datetime, words: Mapping[str, Any], review: list[str]
    ) -> None:
        import xlsxwriter

        self.words, self.review = words, review
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
        self._contents(list(zip(names, tables, strict=True)))
        self._notes(notes)
        for name, table in zip(names, tables, strict=True):
            self._table(name, table)
        self.book.close()
        return self.out.getvalue()

    def _contents(self, entries: list[tuple[str, ItemTable]]) -> None:
        words = self.words
        sheet, headings = self.book.add_worksheet(words["contents"]), [words["sheet"], words["question"]]
        sheet.write_string(0, 0, self.title, self.heading)
        plain_look = self.book.add_format({"font_name": "Arial", "font_size": 12})
        sheet.write_string(1, 0, " ".join([words["contents_note"], *self.review]), plain_look)
        sheet.set_column(0, 0, 12)
        sheet.set_column(1, 1, 90)
        sheet.add_table(2, 0, 2 + len(entries), 1, _table_options("contents", headings, self.text))
        for row, (target, table) in enumerate(entries, start=3):
            sheet.write_url(row, 0, f"internal:'{target}'!A1", self.link, target)
            sheet.write_string(row, 1, f"{table.label}. {table.wording}".strip(), self.text)
        sheet.freeze_panes(3, 0)

    def _notes(self, notes: list[tuple[str, str]]) -> None:
        words = self.words
        sheet, headings = self.book.add_worksheet(words["notes"]), [words["term"], words["meaning"]]
        sheet.write_string(0, 0, words["notes"], self.heading)
        sheet.write_url(1, 0, f"internal:'{words['contents']}'!A1", self.link, words["back"])
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 100)
        sheet.add_table(2, 0, 2 + len(notes), 1, _table_options("notes", headings, self.text))
        for row, (term, meaning) in enumerate(notes, start=3):
            sheet.write_string(row, 0, term, self.text)
            sheet.write_string(row, 1, plain(meaning), self.text)

    def _table(self, name: str, table: ItemTable) -> None:
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, f"{name}. {table.label}", self.heading)
        plain = self.book.add_format({"font_name": "Arial", "font_size": 12})
        sheet.write_string(1, 0, table.wording or table.label, plain)
        sheet.write_string(2, 0, self.words["table_note"], plain)
        sheet.write_url(3, 0, f"internal:'{self.words['contents']}'!A1", self.link, self.words["back"])
        lines = self._lines(table)
        headings = [self.words["answer"], *self._column_names()]
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

    def _column_names(self) -> list[str]:
        """Return the headings of the groups, each with its letter."""
        return [group.label if group.domain == ALL else f"{group.label} [{group.letter}]" for group in self.columns]

    def _lines(self, table: ItemTable) -> list[tuple[str, list[tuple[float | str, Any]]]]:
        """Return bases first, then each statistic with its figures and, where any differ, the letters under them."""
        cells = {
            (row["statistic"], row["category"], row["domain"], row["domain_value"]): row
            for row in table.rows.iter_rows(named=True)
        }
        statistics = table.rows.select("statistic", "category", "category_label").unique(maintain_order=True).rows()
        first = statistics[0][:2]
        lines = [
            (
                self.words[base],
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
                lines.append((self.words["higher_than"].format(label=label), letters))
        return lines


def _cell(row: dict[str, Any] | None, name: str, look: Any) -> tuple[float | str, Any]:
    if row is None:
        return NOT_ASKED, look
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
