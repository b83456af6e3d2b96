"""What a quality page tells of one source: the newest delivery of a wave, of one of its parts, or of a list.

Item labels, counts and codes, never an answer with a person to it.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.rules import CRITICAL, FILE_NOTE, OTHER_CHECKS, RULE_KINDS, WARNING
from reports import words
from reports.language import ENGLISH
from reports.quality_removal import Removal

ROSTER, CROSSWALK, MAILINGS = "roster", "crosswalk", "mailings"
_NAMES = {ROSTER: "Member list", CROSSWALK: "Crosswalk", MAILINGS: "Invitations"}
_ORDER = {code: place for place, code in enumerate(RULE_KINDS)}
_UNITS = {
    "extra-column": "column",
    "required-column": "column",
    "item-column": "column",
    "margin-category": "group",
    "category-share-change": "answer",
}
_EFFECTS = {CRITICAL: "holds the file", WARNING: "flagged"}
_STATES = {
    "accepted": ("In use", "good"),
    "held": ("Held", "bad"),
    "none": ("Nothing delivered yet", "quiet"),
}


@dataclass(frozen=True)
class SourcePage:
    """What is known of one survey's wave or member list: its newest delivery and the rules checked on it."""

    survey: str
    source: str
    fieldwork: str
    delivery: dict[str, Any]  # a row of deliveries; empty when nothing came
    checks: list[dict[str, Any]]
    labels: dict[str, str]  # item: label
    uses_earlier: bool  # held, but an earlier delivery stays in use
    removal: Removal | None = None  # of respondents, for how carefully they answered
    part: str = ""  # of a wave delivered in several
    mode: str = ""  # how people were interviewed in that part
    is_awaited: bool = True  # False: a part that only adds late returns

    @property
    def name(self) -> str:
        """Return how the page calls it."""
        if self.source in _NAMES:
            return _NAMES[self.source]
        return f"Wave {self.source}, {self.part}" if self.part else f"Wave {self.source}"

    @property
    def path(self) -> str:
        """Return where the page is, relative to the index."""
        return f"{self.survey}/{self.source}{f'-{self.part}' if self.part else ''}.html"

    @property
    def status(self) -> str:
        """Return what became of the newest delivery: `accepted`, `held`, or `none` when there is none."""
        return str(self.delivery.get("status", "none"))

    @property
    def is_missing(self) -> bool:
        """Return whether this part is waited for."""
        return bool(self.part) and self.is_awaited and self.status == "none"

    @property
    def state(self) -> tuple[str, str]:
        """Return the state in words and as a style."""
        if self.status == "none" and self.is_missing:
            return "Missing: nothing delivered yet", "warn"
        label, style = _STATES[self.status]
        return (f"{label}, earlier file in use" if self.uses_earlier else label), style

    @property
    def file_name(self) -> str:
        """Return the delivered file's name, as far as it is known."""
        named = [check["file_name"] for check in self.checks if check["file_name"]]
        return str(self.delivery.get("file_name") or (named[0] if named else "not known"))

    @property
    def reasons(self) -> list[str]:
        """Return why the delivery is held; empty when it is not."""
        return self._messages(CRITICAL) if self.status == "held" else []

    @property
    def remarks(self) -> list[str]:
        """Return what to look at although nothing is held."""
        tolerated = [] if self.reasons else self._messages(CRITICAL)
        return [*tolerated, *self._messages(WARNING)]

    @property
    def notes(self) -> list[str]:
        """Return what was read of the file otherwise than one might expect."""
        return [str(one["message"]) for one in self.checks if one["rule"] == FILE_NOTE]

    @property
    def refused(self) -> list[tuple[str, str, str]]:
        """Return reason, item or column, and number of rows for whatever single rows were refused for."""
        rows = [one for one in self.checks if not one["success"] and refuses_rows(one["rule"], one["severity"])]
        return [(title_of(one["rule"]), self._what(one), words.count(ENGLISH, one["n_failed"])) for one in rows]

    @property
    def rule_rows(self) -> list[dict[str, str]]:
        """Return one row for each kind of rule: what was looked for, on how much, and what was found."""
        rules = {one["rule"] for one in self.checks} - {FILE_NOTE}
        codes = sorted(rules, key=lambda code: (_ORDER.get(code, len(_ORDER)), code))
        return [_rule_row(code, [one for one in self.checks if one["rule"] == code]) for code in codes]

    @property
    def item_rows(self) -> list[dict[str, str]]:
        """Return one row for each item: its label, its column, and what was found in it."""
        items = dict.fromkeys(one["item"] for one in self.checks if one["item"])
        return [self._item_row(item, [one for one in self.checks if one["item"] == item]) for item in items]

    def _messages(self, severity: str) -> list[str]:
        failed = [one for one in self.checks if not one["success"] and one["severity"] == severity]
        return [str(one["message"]) for one in failed]

    def _what(self, check: dict[str, Any]) -> str:
        if check["item"]:
            return self.labels.get(check["item"], str(check["item"]))
        return f"column {check['column_name']}" if check["column_name"] else "whole file"

    def _item_row(self, item: str, checks: list[dict[str, Any]]) -> dict[str, str]:
        rows = [one["n_failed"] for one in checks if one["rule"] not in _UNITS and not one["success"]]
        is_absent = any(one["rule"] == "item-column" and not one["success"] for one in checks)
        found = f"{words.count(ENGLISH, max(rows))} {plural('row', max(rows))} to correct" if rows else "as declared"
        return {
            "item": item,
            "label": self.labels.get(item, ""),
            "column": str(checks[0]["column_name"]),
            "found": "column missing" if is_absent else found,
            "style": "bad" if is_absent or rows else "good",
        }


