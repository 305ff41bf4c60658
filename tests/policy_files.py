"""Policy files as schools have them, by writers that know nothing of our reader: LibreOffice, python-docx, and by hand.

The kept ones of tests/samples/policies are made with `python -m tests.policy_files`.
"""

from __future__ import annotations

import html
import io
import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import typst
from docx import Document
from docx.document import Document as Written
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.parser import parse_xml
from docx.shared import Cm

from connector.model.policy_text import BlockKind, PolicyText
from connector.policies.formats import read_here
from connector.policies.kinds import kind_of

SAMPLES = Path(__file__).parent / "samples" / "policies"
NURSERY, INFANT = "nursery-cse-policy", "infant-school-cse-policy"
TEMPLATE = "template-with-controls.docx"
NO_OFFICE = "LibreOffice is not on the PATH: install libreoffice-writer-nogui (or LibreOffice)"
H, P, L, R = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.ROW
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_NAMES = {
    "w": _MAIN,
    "r": f"{_OFFICE}/relationships",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "v": "urn:schemas-microsoft-com:vml",
}
SPACES = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in _NAMES.items())
# What stands as a heading in the two policies; the other short lines of theirs are prose.
_HEADINGS = {
    NURSERY: "1.10 Child Sexual Exploitation (CSE) Policy|Policy Statement|Definition:|Potential Indicators of risk:|"
    "Procedure to follow if concern is highlighted:|Documents used to form this policy:",
    INFANT: "Halfway Nursery Infant School|Child Sexual Exploitation Policy|Introduction|Aims and objectives|"
    "Definition and Overview of CSE|Vulnerability factors to CSE|Prevention|Confidentiality|Parental Involvement|"
    "Responding to Concerns – Risk Assessment Framework|Monitoring and Evaluation|"
    "How do we ensure that people are aware of the Policy?",
}


def sample(name: str) -> bytes:
    """One of the kept files."""
    return (SAMPLES / name).read_bytes()


def typed(name: str, folder: Path, form: str) -> bytes:
    """The policy's text as LibreOffice opens it, saved as `form`: dashes for bullets, tabs for a table."""
    return _converted(SAMPLES / f"{name}.txt", folder, form, "Text (encoded):UTF8")


def styled(name: str, folder: Path, form: str) -> bytes:
    """The same words with real headings, lists and a bordered table, saved as `form` by LibreOffice."""
    page = folder / f"{name}.html"
    page.write_text(_as_html(sample(f"{name}.txt").decode(), set(_HEADINGS[name].split("|"))), "utf-8")
    return _converted(page, folder, form, "HTML (StarWriter)")


def from_html(body: str, folder: Path, form: str) -> bytes:
    """Any page, saved as `form` by LibreOffice."""
    page = folder / "made.html"
    page.write_text(f'<html><head><meta charset="utf-8"></head><body>{body}</body></html>', "utf-8")
    return _converted(page, folder, form, "HTML (StarWriter)")


