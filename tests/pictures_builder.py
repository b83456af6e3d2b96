"""A published file in which the headline items have all their answers, two of them sides, and figures by age group."""

from typing import Any

from tests.published_builder import AGES, SURVEY, WEIGHT, PublishedFile, published_file

SPLIT = {  # label of each answer of the items linking and trust: its side and share
    "Strongly oppose": ("low", 0.06),
    "Oppose": ("low", 0.14),
    "Neither": ("middle", 0.19),
    "Support": ("high", 0.41),
    "Strongly support": ("high", 0.20),
}
BY_AGE = {"linking": (0.44, 0.52, 0.60, 0.66, 0.71), "trust": (0.30, 0.38, 0.41, 0.44, 0.47)}


def file_with_pictures(*, waves: int = 4, n: int = 1843, n_of_group: int = 368) -> PublishedFile:
    """Return a survey whose newest wave has every picture of the newsletter."""
    file = published_file(waves=waves, n=n)
    last = f"w{waves:02d}"
    others = [row for row in file.tables["answer_options"] if row["item"] not in BY_AGE]
    named = [_option(item, place, label) for item in BY_AGE for place, label in enumerate(SPLIT, 1)]
    file.tables["answer_options"] = [row | {"side": None} for row in others] + named
    headlines = file.rows("estimates", wave=last)
    for row in file.tables["estimates"]:
        row["unweighted_estimate"] = row["estimate"]
    for item, shares in BY_AGE.items():
        model = next(row for row in headlines if row["item"] == item)
        file.tables["estimates"] += [_share(model, label, share) for label, (_, share) in SPLIT.items()]
        file.tables["estimates"] += [
            _moved(model, share, domain="age_group", domain_value=age, unweighted_n=n_of_group)
            for age, share in zip(AGES, shares, strict=True)
        ]
    file.tables["answers"] = [_answer(item, last, member, n) for item in BY_AGE for member in range(n)]
    return file


def _option(item: str, place: int, label: str) -> dict[str, Any]:
    side, _ = SPLIT[label]
    headlines = {"linking": "support", "trust": "trust"}[item] if side == "high" else None
    about = {"survey": SURVEY, "item": item, "option_order": place, "code": str(place), "label": label}
    return about | {"headlines": headlines, "side": side, "missing_kind": None}


def _share(model: dict[str, Any], label: str, share: float) -> dict[str, Any]:
    return _moved(model, share, statistic="share", category=label)


def _moved(model: dict[str, Any], share: float, **changed: Any) -> dict[str, Any]:
    figures = {"estimate": share, "ci_low": share - 0.04, "ci_high": share + 0.04, "unweighted_estimate": share}
    return {**model, **figures, "weight_id": WEIGHT, **changed}


def _answer(item: str, wave: str, member: int, n: int) -> dict[str, Any]:
    """Return one member's answer: one in ten does not know."""
    is_unknown = member * 10 < n
    about = {"survey": SURVEY, "wave": wave, "item": item, "panel_member_id": str(member)}
    return about | {"missing_kind": "dont_know" if is_unknown else None}
