"""Which format a data file has, by its ending."""

from pathlib import Path

from pipeline.errors import DeliveryError

CSV, PARQUET, SPSS, STATA = ".csv", ".parquet", ".sav", ".dta"
PORTABLE, TRANSPORT = ".por", ".xpt"
STATISTICS = {  # what pipeline.wave_files.statistics_files calls them
    SPSS: "spss",
    PORTABLE: "spss_portable",
    STATA: "stata",
    TRANSPORT: "sas_transport",
}
READABLE = {
    CSV: CSV,
    ".tsv": CSV,
    ".txt": CSV,
    PARQUET: PARQUET,
    ".pq": PARQUET,
    SPSS: SPSS,
    ".zsav": SPSS,
    PORTABLE: PORTABLE,
    STATA: STATA,
    TRANSPORT: TRANSPORT,
}


def format_of(path: Path) -> str:
    """Return the format of a file that is to be read, by its ending.

    Raises:
        DeliveryError: there is no such file, or it is in no format that is read.
    """
    if not path.is_file():
        raise DeliveryError(f"{path}: there is no such file.")
    found = READABLE.get(path.suffix.lower())
    if found is None:
        raise DeliveryError(
            f"{path}: files ending in '{path.suffix}' are not read. Save it as CSV, Parquet, SPSS .sav or Stata .dta."
        )
    return found
