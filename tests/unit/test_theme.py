"""The theme of a workspace: read, checked against what people can read, and worn by every page alike."""

import re
import shutil
import tomllib
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.fingerprint import theme_hash
from pipeline.logo import LARGEST_BYTES
from pipeline.settings import create_workspace
from pipeline.theme import COLOURS, LEAST_CONTRAST, PLAIN, contrast, nearest_readable, read_theme
from reports.explorer import render_explorer
from reports.newsletter import edition_of, render_newsletter
from reports.newsletter_formats import render_editions
from reports.page_templates import TEMPLATES, dressed
from reports.trend_report import render_trend_report
from tests.pictures_builder import file_with_pictures
from tests.published_builder import SURVEY
from tests.theme_folder import LOGO, png, write_theme
from tests.unit.test_trend_report import panel

FONT = (  # a font that an installed package brings along
    Path(str(find_spec("great_expectations").origin)).parent  # type: ignore[union-attr]
    / "render/view/static/fonts/HKGrotesk/HKGrotesk-Regular.otf"
)
MADE = datetime(2025, 5, 2, 2, 0, tzinfo=UTC)
TEMPLATE_FILES = [path.name for path in TEMPLATES.iterdir() if path.suffix in (".html", ".css", ".typ", ".js")]


def refused(folder: Path) -> str:
    with pytest.raises(UsageError) as found:
        read_theme(folder)
    return str(found.value)


def test_a_new_workspace_has_a_theme_in_which_every_line_is_a_comment(tmp_path: Path) -> None:
    create_workspace(tmp_path / "panel")
    assert read_theme(tmp_path / "panel") == PLAIN
    text = (tmp_path / "panel" / "theme.toml").read_text()
    said = tomllib.loads("\n".join(line[2:] for line in text.splitlines()[1:]))
    assert set(said) == {"organisation", "contact", "logo", "colours", "fonts"}, "uncommented, it is a theme"
    assert said["colours"] == COLOURS


