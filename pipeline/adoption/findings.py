"""Which decisions an adopted panel leaves to a person, from everything that was found out about it."""

from collections.abc import Iterator

from pipeline.adoption.assembly import (
    LEGACY,
    MEMBER_FILE,
    MOST_HEADLINES,
    PROBABILITY,
    PRODUCERS,
    Found,
    headline_candidates,
    tolerance,
)
from pipeline.adoption.decisions import Decision
from pipeline.adoption.members import MEMBER_ID
from pipeline.adoption.places import folder_of, listed, survey_file
from pipeline.adoption.repeats import BY_NAME, OTHER_SCALE, OTHER_WORDING, REVERSED, SAME
from pipeline.adoption.wave_findings import met_ids, samples, told_of_people

BASIS = {
    PROBABILITY: "selection probabilities are in the list, so figures estimate the population (inference: probability)",
    LEGACY: "no selection probabilities: everyone starts with weight 1 and is calibrated to the population; intervals "
    "are indicative, and only a participation rate is told (inference: calibrated_legacy)",
    PRODUCERS: "the producer's own weight of each wave is used as it is; what it stands for, only the producer "
    "knows, so intervals are indicative (inference: pseudo_weighted)",
    "": "neither selection probabilities nor population totals: figures are unweighted and describe those who took "
    "part, nobody else (inference: not_representative)",
}


def decisions_of(found: Found) -> tuple[Decision, ...]:
    """Return every decision, the weightiest first."""
    return tuple(
        one
        for part in (
            _basis,
            _ids,
            met_ids,
            samples,
            _profile,
            told_of_people,
            _dates,
            _missing,
            _repeats,
            _headlines,
            _answers,
            _aside,
        )
        for one in part(found)
    )


def _basis(found: Found) -> Iterator[Decision]:
    plan, basis = found.population, BASIS.get(found.inference, BASIS[""])
    yield Decision("What do the figures stand for?", basis + ".", f"inference: {found.inference}", survey_file(found))
    if plan.margins:
        yield Decision(
            "Are these the population totals to weight to?",
            f"margins {', '.join(plan.margins)}, {plan.persons or 0:,.0f} {plan.described.get('unit', 'persons')}. "
            f"{' '.join(f'{remark}.' for remark in plan.remarks)}".strip(),
            f"raking to {', '.join(plan.margins)}; universe '{plan.described['universe']}', source "
            f"'{plan.described['source']}', date {plan.described['reference_date']}",
            f"{folder_of(found)}/margins/adopted.csv, and population in survey.yml",
        )
    else:
        yield Decision(
            "Which population should the panel stand for?",
            " ".join(f"{remark}." for remark in plan.remarks) or "no population totals were given.",
            "no weighting to a population; give totals with --margins to have it",
            survey_file(found),
        )


def _ids(found: Found) -> Iterator[Decision]:
    matched = found.matched
    n_strange = sum(one.n_ids - one.n_matched for one in matched.exports.values())
    n_ids = sum(one.n_ids for one in matched.exports.values())
    if matched.ignores:
        yield Decision(
            "Are ids that differ only so the same member's?",
            f"{sum(one.n_matched for one in matched.exports.values()):,} of {n_ids:,} ids of the exports are in the "
            f"list when these are ignored, {matched.n_as_written:,} as written.",
            f"id_ignores: [{', '.join(matched.ignores)}]; no two members of the list become one by it",
            survey_file(found),
        )
    if n_strange:
        shares = ", ".join(f"{one.wave} {tolerance(matched, one.delivery.file_name):.0%}" for one in found.waves)
        yield Decision(
            "Who are the respondents that the member list does not have?",
            f"{n_strange:,} of {n_ids:,} ids of the exports.",
            f"their rows are refused and kept; tolerated up to {shares}",
            f"{folder_of(found)}/waves/*.yml: row_tolerance; or add them to inbox/{MEMBER_FILE}",
        )


def _profile(found: Found) -> Iterator[Decision]:
    members = found.members
    if not found.has_member_list:
        return
    taken = [f"{ours} from '{column}'" for ours, column in members.columns.items() if ours != MEMBER_ID]
    gone = [f"'{column}' ({why})" for column, why in members.left_out.items() if why != "contact details"]
    n_contact = sum(why == "contact details" for why in members.left_out.values())
    unread = [f"{name}: {n} values could not be read" for name, n in members.n_unread.items()]
    yield Decision(
        "Is the member list understood?",
        f"{members.frame.height:,} members; {listed(taken) or 'ids only'}. Left out: {n_contact} columns of contact "
        f"details{'; ' + listed(gone) if gone else ''}. {listed(unread)}".strip(),
        f"a list without contact details is in the inbox as {MEMBER_FILE}; keep the original safe elsewhere",
        f"profile and domains in {survey_file(found)}",
    )


