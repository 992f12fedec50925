"""An apology as a PDF, its letters embedded: it looks and reads the same on every machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fpdf import FPDF

from bot.console.apology.letter import Letter

MEDIA_TYPE = "application/pdf"
_FONT = "letter"
_STYLES = {"": "DejaVuSerif", "B": "DejaVuSerif-Bold", "I": "DejaVuSerif-Italic", "BI": "DejaVuSerif-BoldItalic"}
_LEFT, _RIGHT, _TOP, _BOTTOM = 26, 16, 18, 18  # mm
_COLUMN, _GAP, _BLOCK = 68, 2, 40  # mm: the left column, between the two, and what both may take down
_SIZE, _SMALL = 11.0, 9.2  # points
_SPACING = 1.5  # lines
_MARK, _INK = (180, 35, 24), (0, 0, 0)


def pdf(letter: Letter) -> bytes:
    """Return the file."""
    paper = _paper(letter)
    for mark in letter.marks:
        paper.set_text_color(*_MARK)
        _line(paper, mark.upper(), "B", "C", _SMALL)
    paper.set_text_color(*_INK)
    paper.ln(2)
    _head(paper, letter)
    paper.ln(8)
    _line(paper, letter.title[0], "B", "C", 13)
    _line(paper, letter.title[1], "B", "C")
    paper.ln(5)
    _line(paper, letter.addressee, "", "C")
    _body(paper, letter)
    paper.ln(8)
    _foot(paper, letter)
    return bytes(paper.output())


def _paper(letter: Letter) -> FPDF:
    paper = FPDF(format="A4")
    paper.set_margins(_LEFT, _TOP, _RIGHT)
    paper.set_auto_page_break(True, _BOTTOM)
    folder = fonts()
    for style, name in _STYLES.items():
        paper.add_font(_FONT, style, folder / f"{name}.ttf")
    paper.set_title(" ".join(letter.title))
    paper.set_lang("vi")
    paper.add_page()
    return paper


def fonts() -> Path:
    """Return the folder of the DejaVu fonts, free and with all Vietnamese letters, which come with matplotlib."""
    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None, "matplotlib is pinned: Rasa needs it"
    return Path(found.origin).parent / "mpl-data/fonts/ttf"


def _head(paper: FPDF, letter: Letter) -> None:
    left = [(letter.agency[0], "", _SMALL), (letter.agency[1], "B", _SMALL), ("", "", 4), (letter.number, "", _SIZE)]
    right = [
        (letter.state[0], "B", _SMALL),
        (letter.state[1], "BU", _SMALL),
        ("", "", 4),
        (letter.place_and_date, "I", _SMALL),
    ]
    _columns(paper, left, right)


def _body(paper: FPDF, letter: Letter) -> None:
    with paper.text_columns(text_align="J", line_height=_SPACING) as column:
        for pieces in letter.paragraphs:
            with column.paragraph(top_margin=2.5) as paragraph:
                for text, is_bold in pieces:
                    paper.set_font(_FONT, "B" if is_bold else "", _SIZE)
                    paragraph.write(text)


def _foot(paper: FPDF, letter: Letter) -> None:
    left = [(text, "" if number else "BI", _SMALL) for number, text in enumerate(letter.receivers)]
    _columns(paper, left, [(letter.signature[0], "B", _SIZE), (letter.signature[1], "I", _SMALL)], "L")


def _columns(
    paper: FPDF, left: list[tuple[str, str, float]], right: list[tuple[str, str, float]], align: str = "C"
) -> None:
    """Write two columns of (text, style, size) beside each other, on one page."""
    if paper.get_y() + _BLOCK > paper.h - _BOTTOM:
        paper.add_page()
    top, wide = paper.get_y(), paper.w - _LEFT - _RIGHT - _COLUMN - _GAP
    below = _column(paper, left, _LEFT, _COLUMN, top, align)
    paper.set_y(max(below, _column(paper, right, _LEFT + _COLUMN + _GAP, wide, top, "C")))


def _column(paper: FPDF, lines: list[tuple[str, str, float]], x: float, wide: float, top: float, align: str) -> float:
    paper.set_y(top)
    for text, style, size in lines:
        paper.set_x(x)
        paper.set_font(_FONT, style, size)
        paper.multi_cell(wide, size * 0.52, text, align=align, new_x="LEFT", new_y="NEXT")
    return float(paper.get_y())


def _line(paper: FPDF, text: str, style: str, align: str, size: float = _SIZE) -> None:
    paper.set_font(_FONT, style, size)
    paper.multi_cell(0, size * 0.55, text, align=align, new_x="LMARGIN", new_y="NEXT")
