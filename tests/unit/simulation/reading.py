"""Where the simulated panel's definitions lie, and how its files are read back."""

import csv
import io
from datetime import date
from pathlib import Path

import polars as pl

from pipeline import simulation
from pipeline.simulation import delivery

FOLDER = Path(__file__).resolve().parents[3] / "surveys" / "citizens_panel"
TODAY = date(2026, 11, 23)
SMALL = simulation.Behaviour(smallest_population=20_000)


def read(content: bytes, place: int = 0) -> pl.DataFrame:
    export = delivery.EXPORTS[place]
    text = content.decode(export.encoding)
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=export.separator))
    return pl.DataFrame([row for row in rows if any(row)], schema=header, orient="row")


def wave_answers(panel, survey, wave_number: int, item: str) -> pl.DataFrame:
    """The complete interviews of a wave: member id and the cell delivered for an item."""
    template = survey.waves[(wave_number - 1) % 8]
    frame = read(panel.deliveries[f"citizens_panel_w{wave_number:02d}.csv"], (wave_number - 1) % 8)
    column = next(placed.column for placed in template.items if placed.item == item)
    complete, test = template.source.complete_when, template.source.test_rows
    return frame.filter(
        pl.col(complete.column).is_in(list(complete.values)), ~pl.col(test.column).is_in(list(test.values))
    ).select(member_id=template.source.columns["panel_member_id"], cell=column)


def true_value(panel, wave: str, item: str, category: str) -> float:
    shares = pl.read_csv(io.BytesIO(panel.truth["shares.csv"]))
    return shares.filter(wave=wave, item=item, category=category, domain="all")["true_value"].item()


def codes_of(people, recruits):
    return {domain: code[recruits.person] for domain, code in people.codes.items()}