def template() -> bytes:
    """A template as an authority hands it out, filled in with changes tracked: written by python-docx."""
    document = Document()
    document.core_properties.created = document.core_properties.modified = datetime(2026, 11, 17)  # noqa: DTZ001 - as kept
    document.sections[0].header.paragraphs[0].text = "Little Lanterns Nursery"
    document.add_heading("Safeguarding Policy", 0)
    for xml in (
        # A date picker that was used, and one that shows its prompt.
        f"<w:p><w:r><w:t xml:space='preserve'>Date adopted: </w:t></w:r>{_control('13 September 2023')}</w:p>",
        f"<w:p><w:r><w:t xml:space='preserve'>Next review: </w:t></w:r>{_control('Tap to enter a date.', prompt=True)}</w:p>",
        _TRACKED,
        f"<w:p><w:r>{text_box('<w:p><w:r><w:t>In an emergency call 999.</w:t></w:r></w:p>')}</w:r></w:p>",
    ):
        document.element.body.insert(-1, parse_xml(xml.replace("<w:p>", f"<w:p {SPACES}>", 1)))
    _add_table(document, ("Approved by:", "Trustees"), ("Minute number:", ""))
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def handbook(spacing: float, font: str, *, justified: bool) -> bytes:
    """A long policy as a school lays one out: justified or not, lists, two tables, a header and a footer on each page."""
    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.paragraph_format.line_spacing = font, spacing
    section = document.sections[0]
    section.header.paragraphs[0].text = "Oakfield Primary School"
    section.footer.paragraphs[0].text = "Reviewed each autumn term"
    title = document.add_paragraph(_LONG_TITLE, "Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _add_table(document, ("Approved by:", "Full Governing Body"), ("Date approved:", ""), ("Minute number:", ""))
    prose = [line for line in sample(f"{INFANT}.txt").decode().splitlines() if len(line) > 150 and line[0].isalpha()]
    for line in prose:
        paragraph = document.add_paragraph(line)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY if justified else WD_ALIGN_PARAGRAPH.LEFT
    document.add_heading("Adoption", 1)
    adopted = document.add_paragraph("This policy was adopted on the 13")
    adopted.add_run("th").font.superscript = True
    adopted.add_run(f" September 2023. {prose[0]}")
    for style in ("List Bullet", "List Bullet 2", "List Number"):
        for text in ("The headteacher", prose[1], "All staff"):
            document.add_paragraph(text, style)
    indented = document.add_paragraph(prose[2])
    indented.paragraph_format.first_line_indent = Cm(1)
    document.add_paragraph().add_run("Monitoring").bold = True
    history = ("Version", "Date", "By"), ("1.0", "", prose[3]), ("2.0", "Nov 2023", "")
    _add_table(document, *history)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def footer(labels: Sequence[str], answers: Sequence[str], *, widths: Sequence[float] | None = None) -> bytes:
    """A short policy with labels and answers at its end, in a table without lines; its columns are so many cm wide."""
    document = Document()
    document.add_paragraph("We review what we do after an accident, and we tell the parents on the same day. " * 3)
    table = document.add_table(rows=2, cols=len(labels))
    table.autofit = widths is None
    for row, texts in zip(table.rows, (labels, answers), strict=True):
        for at, text in enumerate(texts):
            row.cells[at].text = text
            if widths:
                row.cells[at].width = Cm(widths[at])
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


_LONG_TITLE = "Oakfield Primary School Safeguarding and Child Protection Policy for the academic year 2025 to 2026"


def _add_table(document: Written, *rows: Sequence[str]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]))
    table.style = "Table Grid"
    for texts in rows:
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = text


def as_pdf(document: bytes, folder: Path) -> bytes:
    """A Word document as LibreOffice prints it."""
    source = folder / "made.docx"
    source.write_bytes(document)
    return _converted(source, folder, "pdf", "MS Word 2007 XML")


_TRACKED = (
    "<w:p><w:r><w:t xml:space='preserve'>Reviewed </w:t></w:r><w:ins w:id='1' w:author='A'><w:r><w:t>annually</w:t></w:r>"
    "</w:ins><w:del w:id='2' w:author='A'><w:r><w:delText>every three years</w:delText></w:r></w:del>"
    "<w:r><w:t xml:space='preserve'> by governors.</w:t></w:r></w:p>"
)


def _control(text: str, *, prompt: bool = False) -> str:
    shows = "<w:showingPlcHdr/>" if prompt else ""
    return (
        f"<w:sdt><w:sdtPr>{shows}<w:date><w:dateFormat w:val='d MMMM yyyy'/></w:date></w:sdtPr>"
        f"<w:sdtContent><w:r><w:t>{text}</w:t></w:r></w:sdtContent></w:sdt>"
    )


def text_box(paragraphs: str) -> str:
    """A text box as Word writes it: once for itself and once more for older readers."""
    content = f"<w:txbxContent>{paragraphs}</w:txbxContent>"
    return (
        "<mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:inline><a:graphic><a:graphicData><wps:wsp>"
        f"<wps:txbx>{content}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent>"
    )


