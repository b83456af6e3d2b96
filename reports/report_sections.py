"""What the technical trend report is made of: sections of paragraphs, pictures and tables."""

from dataclasses import dataclass

from reports.pictures import Picture, Table


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; `level` 3 for an item within a topic."""

    title: str
    level: int
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    trends: tuple["Trend", ...] = ()


@dataclass(frozen=True)
class Trend:
    """A picture with the sentences that tests allow about it; its table stands among those of the section."""

    picture: Picture
    lines: tuple[str, ...] = ()
