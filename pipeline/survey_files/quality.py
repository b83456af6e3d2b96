"""How strictly a survey judges its deliveries and answers: severities, comparisons, flags, and who is removed."""

from dataclasses import fields

from pipeline.definitions import ProfileVariable
from pipeline.mode_guard import ModeGuard
from pipeline.quality_limits import ResponseQuality, SeverityChange, WaveComparison
from pipeline.rules import RULE_KINDS, SEVERITIES
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.waves import read_share

FEWEST_FLAGS = 2  # one strong flag alone removes nobody (methodology C15)


def read_severities(survey: Block) -> dict[str, SeverityChange]:
    """Return the rules that weigh more or less than usual in this survey; each change gives its reason."""
    changes = {}
    for code, block in survey.blocks("rules").items():
        changes[code] = SeverityChange(block.choice("severity", SEVERITIES, "a severity"), block.needed_text("reason"))
        if block.value.is_among(code, RULE_KINDS, "a rule") and RULE_KINDS[code].is_fixed:
            expected = "a rule whose severity may differ"
            block.value.fault(f"'{code}'", expected, "Remove it: what depends on this rule cannot do without it.")
        block.close()
    return changes


def read_response_quality(survey: Block, profile: tuple[ProfileVariable, ...]) -> ResponseQuality:
    """Return from which value each flag of response quality is set; those under `without` are not looked for."""
    block = survey.block("response_quality")
    if block is None:
        return ResponseQuality()
    names = [one.name for one in fields(ResponseQuality) if one.name not in ("identity", "remove_at")]
    usual = {name: getattr(ResponseQuality(), name) for name in names}
    left_out = block.names("without", usual, "a flag of response quality")
    values = {name: None if name in left_out else block.above_zero(name, float(usual[name])) for name in usual}
    identity, remove_at = read_identity(block, profile), read_removal(block)
    block.close()
    return ResponseQuality(**values, identity=identity, remove_at=remove_at)


def read_removal(block: Block) -> int | None:
    """Return from how many kinds of strong flags on a respondent does not count; None where nobody is removed."""
    found = block.block("remove_when")
    if found is None:
        return None
    strong_flags = found.whole("strong_flags", FEWEST_FLAGS)
    if strong_flags < FEWEST_FLAGS:
        expected = f"{FEWEST_FLAGS} or more"
        found.value.fault(f"strong_flags: {strong_flags}", expected, "One flag alone is too little to remove a person.")
    found.close()
    return strong_flags


def read_identity(block: Block, profile: tuple[ProfileVariable, ...]) -> dict[str, float]:
    """Return the profile variables that do not change in a person, and by how much each may differ."""
    found = block.block("identity")
    if found is None:
        return {}
    names = [variable.name for variable in profile if variable.check_drift]
    for name, value in found.value.entries().items():
        value.is_among(name, names, "a profile variable with check_drift: true")
    identity = {name: found.number(name, 0.0) for name in found.value.entries()}
    found.close()
    return identity


def read_comparison(survey: Block) -> WaveComparison:
    """Return from which difference to the wave before a delivery is flagged."""
    block = survey.block("against_previous_wave")
    if block is None:
        return WaveComparison()
    usual = WaveComparison()
    comparison = WaveComparison(
        fewest_rows=read_share(block, "fewest_rows", usual.fewest_rows),
        share_difference=read_share(block, "share_difference", usual.share_difference),
    )
    block.close()
    return comparison


def read_mode_guard(survey: Block) -> ModeGuard:
    """Return from where a change is flagged that a change in the mix of interview modes could explain."""
    block, usual = survey.block("mode_guard"), ModeGuard()
    if block is None:
        return usual
    guard = ModeGuard(
        smallest_shift=read_share(block, "smallest_shift", usual.smallest_shift),
        largest_effect=read_share(block, "largest_effect", usual.largest_effect),
    )
    block.close()
    return guard