def word(body: str, *, section: str = "", before: str = "", **parts: str) -> bytes:
    """A Word document written by hand with this XML in its body, and further parts by name (`styles`, `header1`)."""
    files = {
        "word/document.xml": f"{before}<w:document {SPACES}><w:body>{body}<w:sectPr>{section}</w:sectPr></w:body></w:document>"
    }
    types, relations = "", ""
    for name, xml in parts.items():
        kind = name.rstrip("0123456789")
        files[f"word/{name}.xml"] = xml.replace(">", f" {SPACES}>", 1)
        types += _TYPE.format(f"word/{name}.xml", kind)
        relations += f'<Relationship Id="{name}" Type="{_OFFICE}/relationships/{kind}" Target="{name}.xml"/>'
    files["[Content_Types].xml"] = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/>{_TYPE.format("word/document.xml", "document.main")}{types}</Types>'
    )
    main = f'<Relationship Id="main" Type="{_OFFICE}/relationships/officeDocument" Target="word/document.xml"/>'
    files["_rels/.rels"], files["word/_rels/document.xml.rels"] = map(_RELATIONS.format, (main, relations))
    return zipped({name: text.encode() for name, text in files.items()})


_TYPE = '<Override PartName="/{}" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.{}+xml"/>'
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def changed(archive: bytes, name: str, old: str, new: str) -> bytes:
    """The same archive with other words in one of its files."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        files = {one: source.read(one) for one in source.namelist()}
    assert old in files[name].decode()
    return zipped(files | {name: files[name].decode().replace(old, new).encode()})


def paragraphs(*texts: str) -> str:
    """Plain paragraphs of a Word document."""
    return "".join(f"<w:p><w:r><w:t xml:space='preserve'>{html.escape(text)}</w:t></w:r></w:p>" for text in texts)


def pdf(*pages: str, annotations: str = "", objects: Sequence[bytes] = ()) -> bytes:
    """A PDF written by hand with these streams of drawing commands. /F is Helvetica, /B is bold, /S is Symbol.

    `objects` are further ones, numbered from 10 on; /X10 and so on are what pages draw them by.
    """
    kids = " ".join(f"{100 + 2 * at} 0 R" for at in range(len(pages)))
    drawn = " ".join(f"/X{10 + at} {10 + at} 0 R" for at in range(len(objects)))
    found = {
        1: b"<</Type /Catalog /Pages 2 0 R>>",
        2: f"<</Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 595 842]>>".encode(),
        3: f"<</Font <</F 4 0 R /B 5 0 R /S 6 0 R>> /XObject <<{drawn}>>>>".encode(),
        4: _font("Helvetica"),
        5: _font("Helvetica-Bold"),
        6: _font("Symbol"),
        **{10 + at: content for at, content in enumerate(objects)},
    }
    for at, page in enumerate(pages):
        annots = f"/Annots [{annotations}]" if annotations else ""
        parts = f"<</Type /Page /Parent 2 0 R /Resources 3 0 R /Contents {101 + 2 * at} 0 R {annots}>>"
        found |= {100 + 2 * at: parts.encode(), 101 + 2 * at: stream(page.encode("latin-1"))}
    data, places = b"%PDF-1.4\n", {}
    for number, content in found.items():
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%d 1\n%010d 00000 n \n" % item for item in places.items())
    return data + b"xref\n%strailer\n<</Root 1 0 R /Size 999>>\nstartxref\n%d\n%%%%EOF\n" % (table, len(data))


def stream(content: bytes, attributes: str = "") -> bytes:
    """A stream object of a PDF."""
    return b"<<%s /Length %d>>\nstream\n%s\nendstream" % (attributes.encode(), len(content), content)


def _font(name: str) -> bytes:
    return f"<</Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding>>".encode()


def at(x: float, y: float, text: str, font: str = "F", size: float = 11) -> str:
    """The commands that set a text at a place of a page."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET\n"


def box(x0: float, y0: float, x1: float, y1: float) -> str:
    """The commands that draw a frame."""
    return f"{x0} {y0} {x1 - x0} {y1 - y0} re S\n"


def _converted(source: Path, folder: Path, form: str, reader: str) -> bytes:
    profile = (folder / "profile").resolve().as_uri()
    subprocess.run(
        ["soffice", f"-env:UserInstallation={profile}", "--headless", f"--infilter={reader}", "--convert-to", form,
         "--outdir", str(folder), str(source)],
        check=True, capture_output=True, timeout=300, env={**os.environ, "SAL_USE_VCLPLUGIN": "svp"},
    )  # fmt: skip
    return (folder / f"{source.stem}.{form}").read_bytes()


