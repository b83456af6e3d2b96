-- One row per item that follows an earlier one: whether their figures can be compared.
-- Key: survey, item_from, item_to
-- survey: survey the row belongs to; its name under surveys/
-- item_from: earlier item
-- item_to: item that follows it
-- comparability: identical, comparable_with_break or not_comparable
-- note: what differs

select
    survey,
    item_from,
    item_to,
    comparability,
    note
from definitions.item_links
order by survey, item_from, item_to
