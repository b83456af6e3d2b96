-- One row per survey and element: what the survey's author says of how it is made, for those who read its figures.
-- Key: survey, element
-- survey: survey the row belongs to; its name under surveys/
-- element: what the statement is about, such as sponsor, sampling_frame or limitations
-- element_order: place of the element
-- statement: the statement, as declared in survey.yml

select
    survey,
    element,
    element_order,
    statement
from definitions.statements
order by survey, element_order
