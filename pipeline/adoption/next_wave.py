"""A further wave of a survey that is defined already: which of its items are asked again, and which are new."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.adoption.fieldwork import Fieldwork
from pipeline.adoption.names import unique
from pipeline.adoption.questions import DraftedDelivery, Question
from pipeline.adoption.repeats import MERGED, Bank, Repeat, question_bank
from pipeline.definitions import AnswerOption, Item, ItemColumn, RowFilter, Source, Survey, Wave

BEFORE = ""  # the wave in which everything that is defined counts as asked


@dataclass(frozen=True)
class NextWave:
    """The wave as drafted, the items to add for it, and what repeats otherwise than before."""

    wave: Wave
    items: tuple[Item, ...]  # new ones
    changed: tuple[Repeat, ...]  # another wording or scale, or a scale turned round
    n_again: int  # items of the survey that are asked again


def next_wave(survey: Survey, drafted: DraftedDelivery, name: str, times: Fieldwork | None) -> NextWave:
    """Return a further wave of a survey.

    Args:
        name: of the wave; its number follows the newest's.
    """
    known = tuple(Question(item.item, item) for item in survey.items.values())
    bank = question_bank([(BEFORE, known), (name, drafted.questions)])
    new = with_known_scales([item for item in bank.items if item.item not in survey.items], survey.items)
    changed = tuple(one for one in bank.repeats if one.wave == name and one.relation not in MERGED)
    wave = _wave(survey, drafted, bank, name, times)
    return NextWave(wave, new, changed, len(wave.items) - len(new))


def known_id_column(survey: Survey, columns: Sequence[str]) -> str | None:
    """Return the id column that the survey's newest wave with such a column uses; None when there is none."""
    used = [wave.source.columns["panel_member_id"] for wave in reversed(survey.waves)]
    return next((column for column in used if column in columns), None)


def with_known_scales(items: Sequence[Item], known: Mapping[str, Item]) -> tuple[Item, ...]:
    """Return new items on the scales there are, and on scales of their own under names that are free."""
    scales = {item.scale: item.options for item in known.values() if item.scale}
    names: dict[tuple[AnswerOption, ...], str] = {options: str(name) for name, options in scales.items()}
    found = []
    for item in items:
        if item.scale and item.options not in names:
            names[item.options] = unique(item.scale, {str(name) for name in names.values()})
        found.append(replace(item, scale=names[item.options]) if item.scale else item)
    return tuple(found)


def _wave(survey: Survey, drafted: DraftedDelivery, bank: Bank, name: str, times: Fieldwork | None) -> Wave:
    newest = survey.waves[-1]
    columns = {"panel_member_id": drafted.id_column or "ID_COLUMN"}
    if drafted.completed_at and times:
        columns["completed_at"] = drafted.completed_at
    told = _told_before(survey, {*drafted.set_aside, *(question.column for question in drafted.questions)})
    columns = {**{name: column for name, column in told.items() if name != "completed_at"}, **columns}
    used = {*columns.values(), *(variable.column for variable in survey.profile)}
    return Wave(
        wave=name,
        wave_number=newest.wave_number + 1,
        fieldwork_start=times.start if times else None,
        fieldwork_end=times.end if times else None,
        is_closed=times is None,
        mode=newest.mode,
        source=Source(
            file=drafted.file_name,
            columns=columns,
            ignored_columns=tuple(column for column in drafted.set_aside if column not in used),
            complete_when=RowFilter(*drafted.finished) if drafted.finished else None,
            completed_at_format=times.layout if times else None,
        ),
        items=tuple(ItemColumn(item, column) for item, column in bank.columns[name].items() if column not in used),
        row_tolerance=newest.row_tolerance,
    )


def _told_before(survey: Survey, delivered: Collection[str]) -> dict[str, str]:
    """Return the delivered columns that earlier waves gave a meaning, such as a weight, by our name."""
    found: dict[str, str] = {}
    for wave in reversed(survey.waves):
        for name, column in wave.source.columns.items():
            if name not in found and column in delivered:
                found[name] = column
    return found
