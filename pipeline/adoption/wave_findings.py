"""What a person must decide of a panel without a member list: ids, samples, and what waves tell of people."""

from collections.abc import Iterator

from pipeline.adoption.assembly import Found
from pipeline.adoption.decisions import Decision
from pipeline.adoption.places import folder_of, listed, survey_file


def met_ids(found: Found) -> Iterator[Decision]:
    """Yield how the ids of waves meet where there is no member list."""
    ids = found.wave_ids
    if ids is None:
        return
    if ids.is_shared:
        how, done = "many ids of one wave are in another", "a person has the same id in every wave"
    elif found.crosswalk:
        how = f"{found.crosswalk} joins the ids of {ids.n_linked:,} people over two or more waves"
        done = f"ids: of_each_wave, joined by inbox/{found.crosswalk}"
    elif ids.links:
        names = {one.delivery.file_name: one.wave for one in found.waves}
        told = [
            f"{names[file]} names ids of {names[other]} in '{column}'"
            for file, others in ids.links.items()
            for other, column in others.items()
        ]
        how = f"every wave has ids of its own; {listed(told)}; {ids.n_linked:,} links"
        done = "ids: of_each_wave, joined by these columns (linked_ids)"
    else:
        how, done = "every wave has ids of its own, and nothing joins them", "every wave is of other people"
    yield Decision(
        "Who is the same person in several waves?",
        f"{how}.",
        f"{done}; members are those who answer (roster: from_waves), so no retention and no response rate is told",
        f"{survey_file(found)}; {folder_of(found)}/waves/*.yml; or adopt again with --crosswalk, one row a person",
    )


def samples(found: Found) -> Iterator[Decision]:
    """Yield which rows and weights of the producer are used, where files hold several samples."""
    if not found.is_weighted_by_producer:
        return
    for one in found.waves:
        weight = one.weight
        if weight is None or not (weight.others or weight.n_without):
            continue
        names = [f"'{name}'" for name in (weight.column, *weight.others)]
        rest = f"; {weight.n_without:,} of {one.delivery.n_rows:,} rows have none" if weight.n_without else ""
        rows = f"only_rows: {weight.only_rows[0]} in {listed(list(weight.only_rows[1]))}" if weight.only_rows else ""
        yield Decision(
            f"Which sample is {one.wave} of?",
            f"weights {listed(names)}{rest}.",
            f"weight '{weight.column}'; {rows or 'rows without it count as answered, and in no estimate'}",
            f"{folder_of(found)}/waves/{one.wave}.yml: columns.weight, only_rows",
        )


def told_of_people(found: Found) -> Iterator[Decision]:
    """Yield what waves tell of the people who answered, where there is no member list."""
    if found.has_member_list:
        return
    taken = [f"{ours} from '{column}'" for ours, column in found.members.columns.items()]
    partly = [f"{ours} (only in {listed(list(files))})" for ours, files in found.partly_told.items()]
    yield Decision(
        "Is it understood what the waves tell of people?",
        f"{listed(taken) or 'nothing that every wave tells'}."
        + (f" Not used, as not every export has it in a column of that name: {listed(partly)}." if partly else ""),
        "as a person told it in the first wave they answered",
        f"profile and domains in {survey_file(found)}",
    )