def _as_html(text: str, headings: set[str]) -> str:
    """The lines of a policy as a page: bullets as nested lists, numbers as a numbered one, tabs as a table."""
    parts = ['<html><head><meta charset="utf-8"></head><body>']
    opened: list[str] = []
    for line in text.splitlines():
        _close(parts, opened, _depth(line))
        if line.startswith("- ") and re.match(r"- \d+\. ", line):
            _item(parts, opened, 1, "ol", re.sub(r"^- \d+\. ", "", line))
        elif line.startswith("- "):
            _item(parts, opened, 1, "ul", line[2:])
        elif line.startswith(" - "):
            _item(parts, opened, 2, "ul", line[3:])
        elif "\t" in line:
            cells = "".join(f'<td width="50%">{html.escape(cell)}</td>' for cell in line.split("\t"))
            if not opened:
                opened.append("table")
                parts.append('<table border="1" width="100%" cellspacing="0">')
            parts.append(f"<tr>{cells}</tr>")
        elif line.strip():
            tag = "h2" if line in headings else "p"
            parts.append(f"<{tag}>{html.escape(line)}</{tag}>")
    _close(parts, opened, [])
    return "\n".join([*parts, "</body></html>"])


def _depth(line: str) -> list[str]:
    """The elements that may stay open before this line. A blank line closes none: lists go on after it."""
    if "\t" in line:
        return ["table"]
    if re.match(r"- \d+\. ", line):
        return ["ol"]
    return (
        ["ul"] if line.startswith("- ") else ["ul", "ul"] if line.startswith(" - ") else [] if line.strip() else ["*"]
    )


def _close(parts: list[str], opened: list[str], stays: list[str]) -> None:
    while stays != ["*"] and opened != stays[: len(opened)]:
        parts.append(f"</{opened.pop()}>")


def _item(parts: list[str], opened: list[str], depth: int, tag: str, text: str) -> None:
    while len(opened) < depth:
        opened.append(tag)
        parts.append(f"<{tag}>")
    parts.append(f"<li>{html.escape(text)}</li>")


def part(kind: str, *texts: str) -> str:
    return f"<w:{kind}>{paragraphs(*texts)}</w:{kind}>"


def refer(kind: str, name: str, place: str = "default") -> str:
    return f'<w:{kind}Reference w:type="{place}" r:id="{name}"/>'


def here(content: bytes, name: str = "policy") -> PolicyText:
    """What a file holds, read in this process: quicker, and a fault shows where it is."""
    blocks, unread = read_here(kind_of(content, name), content)
    return PolicyText(name=name, blocks=blocks, unread=unread)


def said(text: str) -> list[tuple[BlockKind, int, str]]:
    return [(block.kind, block.level, block.text) for block in here(text.encode()).blocks]


def words(content: bytes) -> list[str]:
    return [block.text for block in here(content).blocks]


def flat(text: PolicyText) -> list[tuple[int, str]]:
    """The texts in order with the depth of items, whatever kind the others are; a cell is parted by a space."""
    return [(block.level if block.kind is L else 0, block.text.replace("\t", " ").strip()) for block in text.blocks]


def rows(text: PolicyText) -> list[tuple[str, ...]]:
    return [block.cells for block in text.blocks if block.kind is R]


def made_by_typst(markup: str) -> bytes:
    return bytes(typst.compile(markup.encode()))


def source(name: str) -> PolicyText:
    return here(sample(f"{name}.txt"), f"{name}.txt")


def _keep() -> None:
    """Makes the kept files anew."""
    (SAMPLES / TEMPLATE).write_bytes(template())
    with tempfile.TemporaryDirectory() as folder:
        for name in (NURSERY, INFANT):
            for form in ("docx", "pdf"):
                (SAMPLES / f"{name}-typed.{form}").write_bytes(typed(name, Path(folder), form))
                (SAMPLES / f"{name}-styled.{form}").write_bytes(styled(name, Path(folder), form))


if __name__ == "__main__":
    _keep()
