-- Every row delivered is accepted, refused or superseded, and every refused row has its reason.

with refused as (
    select
        survey,
        source,
        delivery_id,
        count(distinct row_number) as n_rows
    from raw.refused_rows
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
where delivery.n_delivered <> delivery.n_accepted + delivery.n_refused + delivery.n_superseded
    or (delivery.status <> 'held' and delivery.n_refused <> coalesce(refused.n_rows, 0))