def test_what_is_stated_is_read(tmp_path: Path) -> None:
    theme = read_theme(write_theme(tmp_path))
    assert (theme.organisation, theme.accent, theme.headings) == ("Anytown Council", "#8a1f5c", ("Georgia",))
    assert theme.logo is not None
    assert theme.logo.address.startswith("data:image/svg+xml;base64,")
    png_logo = read_theme(write_theme(tmp_path, logo=png())).logo
    assert png_logo is not None
    assert png_logo.format == "png"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"#8a1f5c"', '"#9ac9e8"', "theme.toml, line 9, 'accent': found '#9ac9e8', contrast 1.67 : 1 against"),
        ('"#f0a3cf"', '"#333333"', "line 10, 'accent_dark': found '#333333', contrast"),
        ('"#f7f9f4"', '"#888888"', "line 11, 'paper': found '#888888', contrast"),
        ('"#101a14"', '"#777777"', "line 12, 'paper_dark': found '#777777', contrast"),
        ('"#8a1f5c"', '"red"', "found 'red', expected a colour such as '#0b5f94'"),
        ('"#8a1f5c"', '"#8a1f5"', "found '#8a1f5', expected a colour"),
        ('"#8a1f5c"', "7", "found 7, expected a colour"),
        ("accent =", "akzent =", "line 9, 'akzent': found 'akzent', expected one of accent, accent_dark, paper"),
        ("organisation", "organization", "line 1, 'organization': found 'organization', expected one of organisation"),
        ('["Georgia"]', '["x;} body{display:none"]', "expected a list of names of fonts"),
        ('["Georgia"]', '"Georgia"', "expected a list of names of fonts"),
        ('alt = "Anytown: a bridge"\n', "", "expected a text that says what the logo shows"),
        ('"logo.svg"', '"../logo.svg"', "expected a file in this folder"),
        ('"logo.svg"', '"none.svg"', "found 'none.svg', expected a file in this folder"),
        ('["Verdana"]', '["Verdana"]\npdf = "logo.svg"', "found 'logo.svg', expected a TrueType or OpenType font"),
        ("[logo]", "[logo", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_what_was_found_and_expected(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert expected in refused(write_theme(tmp_path, change=(old, new)))


def test_a_faint_colour_is_refused_with_a_near_one_that_passes(tmp_path: Path) -> None:
    message = refused(write_theme(tmp_path, change=('"#8a1f5c"', '"#9ac9e8"')))
    near = re.search(r"Take (#[0-9a-f]{6}), the nearest that passes", message)
    assert near
    assert contrast(near.group(1), "#f7f9f4") >= LEAST_CONTRAST
    assert read_theme(write_theme(tmp_path, change=('"#8a1f5c"', f'"{near.group(1)}"'))).accent == near.group(1)


def test_pages_depend_on_the_theme_and_on_the_logo_it_names(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "panel")
    hashes = [theme_hash(workspace)]
    for logo in (LOGO.encode(), LOGO.replace("60", "61").encode()):
        write_theme(workspace.root, logo=logo)
        hashes.append(theme_hash(workspace))
    assert len(set(hashes)) == 3
    (workspace.root / "notes.txt").write_text("of nobody's concern")
    assert theme_hash(workspace) == hashes[-1]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert nearest_readable("#777777", ("#ffffff",)) == "#757575"


@pytest.mark.parametrize(
    ("logo", "expected"),
    [
        (b"GIF89a", "no picture, expected a PNG or SVG picture"),
        (b"<html/>", "<html>, expected a PNG or SVG picture"),
        (LOGO.replace("<rect", "<script>alert(1)</script><rect").encode(), "<script>"),
        (LOGO.replace("<rect", '<rect onload="x()"').encode(), "the attribute 'onload'"),
        (LOGO.replace("<rect", '<image href="http://x.example/a.png"/><rect').encode(), "<image>"),
        (LOGO.replace("<rect", '<rect style="fill:url(http://x.example/a)"').encode(), "the attribute 'style'"),
        (LOGO.replace("<rect", "<style>@import 'x.css';</style><rect").encode(), "a style that asks another place"),
        (
            b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + LOGO.replace("<rect", "<text>&a;</text><rect").encode(),
            "no picture",
        ),
        (png()[:-6], "a damaged PNG"),
        (png().replace(b"IDAT", b"IDAX"), "a damaged PNG"),
        (png(5000, 10), "5000 × 10 pixels, expected at most 4000 on either side"),
        (b" " * (LARGEST_BYTES + 1), "200,001 bytes, expected at most 200,000"),
    ],
    ids=range(12),
)
def test_what_is_no_safe_picture_is_no_logo(tmp_path: Path, logo: bytes, expected: str) -> None:
    assert f"'file': found 'logo.svg': {expected}" in refused(write_theme(tmp_path, logo=logo))


@pytest.mark.parametrize("name", TEMPLATE_FILES)
def test_no_template_keeps_a_colour_that_the_theme_replaces(tmp_path: Path, name: str) -> None:
    text = dressed(name, read_theme(write_theme(tmp_path)))
    assert not [colour for colour in COLOURS.values() if colour in text]
    assert dressed(name) == (TEMPLATES / name).read_text(encoding="utf-8")


def test_every_format_wears_the_theme(tmp_path: Path) -> None:
    theme = read_theme(write_theme(tmp_path))
    file = file_with_pictures()
    file.tables["surveys"][0] |= {"title": "Our panel", "disclosure_profile": "public"}
    for release in file.tables["releases"]:
        release["is_public"] = True
    for row in file.tables["items"]:
        row["topic"] = "topic"
    read = file.read()
    edition = edition_of(read, SURVEY, "w04", disclosure_profile="public", theme=theme)
    pages = {
        name: text.encode() for name, text in render_newsletter(edition, title="Our panel", generated_at=MADE).items()
    }
    files = pages | render_editions(edition, title="Our panel", generated_at=MADE)
    explorer = render_explorer(read, theme)
    assert explorer is not None
    for html in (files["newsletter.html"].decode(), files["easy-read.html"].decode(), explorer):
        assert "Anytown Council" in html
        assert 'alt="Anytown: a bridge"' in html
        assert "#8a1f5c" in html
        assert "#f0a3cf" in html, "and its dark variant"
        assert "img-src data:" in html
    email = files["email.html"].decode()
    assert '<img src="logo.png"' in email
    assert "color:#8a1f5c" in email
    assert "&#39;Verdana&#39;, Arial" in email
    assert files["logo.png"].startswith(b"\x89PNG")
    assert "#8a1f5c" in files["charts/linking_support.svg"].decode()
    plain = edition_of(read, SURVEY, "w04", disclosure_profile="public")
    usual = render_editions(plain, title="Our panel", generated_at=MADE)
    assert usual["newsletter.pdf"] != files["newsletter.pdf"]
    assert usual["charts/linking_support.png"] != files["charts/linking_support.png"]
    assert "logo.png" not in usual
    assert "Anytown" not in usual["email.html"].decode()


def test_the_font_of_a_theme_is_in_every_pdf_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    shutil.copyfile(FONT, tmp_path / "fonts" / "Own.otf")
    theme = read_theme(write_theme(tmp_path, change=('["Verdana"]', '["Verdana"]\npdf = "fonts/Own.otf"')))
    edition = edition_of(file_with_pictures().read(), SURVEY, "w04", disclosure_profile="public", theme=theme)
    pdfs = [
        render_editions(edition, title="Our panel", generated_at=MADE)["newsletter.pdf"],
        render_trend_report(panel().read(), SURVEY, confidence=0.95, theme=theme)["trend-report.pdf"],
    ]
    for pdf in pdfs:
        assert set(re.findall(rb"/FontName\s*/[A-Z]{6}\+(\w+)", pdf)) == {b"HKGrotesk"}
        assert re.search(rb"/FontFile3 \d+ 0 R", pdf), "the font itself is in the file"
