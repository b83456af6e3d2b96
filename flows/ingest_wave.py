"""Take a delivery in: read it, or put it into quarantine; once validated, store it, accepted or held."""

import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.arrivals import Arrival, deliveries_in_use, leave_inbox, note_fault
from flows.read_again import ingest_inputs, ingest_step
from flows.run_context import Night, current
from pipeline import intake, warehouse
from pipeline.errors import DeliveryError, PanelError
from pipeline.fingerprint import file_hash
from pipeline.intake import Reading
from pipeline.run_log import replace_bytes, replace_text
from pipeline.validation import ValidationReport, check_rows

UNFORESEEN = (
    "{}: {} could not be read, and the reader did not foresee why ({}). This is a fault of the program, not yours. The "
    "file is kept and everything else goes on: report what stands beside it in quarantine, and export the answers in "
    "another format."
)
UNREADABLE = "readable-file"  # the check that a file fails which no rule could be tried on


@task(task_run_name="read-{survey}-{source}", cache_policy=NO_CACHE)
def read_delivery(survey: str, source: str, arrival: Arrival) -> Reading | None:
    """Read one delivery; put it into quarantine with its reason, and return None, when it cannot be read.

    So is a file on which a reader fails in a way that nobody foresaw: one file does not end the night.
    """
    night = current()
    known = intake.KnownPeople(_members(night, survey), night.person_of.get(survey, {}))
    if fault := _fault_of_another_wave(night, arrival):
        _quarantine(night, arrival, fault)
        return None
    try:
        reading = intake.read(
            night.workspace,
            night.surveys[survey],
            source,
            arrival.archived,
            arrival.file_name,
            known=known,
            enrol=True,
            part=arrival.part,
        )
    except DeliveryError as error:
        _quarantine(night, arrival, str(error))
        return None
    except (PanelError, OSError, MemoryError):  # of the machine or the stores, not of this file
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        reason = UNFORESEEN.format(arrival.where, arrival.file_name, type(error).__name__)
        _quarantine(night, arrival, reason, "".join(traceback.format_exception(error)))
        return None
    return replace(reading, delivery_id=arrival.delivery_id)


def _fault_of_another_wave(night: Night, arrival: Arrival) -> str:
    """Return what is wrong with a file that is in use as another wave, as nobody answers twice alike; else nothing."""
    if not night.surveys[arrival.survey].has_wave(arrival.source):
        return ""
    others = warehouse.read(
        night.connection,
        "select source from raw.deliveries where survey = ? and delivery_id = ? and source <> ? "
        "and status = 'accepted' order by source",
        [arrival.survey, arrival.delivery_id, arrival.source],
    )
    for (source,) in others.iter_rows():
        if night.surveys[arrival.survey].has_wave(source):
            return (
                f"{arrival.where}: {arrival.file_name} is the very file that is in use as {source}, expected the "
                f"answers of {arrival.source}. Export the right wave and deliver it again."
            )
    return ""


def _members(night: Night, survey: str) -> pl.Series:
    """Return the ids of the member list in use, taken in tonight or before."""
    if survey not in night.member_ids:
        rows = warehouse.read(night.connection, "select panel_member_id from core.members where survey = ?", [survey])
        night.member_ids[survey] = rows["panel_member_id"]
    return night.member_ids[survey]


def _quarantine(night: Night, arrival: Arrival, reason: str, report: str = "") -> None:
    """Keep an unreadable file with the reason, and what the program's makers need, beside it, and say so."""
    kept = night.workspace.quarantine / Path(arrival.file_name).name
    if kept.exists() and file_hash(kept) != arrival.delivery_id:
        kept = kept.with_name(f"{arrival.delivery_id[:12]}-{kept.name}")
    replace_bytes(kept, arrival.archived.read_bytes())
    replace_text(kept.with_name(kept.name + ".reason.txt"), "\n".join([reason, report]).rstrip() + "\n")
    note_fault(night, arrival, UNREADABLE, reason)
    night.arriving.discard((arrival.survey, arrival.source))
    night.say(f"{arrival.file_name}: put into quarantine. {reason}")
    leave_inbox(night, arrival.file_name, arrival.delivery_id)


@contextmanager
def writing(readings: Mapping[Arrival, Reading]) -> Iterator[dict[Arrival, Future[None]]]:
    """Write the rows of new deliveries beside their validation; of those stored before, only the verdict decides."""
    night = current()
    deliveries = {arrival: _delivery(arrival, reading) for arrival, reading in readings.items()}
    with ThreadPoolExecutor(max_workers=1) as beside:
        yield {
            arrival: beside.submit(_write, night.connection.cursor(), delivery, readings[arrival])
            for arrival, delivery in deliveries.items()
            if not warehouse.is_stored(night.connection, delivery)
        }


