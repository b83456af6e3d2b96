-- One row per thing a newcomer needs to know, in the order to read them.
-- Key: step
-- step: its number
-- about: what it is about
-- what: what there is
-- first_query: a query to begin with

with counts as (
    select
        string_agg(title, '; ' order by survey) as titles,
        string_agg(survey, ', ' order by survey) as names
    from marts.surveys
),

fielded as (
    select
        count(*) filter (where release_status is not null) as n_waves,
        sum(n_respondents) as n_interviews
    from marts.waves
),

tried as (
    select
        max(query) filter (where example = 1) as find,
        max(query) filter (where example = 2) as share,
        max(query) filter (where example = 5) as change,
        max(query) filter (where example = 9) as own
    from marts.examples
),

steps as (
    select
        [
            {
                'about': 'this file',
                'what': coalesce(titles, 'no survey yet') || '. ' || coalesce(n_waves, 0) || ' waves, '
                    || coalesce(n_interviews, 0) || ' complete interviews. Replaced whole after each night.',
                'first_query': 'from waves'
            },
            {
                'about': 'find an item',
                'what': 'Items keep their id, wording and scale for ever; items and answer_options are the codebook.',
                'first_query': coalesce(find, 'from items')
            },
            {
                'about': 'an estimate',
                'what': 'share and mean_score compute it with its standard error, by any domain. After attach: use first.',
                'first_query': coalesce(share, 'from estimates')
            },
            {
                'about': 'published figures',
                'what': 'estimates and changes hold what the night made; is_suppressed marks those on a thin base.',
                'first_query': 'from estimates where domain = ''all'''
            },
            {
                'about': 'which weight',
                'what': 'weight_ids says when to use each; the macros take the right one of themselves.',
                'first_query': 'from which_weight()'
            },
            {
                'about': 'change',
                'what': 'Judge by the corrected p in changes. Two waves share members: their errors are not independent.',
                'first_query': coalesce(change, 'from changes')
            },
            {
                'about': 'your own analysis',
                'what': 'responses_<survey> has a column for each item; join weights and replicate_weights by wave and '
                    || 'panel_member_id. Surveys: ' || coalesce(names, 'none') || '.',
                'first_query': coalesce(own, 'from weights')
            },
            {
                'about': 'missing answers',
                'what': 'Don''t know, refused, not asked and skipped are told apart in answers.missing_kind.',
                'first_query': 'select missing_kind, count(*) as n from answers group by missing_kind'
            },
            {
                'about': 'citing',
                'what': 'Cite a release_id; the snapshot that it names keeps those figures to be read again. Keep the figures of '
                    || 'a release to yourself until its embargo_until is over.',
                'first_query': 'from releases'
            },
            {
                'about': 'everything else',
                'what': 'Each table, column and macro has a comment, with its key; examples are queries to copy.',
                'first_query': 'from examples'
            }
        ] as rows
    from counts
    cross join fielded
    cross join tried
),

numbered as (
    select
        unnest(range(1, len(rows) + 1)) as step,
        unnest(rows) as entry
    from steps
)

select
    cast(step as integer) as step,
    entry.about as about,
    entry.what as what,
    entry.first_query as first_query
from numbered
order by step
