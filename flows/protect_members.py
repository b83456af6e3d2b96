"""What members' rows show to researchers: profiles in which no combination of key variables is that of few."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import current
from pipeline import warehouse
from pipeline.panel.profiles import anonymity_row, category_rows, profile_rows, shown_members

_PROFILE = """
select
    member.panel_member_id,
    member_domain.domain,
    member_domain.domain_value
from core.members as member
left join core.member_domains as member_domain
    on member.survey = member_domain.survey
    and member.panel_member_id = member_domain.panel_member_id
where member.survey = ?
"""


@task(task_run_name="protect-{survey}", cache_policy=NO_CACHE)
def protect_members(survey: str) -> None:
    """Coarsen the profiles of a survey's members as it declares, and replace what their rows show."""
    night = current()
    shown = shown_members(night.surveys[survey], warehouse.read(night.connection, _PROFILE, [survey]))
    tables = {
        "shown_profile": profile_rows(shown),
        "shown_categories": category_rows(shown),
        "k_anonymity": anonymity_row(shown),
    }
    with warehouse.transaction(night.connection):
        for table, rows in tables.items():
            warehouse.replace_rows(night.connection, f"analysis.{table}", rows, survey=survey)
