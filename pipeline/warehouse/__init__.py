"""The only user of DuckDB: the working store, the SQL models, and the file that researchers open."""

from pipeline.warehouse.connection import (
    append_rows,
    delete_rows,
    execute,
    insert_rows,
    read,
    replace_rows,
    rows_hash,
    transaction,
)
from pipeline.warehouse.definition_tables import store_definitions
from pipeline.warehouse.deliveries import (
    Delivery,
    drop_unlisted_rows,
    ids_in_use,
    is_stored,
    load_delivery,
    rows_in_use,
    set_delivery_status,
    write_new_rows,
)
from pipeline.warehouse.member_list import list_before
from pipeline.warehouse.models import (
    answers_of,
    build,
    build_marts,
    build_members,
    build_staging,
    build_waves,
    example_scripts,
    run_checks,
)
from pipeline.warehouse.opening import marts_reader, open_read_only, open_warehouse
from pipeline.warehouse.parts import people_in_parts, supersede_rows
from pipeline.warehouse.publication import answer, connect_published, publish, read_published
from pipeline.warehouse.snapshots import forget_snapshots
from pipeline.warehouse.steps import remember_step, replace_steps, step_inputs, steps_done, steps_of_kind
from pipeline.warehouse.wave_parts import forget_parts

__all__ = [
    "Delivery",
    "answer",
    "answers_of",
    "append_rows",
    "build",
    "build_marts",
    "build_members",
    "build_staging",
    "build_waves",
    "connect_published",
    "delete_rows",
    "drop_unlisted_rows",
    "example_scripts",
    "execute",
    "forget_parts",
    "forget_snapshots",
    "ids_in_use",
    "insert_rows",
    "is_stored",
    "list_before",
    "load_delivery",
    "marts_reader",
    "open_read_only",
    "open_warehouse",
    "people_in_parts",
    "publish",
    "read",
    "read_published",
    "remember_step",
    "replace_rows",
    "replace_steps",
    "rows_hash",
    "rows_in_use",
    "run_checks",
    "set_delivery_status",
    "step_inputs",
    "steps_done",
    "steps_of_kind",
    "store_definitions",
    "supersede_rows",
    "transaction",
    "write_new_rows",
]
