-- At most one delivery of each source is in use.

select
    survey,
    source
from raw.deliveries
where status = 'accepted'
group by survey, source
having count(*) > 1
