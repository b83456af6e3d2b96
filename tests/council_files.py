"""What a council really has: a member list out of Excel, German-style exports, and totals for one area."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xlsxwriter

AGREE = ("Stimme gar nicht zu", "Stimme eher nicht zu", "Teils teils", "Stimme eher zu", "Stimme voll zu")
BANDS = {"16 to 24": 40_000, "25 to 49": 130_000, "50 to 64": 80_000, "65 and over": 70_000}
N_MEMBERS, N_STRANGERS = 420, 4


@dataclass(frozen=True)
class CouncilFiles:
    """Paths of one council's files."""

    members: Path
    exports: tuple[Path, Path]
    margins: Path


def write_council_files(folder: Path, seed: int = 7) -> CouncilFiles:
    """Write the files: ids whose leading zeros Excel lost, dates in two layouts, a changed wording, a turned scale."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    ages = rng.integers(17, 88, N_MEMBERS)
    sexes = rng.choice(["Female", "Male", "F", "M"], N_MEMBERS)
    wards = rng.choice(["Castle", "Mill Road", "Riverside"], N_MEMBERS)
    header = ["Membership No", "Forename", "Surname", "E-mail", "Date of birth", "Gender", "Ward", "Date joined"]
    with xlsxwriter.Workbook(folder / "members.xlsx") as book:
        sheet = book.add_worksheet("Members")
        sheet.write_row(0, 0, header)
        for number, (age, sex, ward) in enumerate(zip(ages, sexes, wards, strict=True), start=1):  # six digits once
            born = f"{1 + number % 28:02d}/03/{2025 - age}"
            mail = f"jo{number}@example.org"
            sheet.write_row(number, 0, [number, "Jo", f"Example{number}", mail, born, sex, ward, "01/02/2024"])
    first = ["Teilnehmer-Nr;Endedatum;Dauer (in Sekunden);F1;F2;F3;F4"]
    second = ["Teilnehmer-Nr;Endedatum;Dauer (in Sekunden);F1;F2;F4;F5"]
    answers = [*AGREE, "Weiß nicht", "Keine Angabe"]
    for number in (*range(1, N_MEMBERS + 1), *range(90_001, 90_001 + N_STRANGERS)):
        said = rng.choice(answers, 4)
        codes = rng.integers(1, 5, 2)
        if rng.random() < 0.8:
            day = 1 + int(rng.integers(0, 20))
            first.append(
                f"{number:06d};{day:02d}.03.2025 10:{number % 60:02d}:00;300;"
                f"{said[0]};{said[1]};{codes[0]};ein eigener Satz {number}"
            )
        if rng.random() < 0.7:
            day = 1 + int(rng.integers(0, 20))
            second.append(
                f" {number:06d};{day:02d}.06.2025 11:{number % 60:02d}:00;280;"
                f"{said[2]};{said[3]};noch ein Satz {number};{codes[1]}"
            )
    (folder / "Befragung 1.csv").write_text("\n".join(first) + "\n", encoding="cp1252")
    (folder / "Befragung 2.csv").write_text("\n".join(second) + "\n", encoding="utf-8-sig")
    margins = ["margin,category,persons"]
    margins += [f"Age,{band},{persons}" for band, persons in BANDS.items()]
    margins += ["Sex,Females,163000", "Sex,Males,157000", "tenure,Owns outright,90000"]
    (folder / "totals.csv").write_text("\n".join(margins) + "\n", encoding="utf-8")
    return CouncilFiles(
        folder / "members.xlsx", (folder / "Befragung 1.csv", folder / "Befragung 2.csv"), folder / "totals.csv"
    )
