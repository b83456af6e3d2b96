-- At most one delivery of each source, or of each of its parts, is in use.

select
    survey,
    source,
    part
from raw.deliveries
where status = 'accepted'
group by survey, source, part
having count(*) > 1
