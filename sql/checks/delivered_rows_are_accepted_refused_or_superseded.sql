-- Every row delivered is accepted and in use, or superseded by what is known, or refused with its reason.

with refused as (
    select
        survey,
        source,
        delivery_id,
        count(distinct row_number) as n_rows
    from raw.refused_rows
    group by survey, source, delivery_id
),

superseded as (
    select
        survey,
        source,
        delivery_id,
        count(distinct row_number) as n_rows
    from raw.superseded_rows
    group by survey, source, delivery_id
),

in_use as (
    select
        survey,
        source,
        delivery_id,
        count(*) as n_rows
    from staging.delivered_rows
    group by survey, source, delivery_id
)

select
    delivery.survey,
    delivery.source,
    delivery.delivery_id
from raw.deliveries as delivery
left join refused
    on delivery.survey = refused.survey
    and delivery.source = refused.source
    and delivery.delivery_id = refused.delivery_id
left join superseded
    on delivery.survey = superseded.survey
    and delivery.source = superseded.source
    and delivery.delivery_id = superseded.delivery_id
left join in_use
    on delivery.survey = in_use.survey
    and delivery.source = in_use.source
    and delivery.delivery_id = in_use.delivery_id
where delivery.n_delivered <> delivery.n_accepted + delivery.n_refused + delivery.n_superseded
    or (delivery.status <> 'held' and delivery.n_refused <> coalesce(refused.n_rows, 0))
    or (delivery.status = 'accepted' and delivery.n_superseded <> coalesce(superseded.n_rows, 0))
    or (
        delivery.status = 'accepted'
        and delivery.source <> 'crosswalk'
        and delivery.n_accepted <> coalesce(in_use.n_rows, 0)
    )
