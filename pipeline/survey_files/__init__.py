"""The only reader and writer of surveys/: YAML and margins in, a checked `Survey` out, all faults named at once."""

from pipeline.survey_files.adding import with_items
from pipeline.survey_files.survey import read_survey, read_surveys, survey_folders
from pipeline.survey_files.taking_out import without_waves
from pipeline.survey_files.writing import Notes, items_text, wave_text
from pipeline.survey_files.writing_survey import survey_text

__all__ = [
    "Notes",
    "items_text",
    "read_survey",
    "read_surveys",
    "survey_folders",
    "survey_text",
    "wave_text",
    "with_items",
    "without_waves",
]
