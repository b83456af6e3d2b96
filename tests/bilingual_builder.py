"""A small published file told in English and Welsh, and what of a page is spoken in which language."""

import re
from html.parser import HTMLParser

from tests.published_builder import SURVEY, PublishedFile, published_file

WELSH = {
    ("title", "", ""): "Ein panel",
    ("label", "linking", ""): "Cysylltu data",
    ("wording", "linking", ""): "Ydych chi'n cefnogi cysylltu?",
    ("answer", "linking", "1"): "Cefnogi",
    ("answer", "linking", "2"): "Cefnogi'n gryf",
    ("headline", "support", ""): "O blaid",
    ("topic", "use", ""): "Defnydd",
    ("domain", "age_group", ""): "Grŵp oedran",
    ("group", "age_group", "older"): "Hŷn",
    ("statement", "sponsor", ""): "Cyngor Trefaes",
    ("intro", "w04", ""): "Diolch am ateb.",
}
ENGLISH_WORDS = re.compile(
    r"\b(the|since|wave|panel members|answered|people who|between|likely|share|everyone|figures)\b", re.IGNORECASE
)


def bilingual(file: PublishedFile | None = None, *, is_reviewed: bool = False) -> PublishedFile:
    """Return a file, or that of `published_file`, of a survey in English with some of its texts in Welsh."""
    file = file or published_file()
    file.tables["surveys"][0]["languages"] = "en,cy"
    file.tables["translations"] = [
        {"survey": SURVEY, "language": "cy", "kind": kind, "name": name, "code": code, "text": text,
         "is_reviewed": is_reviewed}
        for (kind, name, code), text in WELSH.items()
    ]  # fmt: skip
    return file


class Spoken(HTMLParser):
    """The text of a page by the language it is in, as its `lang` attributes say."""

    EMPTY = ("meta", "link", "br", "img", "circle", "line", "polygon", "polyline", "rect")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: dict[str, list[str]] = {}
        self.open: list[tuple[str, str]] = [("", "")]
        self.feed(re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", html, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.EMPTY:
            self.open.append((tag, dict(attrs).get("lang") or self.open[-1][1]))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.text.setdefault(self.open[-1][1], []).append(data)

    def said_in(self, code: str) -> str:
        """Return all that is said in a language."""
        return " ".join(" ".join(self.text.get(code, [])).split())