def newest_delivery(deliveries: pl.DataFrame, survey: str, source: str, part: str, *, adds: bool) -> dict[str, Any]:
    """Return the newest delivery of a source, and whether an earlier one is in use instead of it.

    Args:
        adds: every file of the part adds rows, so that the rows of all in use are counted together.
    """
    own = deliveries.filter((pl.col("survey") == survey) & (pl.col("source") == source) & (pl.col("part") == part))
    own = own.filter(pl.col("status") != "superseded").sort("received_at", "delivery_id", descending=[True, False])
    if not own.height:
        return {"delivery": {}, "uses_earlier": False}
    newest = own.row(0, named=True)
    accepted = own.filter(pl.col("status") == "accepted")
    if adds and newest["status"] == "accepted":
        counts = ("n_delivered", "n_accepted", "n_refused", "n_superseded")
        newest |= accepted.select(pl.col(name).sum() for name in counts).row(0, named=True)
    return {"delivery": newest, "uses_earlier": newest["status"] == "held" and accepted.height > 0}


def _rule_row(code: str, checks: list[dict[str, Any]]) -> dict[str, str]:
    failed = [one for one in checks if not one["success"]]
    severity = str(checks[0]["severity"])
    n_failed = sum(one["n_failed"] for one in failed)
    unit = _UNITS.get(code, "row")
    places = f" in {len(failed)} columns" if len(failed) > 1 and unit == "row" else ""
    return {
        "title": title_of(code),
        "code": code,
        "n_columns": words.count(ENGLISH, len(checks)),
        "found": f"{words.count(ENGLISH, n_failed)} {plural(unit, n_failed)}{places}" if failed else "none",
        "effect": "refuses the row" if refuses_rows(code, severity) else _EFFECTS.get(severity, "noted"),
        "style": {CRITICAL: "bad", WARNING: "warn"}.get(severity, "quiet") if failed else "good",
    }


def refuses_rows(code: str, severity: str) -> bool:
    return code in ("test-row", "other-sample") or (
        code in RULE_KINDS and RULE_KINDS[code].is_row_level and severity == CRITICAL
    )


def title_of(code: str) -> str:
    return RULE_KINDS[code].title if code in RULE_KINDS else OTHER_CHECKS.get(code, code)


def plural(noun: str, n: int) -> str:
    return noun if n == 1 else f"{noun}s"
