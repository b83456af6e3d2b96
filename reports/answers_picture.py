"""All the answers to the headline questions whose scale has two sides, as diverging bars with their table."""

from typing import Any

import polars as pl

from pipeline.disclosure import hide_groups
from pipeline.translations import ANSWER, LABEL
from reports import published, sentences, words
from reports.diverging_chart import HIGH, LOW, MIDDLE, UNKNOWN, Answer, Bars, diverging_chart
from reports.edition import Edition
from reports.findings import SHARES, shown_share
from reports.foreign_text import plain
from reports.language import Language
from reports.missing_answers import missing_answers
from reports.pictures import Picture, Table
from reports.svg import Words

CHART_ID = "all_the_answers"
ORDER = (LOW, HIGH, MIDDLE)


def answers_picture(edition: Edition, items: list[str]) -> Picture | None:
    """Return the answers of everyone to those of the items that have a scale of two sides; None for none of them.

    Args:
        items: each once, in the order to draw them.
    """
    rows = _rows(edition, items)
    if rows.is_empty():
        return None
    language, unknown = edition.language, _dont_know(edition)
    questions = [_question(language, one.to_dicts(), unknown) for _, one in rows.group_by("item", maintain_order=True)]
    description = " ".join(_in_words(language, question) for question in questions)
    about = Words(CHART_ID, language.text("pictures.answers_title"), description)
    notes = ["pictures.answers_note", *(["pictures.dont_know_note"] if unknown else [])]
    return Picture(
        chart_id=CHART_ID,
        title=about.title,
        chart=diverging_chart(questions, about, too_few=language.text("words.too_few")),
        key=" ".join(language.text(note) for note in notes),
        description=description,
        table=_table(language, rows, unknown),
    )


def _rows(edition: Edition, items: list[str]) -> pl.DataFrame:
    """Return every answer of the items, in declared order, low ends first, without what the profile hides."""
    if "side" not in published.columns_of(edition.read, "answer_options"):
        return pl.DataFrame()
    sql = """
        select estimates.*, items.label, options.label as answer, options.code, options.side, options.option_order
        from estimates
        inner join items on items.survey = estimates.survey and items.item = estimates.item
        inner join answer_options as options
            on options.survey = estimates.survey and options.item = estimates.item
            and options.label = estimates.category
        where estimates.survey = ? and estimates.wave = ? and estimates.weight_id = ? and estimates.statistic = 'share'
            and estimates.domain = 'all' and options.side is not null and list_contains(?, estimates.item)
        order by options.option_order
    """
    rows = edition.read(sql, [edition.survey, edition.wave, edition.weight_id, items])
    if rows.is_empty():
        return rows
    rows = _in_language(edition, hide_groups(rows, edition.profile, table=["item"], shares=SHARES))
    order = [pl.col("item").replace_strict(items, range(len(items))), _outwards()]
    return rows.sort(pl.col("side").replace_strict(ORDER, range(len(ORDER)))).sort(order, maintain_order=True)


def _in_language(edition: Edition, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with label and answers in the report's language, as far as they are translated."""
    told = [
        (plain(edition.texts.text(label, LABEL, item)), plain(edition.texts.text(answer, ANSWER, item, code)))
        for item, label, answer, code in rows.select("item", "label", "answer", "code").iter_rows()
    ]
    labels, answers = zip(*told, strict=True)
    return rows.with_columns(pl.Series("label", labels), pl.Series("answer", answers))


def _outwards() -> pl.Expr:
    """Return the order in which a chart draws a scale's answers: those of the low end first."""
    first = pl.col("side").sort_by("option_order").first().over("item")
    return pl.when(first == LOW).then("option_order").otherwise(-pl.col("option_order").cast(pl.Int64))


def _dont_know(edition: Edition) -> dict[str, float | None]:
    """Return the share of those asked who said that they do not know, by item; None where too few did."""
    if not published.columns_of(edition.read, "answers"):
        return {}
    rows = missing_answers(edition.read, edition.survey, [edition.wave], edition.profile).filter(
        pl.col("missing_kind") == "dont_know"
    )
    return dict(rows.select("item", "share").iter_rows())


def _question(language: Language, rows: list[dict[str, Any]], unknown: dict[str, float | None]) -> Bars:
    answers = [
        Answer(row["answer"], row["side"], row["estimate"], shown_share(language, row["estimate"])) for row in rows
    ]
    item = rows[0]["item"]
    if item in unknown:
        label, figure = language.text("pictures.dont_know"), shown_share(language, unknown[item])
        answers.append(Answer(label, UNKNOWN, unknown[item], figure))
    return Bars(rows[0]["label"], tuple(answers))


def _in_words(language: Language, question: Bars) -> str:
    told = [language.say("pictures.answers_answer", label=one.label, share=one.figure) for one in question.answers]
    shown = ", ".join(told) if question.is_shown else language.text("words.too_few")
    return language.say("pictures.answers_question", label=question.label, answers=shown)


def _table(language: Language, rows: pl.DataFrame, unknown: dict[str, float | None]) -> Table:
    shown: list[tuple[str, ...]] = []
    for (item,), of_item in rows.group_by("item", maintain_order=True):
        label = of_item.item(0, "label")
        for row in of_item.iter_rows(named=True):
            within = words.short_range(language, *_bounds(row))
            shown.append((f"{label}: {row['answer']}", shown_share(language, row["estimate"]), within))
        if item in unknown:
            share = shown_share(language, unknown[str(item)])
            shown.append((f"{label}: {language.text('pictures.dont_know')}", share, "–"))
    headings = [language.text(key) for key in ("pictures.answer", "newsletter.share", "newsletter.range")]
    return Table(language.text("pictures.answers_heading"), tuple(headings), tuple(shown))


def _bounds(row: dict[str, Any]) -> tuple[float | None, float | None]:
    speaks_for_others = row["inference"] != sentences.UNTESTED_INFERENCE
    return (row["ci_low"], row["ci_high"]) if speaks_for_others else (None, None)
