"""An apology as a Word file that the office can go on with."""

from __future__ import annotations

from io import BytesIO

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from bot.console.apology.letter import Letter

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FONT, _SIZE = "Times New Roman", 13
_WIDTHS = (Cm(6.5), Cm(10.0))
_MARK = RGBColor(0xB4, 0x23, 0x18)
_LEFT, _CENTRE, _RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT


def docx(letter: Letter) -> bytes:
    """Return the file."""
    paper = _paper(letter)
    for mark in letter.marks:
        run = _line(paper.add_paragraph(), mark.upper(), bold=True, align=_CENTRE).runs[0]
        run.font.color.rgb, run.font.size = _MARK, Pt(11)
    _head(paper, letter)
    _line(paper.add_paragraph(), letter.title[0], bold=True, align=_CENTRE).paragraph_format.space_before = Pt(18)
    _line(paper.add_paragraph(), letter.title[1], bold=True, align=_CENTRE)
    _line(paper.add_paragraph(), letter.addressee, align=_CENTRE).paragraph_format.space_before = Pt(12)
    for pieces in letter.paragraphs:
        body = paper.add_paragraph()
        body.alignment, body.paragraph_format.first_line_indent = WD_ALIGN_PARAGRAPH.JUSTIFY, Cm(1)
        body.paragraph_format.space_before = Pt(6)
        for text, is_bold in pieces:
            body.add_run(text).bold = is_bold
    _foot(paper, letter)
    file = BytesIO()
    paper.save(file)
    return file.getvalue()


def _paper(letter: Letter) -> Paper:
    paper = Document()
    page = paper.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin, page.right_margin, page.top_margin, page.bottom_margin = Cm(3), Cm(1.5), Cm(2), Cm(2)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(_SIZE)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(0)
    paper.core_properties.title = " ".join(letter.title)
    paper.core_properties.author = paper.core_properties.comments = ""
    return paper


def _head(paper: Paper, letter: Letter) -> None:
    left, right = _columns(paper)
    _line(left.paragraphs[0], letter.agency[0], align=_CENTRE, size=12)
    _line(left.add_paragraph(), letter.agency[1], bold=True, align=_CENTRE, size=12)
    _line(left.add_paragraph(), letter.number, align=_CENTRE).paragraph_format.space_before = Pt(8)
    _line(right.paragraphs[0], letter.state[0], bold=True, align=_CENTRE, size=12)
    _line(right.add_paragraph(), letter.state[1], bold=True, align=_CENTRE).runs[0].underline = True
    dated = _line(right.add_paragraph(), letter.place_and_date, align=_RIGHT)
    dated.runs[0].italic, dated.paragraph_format.space_before = True, Pt(8)


def _foot(paper: Paper, letter: Letter) -> None:
    paper.add_paragraph()
    left, right = _columns(paper)
    for number, text in enumerate(letter.receivers):
        line = _line(left.paragraphs[0] if not number else left.add_paragraph(), text, bold=not number, size=11)
        line.runs[0].italic = not number
    _line(right.paragraphs[0], letter.signature[0], bold=True, align=_CENTRE)
    _line(right.add_paragraph(), letter.signature[1], align=_CENTRE).runs[0].italic = True


def _columns(paper: Paper) -> tuple[_Cell, _Cell]:
    """Return the two cells of a table without lines."""
    table = paper.add_table(rows=1, cols=2)
    table.autofit = False
    for cell, width in zip(table.rows[0].cells, _WIDTHS):
        cell.width = width
    left, right = table.rows[0].cells
    return left, right


def _line(
    paragraph: Paragraph, text: str, *, bold: bool = False, align: WD_ALIGN_PARAGRAPH = _LEFT, size: int = _SIZE
) -> Paragraph:
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, Pt(size)
    paragraph.alignment = align
    return paragraph
