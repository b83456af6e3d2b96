"""The interviews of one wave: who has answered by today, when, and how far each got."""

from dataclasses import dataclass

import numpy as np

from pipeline.definitions import Survey
from pipeline.definitions import Wave as WaveDefinition
from pipeline.simulation.assumptions import Assumptions, Codes, Flags, Floats, Integers
from pipeline.simulation.attitudes import BLANK, Attitudes, Wave, draw_answers
from pipeline.simulation.member_list import Members

DAYS_IN_FIELD = 21
Comments = dict[str, list[str | None]]  # open item: what each respondent wrote


@dataclass(frozen=True)
class Interviews:
    """The interviews of one wave in order of the day."""

    member_ids: list[str]
    day: Integers  # (n,) days after the start of fieldwork
    answers: dict[str, Integers]  # item: (n,) place on the scale, or a kind of missing
    comments: Comments
    is_complete: Flags  # (n,)
    ballot: Floats  # (n,)

    @property
    def n(self) -> int:
        """Return the number of interviews."""
        return len(self.member_ids)


def draw_interviews(
    survey: Survey,
    assumptions: Assumptions,
    template: WaveDefinition,
    wave_number: int,
    members: Members,
    codes: Codes,
    attitudes: Attitudes,
    days_so_far: int,
    rng: np.random.Generator,
) -> Interviews:
    """Return the interviews of a wave of which so many days have passed."""
    behaviour = assumptions.behaviour
    ballot = rng.random(members.recruits.n)
    items = [survey.items[placed.item] for placed in template.items]
    answers = draw_answers(survey, assumptions, items, Wave(wave_number, codes, attitudes, ballot), rng)
    day = np.floor(DAYS_IN_FIELD * rng.random(ballot.size) ** behaviour.early).astype(np.int64)
    chosen = np.flatnonzero(members.participation.responds[:, wave_number - 1] & (day < days_so_far))
    chosen = chosen[np.argsort(day[chosen], kind="stable")]
    is_complete = rng.random(chosen.size) >= behaviour.partial
    open_items = [item.item for item in items if item.kind == "text"]
    return Interviews(
        member_ids=[members.member_ids[place] for place in chosen],
        day=day[chosen],
        answers=break_off({item: places[chosen] for item, places in answers.items()}, is_complete, rng),
        comments=draw_comments(assumptions, open_items, is_complete, rng),
        is_complete=is_complete,
        ballot=ballot[chosen],
    )


def break_off(answers: dict[str, Integers], is_complete: Flags, rng: np.random.Generator) -> dict[str, Integers]:
    """Return the answers with everything blank after the question where an interview was broken off."""
    last = np.where(is_complete, len(answers), rng.integers(1, max(len(answers), 2), is_complete.size))
    return {item: np.where(place < last, codes, BLANK) for place, (item, codes) in enumerate(answers.items())}


def draw_comments(assumptions: Assumptions, items: list[str], is_complete: Flags, rng: np.random.Generator) -> Comments:
    """Return what each respondent wrote in answer to each open item; None where nothing."""
    written: Comments = {}
    for item in items:
        bank = assumptions.comments.get(item, ())
        share = assumptions.behaviour.comments if bank else 0.0
        writes = is_complete & (rng.random(is_complete.size) < share)
        choice = rng.integers(0, max(len(bank), 1), is_complete.size)
        written[item] = [bank[place] if one else None for one, place in zip(writes, choice, strict=True)]
    return written
