"""The only reader of surveys/: YAML and margins in, a checked `Survey` out, all faults named at once."""

from pipeline.survey_files.survey import read_survey, read_surveys, survey_folders

__all__ = ["read_survey", "read_surveys", "survey_folders"]