def _dates(found: Found) -> Iterator[Decision]:
    undated = [one.wave for one in found.waves if one.fieldwork is None]
    if undated:
        yield Decision(
            "When was each wave in the field?",
            f"no completion times that can be read in {', '.join(undated)}.",
            "closed, without dates: everybody in the list counts as invited",
            f"{folder_of(found)}/waves/{undated[0]}.yml: fieldwork: {{start: 2025-03-03, end: 2025-03-24}}",
        )
    layouts = {one.wave: one.fieldwork.layout for one in found.waves if one.fieldwork and one.fieldwork.layout}
    if layouts:
        told = ", ".join(f"{wave} {layout}" for wave, layout in layouts.items())
        yield Decision(
            "Are times written day first?",
            f"completion times are read as {told}.",
            "that layout, the first that reads at least 95 in 100",
            f"{folder_of(found)}/waves/*.yml: completed_at_format",
        )


def _missing(found: Found) -> Iterator[Decision]:
    kinds: dict[str, dict[str, None]] = {}
    for item in found.bank.items:
        for option in item.options:
            if option.missing:
                kinds.setdefault(option.missing, {})[f"'{option.label}'"] = None
    if kinds:
        told = "; ".join(f"{kind.replace('_', ' ')}: {listed(list(labels))}" for kind, labels in kinds.items())
        yield Decision(
            "Are these no answers?",
            f"{told}.",
            "they are left out of shares, each as its own kind",
            f"{folder_of(found)}/items.yml: missing and missing_kinds",
        )


def _repeats(found: Found) -> Iterator[Decision]:
    by_kind: dict[str, list[str]] = {}
    for one in found.bank.repeats:
        by_kind.setdefault(one.relation, []).append(f"{one.earlier} = {one.wave} '{one.column}'")
    places = {kind: f"{folder_of(found)}/items.yml: links" for kind in (OTHER_SCALE, OTHER_WORDING)}
    places |= {
        SAME: f"{folder_of(found)}/waves/*.yml: items",
        BY_NAME: f"{folder_of(found)}/waves/*.yml: items; give the wordings in items.yml",
        REVERSED: f"{folder_of(found)}/waves/*.yml, where a comment holds the line to put in",
    }
    for kind, question, done in (
        (REVERSED, "Was only the scale turned round?", "kept apart as two items, not compared"),
        (OTHER_SCALE, "Did only the answers change?", "kept apart as two items, linked as not comparable"),
        (OTHER_WORDING, "Is it the same question in other words?", "two items, linked as comparable with a break"),
        (
            BY_NAME,
            "Did these columns ask the same?",
            "one item each: same name and answers, no wording",
        ),
        (SAME, "Do these questions repeat?", "one item each: same wording, same answers"),
    ):
        if kind in by_kind:
            yield Decision(question, f"{len(by_kind[kind])}: {listed(by_kind[kind])}.", done, places[kind])


def _headlines(found: Found) -> Iterator[Decision]:
    candidates = headline_candidates(found.bank, found.words)
    chosen = [item.item for item in candidates[:MOST_HEADLINES]]
    yield Decision(
        "What should the newsletter report?",
        f"{len(candidates)} questions have a scale that suggests a headline.",
        f"{listed(chosen) or 'none'}; nothing is tested, as no headline was declared before fieldwork: declare a "
        "family with 'headline: true' before the next wave",
        f"{folder_of(found)}/items.yml: headline (suggestions stand there as comments), families in survey.yml",
    )


def _answers(found: Found) -> Iterator[Decision]:
    """Yield what is unclear about single questions, by kind."""
    told: dict[str, list[str]] = {}
    for one in found.waves:
        for question in one.delivery.questions:
            for caution in question.cautions:
                kind = caution.split(" ", 1)[1] if caution[:1].isdigit() else caution
                told.setdefault(kind, []).append(question.item.item)
    for kind, items in told.items():
        names = list(dict.fromkeys(items))
        yield Decision(
            "Are these questions right?",
            f"{kind}: {listed(names)}.",
            "as the file has them",
            f"{folder_of(found)}/items.yml",
        )


def _aside(found: Found) -> Iterator[Decision]:
    kinds: dict[str, dict[str, None]] = {}
    for one in found.waves:
        for column, kind in one.delivery.set_aside.items():
            kinds.setdefault(kind, {})[f"'{column}'"] = None
    if kinds:
        told = "; ".join(f"{kind.replace('_', ' ')}: {listed(list(names))}" for kind, names in kinds.items())
        is_unused = "weight" in kinds and not found.is_weighted_by_producer
        weights = " A weight of the producer is not used: ours is made anew." if is_unused else ""
        yield Decision(
            "Are these columns no questions?",
            f"{told}.{weights}",
            "known and unused; open text is kept and never published",
            f"{folder_of(found)}/waves/*.yml: ignored_columns",
        )
