-- One row per worked query, to copy and run: each runs on this file as it stands.
-- Key: example
-- example: its number
-- shows: what it answers
-- query: the query

with asked as (
    select
        item.survey,
        item.item,
        item.item_order,
        weight_wave.wave,
        weight_wave.wave_number
    from marts.items as item
    inner join marts.weight_waves as weight_wave
        on item.survey = weight_wave.survey
        and list_contains(string_split(item.waves, '+'), weight_wave.wave)
        and weight_wave.is_default
    where item.is_published and item.kind = 'category'
),

askings as (
    select
        asked.survey,
        asked.item,
        any_value(asked.item_order) as item_order,
        count(*) as n_waves,
        min_by(asked.wave, asked.wave_number) as first_wave,
        max_by(asked.wave, asked.wave_number) as last_wave,
        bool_or(option.headlines is not null) as has_headline
    from asked
    inner join marts.answer_options as option
        on asked.survey = option.survey
        and asked.item = option.item
    group by asked.survey, asked.item
),

ranked as (
    select
        *,
        row_number() over (order by has_headline desc, n_waves desc, survey, item_order) as place
    from askings
),

chosen as (
    select
        first.survey,
        first.item,
        first.first_wave,
        first.last_wave,
        (select second.item from ranked as second where second.survey = first.survey and second.place > 1
         order by second.place limit 1) as other_item,
        (select domain.domain from marts.domains as domain where domain.survey = first.survey
         order by domain.domain_order limit 1) as domain
    from ranked as first
    where first.place = 1
),

written as (
    select
        [
            {
                'shows': 'Find items by a word in their wording or answers',
                'query': 'from codebook(''' || left(item, 5) || ''')'
            },
            {
                'shows': 'Every answer to an item at one wave, with standard error and interval',
                'query': 'from share(''' || item || ''', wave := ''' || last_wave || ''')'
            },
            {
                'shows': 'The same by a part of the population, at every wave',
                'query': 'from share(''' || item || ''', "by" := ''' || domain || ''')'
            },
            {
                'shows': 'The published estimates of the item, weighted and unweighted side by side',
                'query': 'select wave, category, domain_value, estimate, standard_error, unweighted_estimate, '
                    || 'unweighted_n from estimates where item = ''' || item || ''' and domain = ''all'''
            },
            {
                'shows': 'Net change between two waves, the members in both taken into account',
                'query': 'from change_between(''' || item || ''', ''' || first_wave || ''', ''' || last_wave || ''')'
            },
            {
                'shows': 'Answers to one item among those who gave each answer to another',
                'query': 'from crosstab(''' || item || ''', ''' || other_item || ''', ''' || last_wave || ''')'
            },
            {
                'shows': 'Which weight to use for which analysis',
                'query': 'from which_weight(''' || first_wave || '+' || last_wave || ''', same_people := false)'
            },
            {
                'shows': 'What change the next wave could detect',
                'query': 'from power(''' || item || ''', by_variable := ''' || domain || ''', difference := 0.05)'
            },
            {
                'shows': 'Your own weighted figure, from the answers side by side',
                'query': 'select wave, sum(weight) as persons from responses_' || survey
                    || ' inner join weights using (wave, panel_member_id) where weights.survey = ''' || survey
                    || ''' group by wave order by wave'
            },
            {
                'shows': 'Replicate weights for another program, a row for each holder of the weight',
                'query': 'select panel_member_id, weight, replicate_weights from replicate_weights where survey = '''
                    || survey || ''' and wave = ''' || last_wave || ''' limit 10'
            },
            {
                'shows': 'What each squared deviation of a replicate counts; examples/figure_again.R and .py use it',
                'query': 'select unnest(coefficients) as coefficient from replicate_sets where survey = '''
                    || survey || ''''
            },
            {
                'shows': 'What to cite, and whether figures were corrected since',
                'query': 'select release_id, released_at, figures_hash, snapshot, notice from releases '
                    || 'order by released_at'
            }
        ] as rows
    from chosen
),

numbered as (
    select
        unnest(range(1, len(rows) + 1)) as example,
        unnest(rows) as entry
    from written
)

select
    cast(example as integer) as example,
    entry.shows as shows,
    entry.query as query
from numbered
where entry.query is not null
order by example
