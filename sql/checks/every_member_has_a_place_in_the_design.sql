-- Every panel member has a stratum and a PSU where the design declares them.

select distinct
    design.survey,
    design.panel_member_id
from core.design as design
inner join definitions.design_columns as declared
    on design.survey = declared.survey
where (declared.role = 'stratum' and design.stratum is null)
    or (declared.role = 'psu' and design.psu is null)
