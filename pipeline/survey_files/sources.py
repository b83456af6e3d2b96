"""Where a delivery comes from: its file, how that is written, and what its columns mean."""

import codecs
from pathlib import PurePosixPath

from pipeline.definitions import DELIVERY_FORMATS, RowFilter, Source
from pipeline.survey_files.blocks import Block

MEMBER_ID = "panel_member_id"


def read_source(block: Block) -> Source:
    """Return where a delivery comes from and what its columns mean; the member id is among them."""
    source = read_source_keys(block, block.needed_text("file"))
    refuse_no_member_id(block, source)
    block.close()
    return source


def read_source_keys(block: Block, file: str) -> Source:
    """Return what a block says of a delivery; what it leaves out is as usual."""
    return Source(
        file=file,
        columns=block.text_map("columns"),
        required_columns=block.texts("required_columns"),
        ignored_columns=block.texts("ignored_columns"),
        complete_when=read_filter(block, "complete_when"),
        test_rows=read_filter(block, "test_rows"),
        constants=block.text_map("constants"),
        completed_at_format=block.text_or_none("completed_at_format"),
        optional_columns=block.text_map("optional_columns"),
        codebook=read_codebook(block),
        format=read_format(block),
        encoding=read_encoding(block),
        sheet=block.text_or_none("sheet"),
        header_row=found.whole() if (found := block.get("header_row")) else None,
        decimal_comma=found.boolean() if (found := block.get("decimal_comma")) else None,
        only_rows=read_filter(block, "only_rows"),
        linked_ids=block.text_map("linked_ids"),
    )


def refuse_no_member_id(block: Block, source: Source) -> None:
    """Note a delivery whose rows nobody can be known by."""
    if MEMBER_ID not in source.columns:
        block.value.fault(f"no '{MEMBER_ID}' under columns", "the member id's column", "Add it to 'columns'.")


def read_format(block: Block) -> str | None:
    """Return the format that a delivery is said to have; None: its content tells."""
    found = block.get("format")
    return (found.name(DELIVERY_FORMATS, "a format of deliveries") or None) if found else None


def read_encoding(block: Block) -> str | None:
    """Return the encoding that a delivery's text is said to have; None: its content tells."""
    found = block.get("encoding")
    if found is None:
        return None
    name = found.text()
    try:
        return codecs.lookup(name).name if name else None
    except LookupError:
        found.fault(f"'{name}'", "an encoding", "Write it as utf-8, utf-16, cp1252, latin-1 or mac_roman.")
    return None


def read_codebook(block: Block) -> str | None:
    """Return the path of the codebook, which is written relative to the survey's folder; None when there is none."""
    found = block.get("codebook")
    if found is None:
        return None
    written = found.text()
    folder = found.root / PurePosixPath(found.file).parts[0]
    path = folder / written
    is_inside = path.resolve().is_relative_to(folder.resolve())
    if written and not (is_inside and path.is_file()):
        fix = f"Put the codebook into {folder.name}/, and write its path from there."
        found.fault(f"'{written}'", f"a file in {folder.name}/", fix)
        return None
    return path.as_posix() if written else None


def read_filter(block: Block, key: str) -> RowFilter | None:
    """Return the rows that a column's values pick out; None when the key is absent."""
    found = block.block(key)
    if found is None:
        return None
    found.need("in", "a list of values")
    row_filter = RowFilter(found.needed_text("column"), found.texts("in"))
    found.close()
    return row_filter
