"""What a corrected release changed, in one sentence."""

from datetime import datetime

import duckdb
import pytest

from pipeline.warehouse.connection import read
from reports.corrections import corrections, moved_words
from reports.language import ENGLISH

LARGEST = {
    "label": "Trust",
    "category": "agree",
    "domain": "all",
    "domain_value": "all",
    "estimate_before": 0.552,
    "estimate_after": 0.56,
}


@pytest.mark.parametrize(
    ("n_moved", "n_estimates", "largest", "said"),
    [
        (0, 0, None, "no published figure moved."),
        (1200, 0, None, "no estimate moved; the margins of error of 1,200 did."),
        (1, 1, None, "1 figure moved."),
        (
            12,
            9,
            LARGEST,
            "12 figures moved, for everyone by at most 0.8 points (Trust: agree, 55.2% before, 56.0% now).",
        ),
        (
            2,
            2,
            LARGEST | {"domain": "age_group", "domain_value": "16-24", "estimate_after": 0.5524},
            "2 figures moved, among 16-24 by less than 0.05 points (Trust: agree, 55.2% before, 55.2% now).",
        ),
    ],
)
def test_a_correction_says_how_many_figures_moved_and_by_how_much(
    n_moved: int, n_estimates: int, largest: dict[str, object] | None, said: str
) -> None:
    assert moved_words(ENGLISH, n_moved, n_estimates, largest) == said


def test_the_figure_of_everyone_is_named_and_one_too_thin_to_show_never_is() -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            create table releases as select 's' survey, 'w1' wave, 'r2' release_id, 'corrected' release_status,
                timestamp '2025-03-04 05:06' released_at, 'A code was wrong.' notice
                union all select 's', 'w1', 'r1', 'final', timestamp '2025-03-01', null;
            create table items as select 's' survey, 'trust' item, 'Trust' label;
            create table estimates as select 's' survey, 'w1' wave, 'each' weight_id, 'trust' item, 'share' statistic,
                * from (values ('yes', 'all', 'all', false), ('no', 'all', 'all', true), ('yes', 'sex', 'F', false))
                as one(category, domain, domain_value, is_suppressed);
            create table revisions as select * exclude (is_suppressed), 'r2' release_id,
                case when is_suppressed then 0.1 when domain = 'all' then 0.4 else 0.2 end estimate_before,
                0.5 estimate_after from estimates;
        """)
        (found,) = corrections(lambda sql, parameters: read(connection, sql, parameters), ENGLISH)
    assert found.released_at == datetime(2025, 3, 4, 5, 6)
    assert found.line == (
        "w1 corrected on 4 March 2025: 3 figures moved, for everyone by at most 10.0 points "
        "(Trust: yes, 40.0% before, 50.0% now)."
    )
