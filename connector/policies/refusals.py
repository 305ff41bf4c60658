"""Why a file is not read as a policy, each with its mend."""

from __future__ import annotations

from connector.errors import UnreadablePolicy


class EmptyFile(UnreadablePolicy):
    """This file is empty. Open the policy, save it again, and give the new file."""


class FileTooLarge(UnreadablePolicy):
    """This file is larger than 25 MB. Make its pictures smaller (in Word: Picture Format, Compress Pictures), save it
    and try again."""


class TooLong(UnreadablePolicy):
    """This file is longer than 300 pages. Give the policy without its appendices, or one policy a file."""


class UnpacksTooLarge(UnreadablePolicy):
    """This file unpacks to far more than a policy holds, so it was not unpacked. Open it in Word, save it under a new
    name as .docx, and try again."""


class NoReader(UnreadablePolicy):
    """Word and PDF files cannot be read on this machine, because the service is not whole. Install it again, or give
    the policy as .txt."""

    permanent = False


class TookTooLong(UnreadablePolicy):
    """Reading this file took longer than any policy needs, so it was stopped. Open it in Word, save it under a new
    name as .docx, and try again."""


class DamagedFile(UnreadablePolicy):
    """This file is damaged, or is not what its name says. Open it in the program it was made with, save it again as
    .docx or .pdf, and try again."""


class Protected(UnreadablePolicy):
    """This file is protected with a password or by rights. Take the protection off (in Word: File, Info, Protect
    Document), save it and try again."""


class OldOffice(UnreadablePolicy):
    """This file is in an Office format from before 2007 (.doc). Open it in Word and save it as .docx."""


class OpenDocument(UnreadablePolicy):
    """This file is in OpenDocument format (.odt). Open it in LibreOffice or Word and save it as .docx or .pdf."""


class NotPlainWord(UnreadablePolicy):
    """This is a Word template, a document with macros, or in the strict format. Open it in Word, choose Save As, and
    take "Word Document (.docx)"."""


class Spreadsheet(UnreadablePolicy):
    """This file is a spreadsheet or a presentation. Give the policy's own document as .docx, .pdf or .txt."""


class Picture(UnreadablePolicy):
    """This file is a picture. Save the policy from Word as .docx or .pdf, or have the picture's text recognised."""


class OtherFormat(UnreadablePolicy):
    """This file is in a format that is not read here. Open it in the program it was made with and save it as .docx,
    .pdf or .txt."""


class UnknownLetters(UnreadablePolicy):
    """The letters of this text file could not be made out. Open it in Notepad, choose Save As, take the encoding UTF-8
    and try again."""


class NoText(UnreadablePolicy):
    """This file holds no text, only pictures (a scan). Save it from Word as PDF, or have its text recognised."""


class UnknownGlyphs(UnreadablePolicy):
    """This PDF does not say which letters its signs stand for. Save it from Word as PDF again, or give the .docx."""


BY_NAME = {kind.__name__: kind for kind in UnreadablePolicy.__subclasses__()}
