"""The trend explorer: one page that needs no network, made from the published file alone."""

import json

from pipeline.theme import PLAIN, Theme
from reports.explorer_data import explorer_data
from reports.language import ENGLISH
from reports.page_templates import template
from reports.published import Read


def render_explorer(read: Read, theme: Theme = PLAIN) -> str | None:
    """Return the page with every released wave of every survey; None when nothing is let out yet.

    Args:
        read: answers SQL with the rows of the published file.
    """
    surveys = explorer_data(read)
    if not surveys:
        return None
    return template("explorer.html", theme).render(
        words=ENGLISH.table("explorer"),
        title=ENGLISH.say("explorer.page_title", title=surveys[0]["title"]),
        data=_inside_script({"surveys": surveys, "words": ENGLISH.table("explorer")}),
    )


def _inside_script(data: object) -> str:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
