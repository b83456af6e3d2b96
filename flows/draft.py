"""First definitions of an export: items.yml and a wave file, from the labels and codes that the file itself carries."""

from pathlib import Path

from pipeline import survey_files, wave_files
from pipeline.adoption.fieldwork import Fieldwork, fieldwork
from pipeline.adoption.questions import DraftedDelivery, Question, draft
from pipeline.adoption.scales import suggested_headline
from pipeline.adoption.words import Words, read_words
from pipeline.definitions import ItemColumn, RowFilter, Source, Wave
from pipeline.errors import DeliveryError, UsageError
from pipeline.run_log import replace_text
from pipeline.settings import TEMPLATES
from pipeline.survey_files import Notes
from pipeline.survey_files.yaml_text import flow

WORDS_FOLDER = TEMPLATES / "words"


def words() -> Words:
    """Return what words mean in headers and labels."""
    texts = [(WORDS_FOLDER / name).read_text(encoding="utf-8") for name in ("words.csv", "scales.csv")]
    return read_words(*texts)


def draft_definition(path: Path, *, codebook: Path | None, wave: str, out: Path | None) -> str:
    """Return items.yml and a wave file as one text; write them when a folder is given.

    Raises:
        DeliveryError: the file cannot be read, or holds no question.
        UsageError: the folder has an items.yml, or the wave, already.
    """
    delivery = wave_files.read_delivery(path, codebook=codebook)
    meaning = words()
    drafted = draft(delivery, meaning)
    if not drafted.questions:
        raise DeliveryError(f"{path.name}: no column holds answers, expected at least one question. Export it again.")
    times = fieldwork(delivery.frame[drafted.completed_at]) if drafted.completed_at else None
    items = survey_files.items_text(
        [question.item for question in drafted.questions],
        notes=Notes(question_notes(drafted.questions, meaning), heading=f"Drafted from {path.name}: read it through."),
    )
    placed = survey_files.wave_text(wave_of(drafted, wave, times), Notes(heading=asides(drafted)))
    if out is not None:
        files = {out / "items.yml": items, out / "waves" / f"{wave}.yml": placed}
        taken = [str(file) for file in files if file.exists()]
        if taken:
            raise UsageError(f"{', '.join(taken)}: there already, and would be written over. Choose another folder.")
        for file, text in files.items():
            replace_text(file, text)
    return f"# items.yml\n{items}\n# waves/{wave}.yml\n{placed}"


def question_notes(questions: tuple[Question, ...], meaning: Words) -> dict[str, list[str]]:
    """Return the comments of each item: what to look at, and the headline its scale suggests."""
    found: dict[str, list[str]] = {}
    for question in questions:
        suggested = suggested_headline(question.item, meaning)
        lines = list(question.cautions)
        if suggested:
            codes = {name: list(codes) for name, codes in suggested.items()}
            lines.append(f"to report it in the newsletter, add: headline: {flow(codes)}")
        if lines:
            found[question.item.item] = lines
    return found


def wave_of(drafted: DraftedDelivery, wave: str, times: Fieldwork | None) -> Wave:
    """Return the wave of one export."""
    columns = {"panel_member_id": drafted.id_column or "ID_COLUMN"}
    if drafted.completed_at and times:
        columns["completed_at"] = drafted.completed_at
    unread = [drafted.completed_at] if drafted.completed_at and not times else []
    return Wave(
        wave=wave,
        wave_number=1,
        fieldwork_start=times.start if times else None,
        fieldwork_end=times.end if times else None,
        is_closed=times is None,
        mode="",
        source=Source(
            file=drafted.file_name,
            columns=columns,
            ignored_columns=(*drafted.set_aside, *unread),
            complete_when=RowFilter(*drafted.finished) if drafted.finished else None,
            completed_at_format=times.layout if times else None,
        ),
        items=tuple(ItemColumn(question.item.item, question.column) for question in drafted.questions),
    )


def asides(drafted: DraftedDelivery) -> str:
    """Return what the columns that are no questions were taken for."""
    kinds: dict[str, list[str]] = {}
    for column, kind in drafted.set_aside.items():
        kinds.setdefault(kind.replace("_", " "), []).append(column)
    lines = [f"Columns left aside, {kind}: {', '.join(columns)}" for kind, columns in kinds.items()]
    if drafted.id_column is None:
        lines.append("No column is different in every row: name the member's id in place of ID_COLUMN.")
    return "\n".join([f"Drafted from {drafted.file_name}: read it through.", *lines])
