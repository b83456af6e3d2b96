-- Every panel member stands on the member list once.

select
    survey,
    panel_member_id
from staging.members
group by survey, panel_member_id
having count(*) > 1
