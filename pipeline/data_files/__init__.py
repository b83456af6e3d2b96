"""The one reader and writer of analysts' data files: CSV, Parquet, SPSS and Stata; Excel is written only."""

from pipeline.data_files.parquet_columns import NewColumns
from pipeline.data_files.reading import read_table, read_targets
from pipeline.data_files.writing import refuse_unwritable, write_rows_to, write_with_columns

__all__ = [
    "NewColumns",
    "read_table",
    "read_targets",
    "refuse_unwritable",
    "write_rows_to",
    "write_with_columns",
]
