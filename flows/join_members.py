"""Join the ids of one person: read what deliveries say of who is who, and tell what came of it."""

import polars as pl

from flows.run_context import Night, current
from pipeline import intake, register_store, warehouse
from pipeline.crosswalk import people
from pipeline.definitions import CROSSWALK, Survey
from pipeline.deliveries import part_of


def join_members(survey: str) -> None:
    """Follow the links of all deliveries in use; members' rows are joined, or set apart again, from tonight."""
    night = current()
    definition = night.surveys[survey]
    if not definition.has_ids_of_each_wave:
        return
    found = people(_links(night, definition), _order(night, definition))
    night.person_of[survey] = found.of_alias
    warehouse.replace_rows(
        night.connection, "raw.member_links", found.members.with_columns(survey=pl.lit(survey)), survey=survey
    )
    night.people[survey] = found


def known_members(survey: str) -> dict[str, str]:
    """Return the member of each linked id as the last night left it."""
    rows = warehouse.read(
        current().connection, "select alias, panel_member_id from raw.member_links where survey = ?", [survey]
    )
    return dict(rows.iter_rows())


def tell(survey: str, before: dict[str, str]) -> None:
    """Say who was joined since `before`, and which links contradict each other: in counts."""
    night = current()
    found = night.people.get(survey)
    if found is None or (found.of_alias == before and not found.conflicts):
        return
    _trace(night, night.surveys[survey], before, found.of_alias)
    night.say(f"{survey}: {found.n_linked:,} people have ids in several waves, {found.n_chained:,} by way of a third")
    for source, n_people in sorted(found.conflicts.items()):
        night.say(
            f"{survey}: links give {n_people:,} people two ids in {source}; none of their links is used, each id is "
            "a member of its own. Correct the crosswalk."
        )


def _links(night: Night, survey: Survey) -> list[dict[str, str]]:
    """Return the rows of links of every delivery in use: source and alias."""
    links = []
    for source in (*([CROSSWALK] if survey.crosswalk else []), *(wave.wave for wave in survey.waves)):
        if intake.linked_columns(survey, source):
            links += _links_of(night, survey, source)
    return links


def _links_of(night: Night, survey: Survey, source: str) -> list[dict[str, str]]:
    links = []
    for part, frame in warehouse.rows_in_use(night.connection, survey.survey, source):
        columns = intake.linked_columns(survey.in_part(source, part_of(part)), source)
        whose = {column: name for name, column in columns.items()}
        known = frame.select(column for column in whose if column in frame.columns).rename(whose, strict=False)
        links += [
            {name: alias for name, alias in row.items() if alias is not None} for row in known.iter_rows(named=True)
        ]
    return [link for link in links if link]


def _order(night: Night, survey: Survey) -> list[str]:
    """Return the sources as they first came, so that members keep the id they were first known by."""
    first = warehouse.read(
        night.connection,
        "select source, min(received_at) as came from raw.deliveries where survey = ? "
        "group by source order by came, source",
        [survey.survey],
    )
    return [source for source in first["source"] if source != CROSSWALK]


def _trace(night: Night, survey: Survey, before: dict[str, str], after: dict[str, str]) -> None:
    """Keep in the register who was joined to whom, and say how many members became one with another, or two again."""
    known = set(
        warehouse.read(night.connection, "select panel_member_id from core.members where survey = ?", [survey.survey])[
            "panel_member_id"
        ]
    )
    joined = {alias: member for alias, member in after.items() if before.get(alias) != member}
    apart = [alias for alias in before if alias not in after]
    n_merged = len(known & joined.keys())
    if n_merged:
        night.say(
            f"{survey.survey}: {n_merged:,} members turn out to be others of the panel; their histories are joined"
        )
    if apart:
        night.say(f"{survey.survey}: {len(apart):,} links were taken back; those ids are members of their own again")
    if survey.member_ids == "pseudonym" and (joined or apart):
        register_store.note_joined(
            night.workspace.register, [*joined.items(), *((alias, None) for alias in apart)], night.run_id
        )
