"""Where the texts of a chart stand, measured on the wide side: to find that none covers another."""

from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
SIZES = {"figure": 16.0, "inside": 13.5, "beside": 13.5, "faint": 12.0, "name": 13.0}  # of charts.css
LETTER = 0.54  # of the size: the mean width of a letter of Liberation Sans is 0.5


@dataclass(frozen=True)
class Box:
    """A text and the rectangle it takes."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    def covers(self, other: "Box") -> bool:
        """Return whether the two have a point in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def boxes(chart: str) -> list[Box]:
    """Return the rectangle of every text of a chart."""
    return [_box(one) for one in ElementTree.fromstring(chart).iter(f"{SVG}text")]


def _box(text: ElementTree.Element) -> Box:
    kinds = text.attrib["class"].split()
    size = next((SIZES[kind] for kind in reversed(kinds) if kind in SIZES), 13.5)
    words = text.text or ""
    width = LETTER * size * len(words)
    x, y = float(text.attrib["x"]), float(text.attrib["y"])
    left = x - width * (1.0 if "end" in kinds else 0.5 if {"middle", "inside"} & set(kinds) else 0.0)
    return Box(words, left, left + width, y - 0.72 * size, y + 0.2 * size)


def covered(chart: str) -> list[tuple[str, str]]:
    """Return the pairs of texts that cover each other; none is good."""
    return [(one.text, other.text) for one, other in combinations(boxes(chart), 2) if one.covers(other)]


def outside(chart: str) -> list[str]:
    """Return the texts that leave the picture; none is good."""
    _, _, width, height = map(float, ElementTree.fromstring(chart).attrib["viewBox"].split())
    return [
        box.text
        for box in boxes(chart)
        if box.left < -1 or box.right > width + 1 or box.top < -1 or box.bottom > height + 1
    ]