def _write(cursor: Any, delivery: warehouse.Delivery, reading: Reading) -> None:
    with closing(cursor):
        warehouse.write_new_rows(cursor, delivery, reading.with_pseudonyms)


def _delivery(arrival: Arrival, reading: Reading) -> warehouse.Delivery:
    return warehouse.Delivery(
        delivery_id=arrival.delivery_id,
        survey=arrival.survey,
        source=arrival.source,
        file_name=arrival.file_name,
        received_at=arrival.received_at,
        id_column=intake.described(reading.survey, arrival.source).columns.get("panel_member_id", ""),
        part=arrival.part,
    )


@task(task_run_name="load-{survey}-{source}", cache_policy=NO_CACHE)
def load_delivery(
    survey: str,
    source: str,
    arrival: Arrival,
    reading: Reading,
    report: ValidationReport,
    written: Future[None] | None = None,
) -> bool:
    """Store a delivery with all its rows, accepted or held; return whether it is accepted.

    Args:
        written: the writing of its rows, when that was begun beside the validation.
    """
    night = current()
    night.seconds["great expectations"] = night.seconds.get("great expectations", 0.0) + report.seconds
    if report.is_held and arrival.delivery_id in deliveries_in_use(night, survey).get(source, []):
        _freeze(night, arrival, report)
        return False
    delivery = replace(_delivery(arrival, reading), status="held" if report.is_held else "accepted")
    if written is not None:
        written.result()
    found = check_rows([report], night.run_id, night.started_at.replace(tzinfo=None), reading.notes)
    with warehouse.transaction(night.connection):
        rows, is_written = reading.with_pseudonyms, written is not None
        warehouse.load_delivery(night.connection, delivery, rows, report.refused, is_written=is_written)
        warehouse.replace_rows(night.connection, "log.checks", found, survey=survey, wave=source, part=arrival.part)
        drifts = _drifts(arrival, reading, report)
        key = {"survey": survey, "source": source, "delivery_id": arrival.delivery_id}
        warehouse.replace_rows(night.connection, "raw.profile_drifts", drifts, **key)
        counts = reading.answer_counts.drop("wave").with_columns(**{name: pl.lit(one) for name, one in key.items()})
        warehouse.replace_rows(night.connection, "raw.answer_counts", counts, **key)
        if arrival.part and night.surveys[survey].has_wave(source):
            warehouse.supersede_rows(night.connection, survey, night.surveys[survey].wave(source))
        inputs = ingest_inputs(night, arrival, deliveries_in_use(night, survey))
        warehouse.remember_step(night.connection, survey, ingest_step(arrival), inputs)
        night.read_with.add((survey, ingest_step(arrival), inputs))
    leave_inbox(night, arrival.file_name, arrival.delivery_id)
    _tell(night, arrival, report, reading.frame.height)
    return not report.is_held


def _drifts(arrival: Arrival, reading: Reading, report: ValidationReport) -> pl.DataFrame:
    """Return the members of whom a delivery says otherwise than is known, and in which variable."""
    drifted = report.drifted
    return drifted.select(
        pl.lit(arrival.survey).alias("survey"),
        pl.lit(arrival.source).alias("source"),
        pl.lit(arrival.delivery_id).alias("delivery_id"),
        reading.members.gather(drifted["row_number"] - 1).alias("panel_member_id"),
        "variable",
    ).drop_nulls("panel_member_id")


def _freeze(night: Night, arrival: Arrival, report: ValidationReport) -> None:
    """Keep in use a delivery that breaks its rules since they changed; none of its figures is made again."""
    night.frozen.add((arrival.survey, arrival.source))
    where = arrival.where
    night.problems.append(
        f"{where}: held. The delivery in use breaks the rules as they are now; its figures stay as they were. "
        f"{' '.join(report.faults)}"
    )
    night.say(night.problems[-1])


def _tell(night: Night, arrival: Arrival, report: ValidationReport, n_rows: int) -> None:
    """Say in plain words what became of a delivery."""
    where = arrival.where
    if report.is_held:
        night.say(f"{where}: held, {n_rows:,} rows kept and not used")
        for fault in report.faults:
            night.say(f"  - {fault}")
        return
    n_refused = report.refused["row_number"].n_unique()
    night.say(f"{where}: {n_rows - n_refused:,} rows accepted, {n_refused:,} refused")
