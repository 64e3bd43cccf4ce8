"""Reads an export, one file or many: finds whose it is, collects its dialogues, and says what it holds."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dialin.errors import InputError, InputNote, InputWarning
from dialin.read.columns import Columns
from dialin.read.importers.as_table import DialogueRows
from dialin.read.importers.base import Dialogue, Importer, NothingSaidError, SourceTurn
from dialin.read.importers.documents import SourceDocument, SourceFile, documents_in, head_of
from dialin.read.importers.joining import joined_turns
from dialin.read.importers.known import IMPORTERS, importer_named, importer_of, importer_of_both
from dialin.read.importers.speakers import SpeakerRoles, speaker_roles
from dialin.read.importers.telling import summary_lines
from dialin.read.source import RawTable


def is_export(data: bytes, columns: Columns) -> bool:
    """Return whether the text of a file, in UTF-8, is an export, by its first document.

    Whoever names a column means a table.
    """
    return not columns.names and importer_of(head_of(data)) is not None


def imported(files: Iterable[SourceFile | str], where: str, columns: Columns) -> RawTable:
    """Return the turns of an export, with their times and outcomes.

    Parameters
    ----------
    files : iterable of SourceFile or str
        The files of the export; str is the path of one that cannot be a document.
    where : str
        The file, folder or archive, for messages.
    columns : Columns
        The format, the roles of speakers and the pause that the user gave.

    Raises
    ------
    InputError
        None of the files is of a known source, they are of two, one of them is broken, or nothing is said in any.

    Warns
    -----
    InputNote
        Always: whose export it is, how many dialogues it holds, and what was left out or renamed.
    InputWarning
        A role was given to a speaker that is not there.
    """
    gathered = Gathered(where, columns.pause, speaker_roles(columns.speakers))
    if columns.format is not None:
        gathered.importer = importer_named(columns.format)
        gathered.is_forced = True
    for file in files:
        if isinstance(file, str):
            gathered.others.append(file)
        else:
            gathered.add(file)
    return gathered.table()


@dataclass
class Gathered:
    """What has been read of an export so far.

    Parameters
    ----------
    where : str
        The export, for messages.
    pause : float
        Seconds, as in `joined_turns`.
    roles : SpeakerRoles
        Roles by the labels of speakers.
    importer : Importer, optional
        Whose export it is, once that is known.
    is_forced : bool
        Whether the user said so.
    first : str
        The first document.
    others : list of str
        Files that are no documents of it.
    skipped, left_out : Counter of str
        Documents by the reason why they are skipped, and records by kind.
    unnamed : set of str
        Labels of speakers without a role.
    labels : set of str
        All labels of speakers that the source gives no role.
    rows : DialogueRows
        The turns.
    """

    where: str
    pause: float
    roles: SpeakerRoles
    importer: Importer | None = None
    is_forced: bool = False
    first: str = ""
    others: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    unnamed: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    rows: DialogueRows = field(default_factory=DialogueRows)

    def add(self, file: SourceFile) -> None:
        """Add the dialogues of a file; one that is no document of any source is only noted.

        A damaged file is an error: a call that was copied in part must not be missing without a word.
        """
        for document in documents_in(file):
            importer = self.importer_for(document, is_alone=self.is_alone(file))
            if importer is None:
                self.others.append(document.where if document.number else file.path)
            else:
                self._add_document(importer, document)

    def is_alone(self, file: SourceFile) -> bool:
        """Return whether a file is all of the export."""
        return file.where == self.where

    def importer_for(self, document: SourceDocument, *, is_alone: bool) -> Importer | None:
        """Return who reads a document; None if it is of no source, or not of the one that the user asked for."""
        if self.importer and self.importer.recognises(document.value):
            return self.importer
        found = importer_of(document.value)
        if self.is_forced and self.importer:
            if found and is_alone:
                raise _another(document.where, found, self.importer)
            return None if found else self.importer
        if found and self.importer:
            both = importer_of_both(self.importer, found)
            if both is None:
                raise _mixed(self.where, (self.importer, self.first), (found, document.where))
            self.importer = both
            return both
        if found:
            self.importer, self.first = found, document.where
        return found

    def _add_document(self, importer: Importer, document: SourceDocument) -> None:
        found = list[Dialogue]()
        try:
            found += importer.dialogues(document.value, document.where)
        except NothingSaidError as reason:
            self.skipped[str(reason)] += 1
        for dialogue in found:
            self.left_out.update(dialogue.left_out)
            turns = joined_turns(map(self._with_role, filter(_is_said, dialogue.turns)), self.pause)
            if turns:
                self.rows.add(replace(dialogue, turns=tuple(turns)), document)
            else:
                self.skipped["nobody says anything"] += 1

    def _with_role(self, turn: SourceTurn) -> SourceTurn:
        if turn.role or not turn.speaker:
            return turn
        self.labels.add(turn.speaker)
        role = self.roles.role_of(turn.speaker)
        if not role:
            self.unnamed.add(turn.speaker)
        return SourceTurn(turn.text, role, turn.speaker, turn.start, turn.end, turn.date)

    def table(self) -> RawTable:
        """Return all turns, and say what was found."""
        if self.importer is None:
            raise _nothing_known(self.where, self.others)
        for line in summary_lines(self, self.importer):
            warnings.warn(line, InputNote, stacklevel=2)
        if not self.rows.n_dialogues:
            raise InputError(
                f"{self.where} holds no {self.importer.one} in which anybody says anything",
                hint="export transcripts, too",
            )
        if unused := self.roles.unused(self.labels):
            known = ", ".join(sorted(self.labels)) or "no speakers without a role"
            line = f"--speakers names {', '.join(unused)}, but {self.where} has {known}"
            warnings.warn(line, InputWarning, stacklevel=2)
        return self.rows.raw_table(self.where)


def _is_said(turn: SourceTurn) -> bool:
    return bool(turn.text and not turn.text.isspace())


def _mixed(where: str, one: tuple[Importer, str], other: tuple[Importer, str]) -> InputError:
    told = " and ".join(f"{importer.many} ({place})" for importer, place in (one, other))
    return InputError(
        f"{where} mixes {told}", hint=f"read one of them: --format {one[0].name} or --format {other[0].name}"
    )


def _another(where: str, found: Importer, wanted: Importer) -> InputError:
    return InputError(
        f"{where} holds {found.many}, not {wanted.many}", hint=f"leave out --format, or give --format {found.name}"
    )


def _nothing_known(where: str, others: list[str]) -> InputError:
    such = f"{len(others):,} file{'s' * (len(others) != 1)}, such as {others[0]}" if others else "no files"
    known = ", ".join(importer.name for importer in IMPORTERS)
    return InputError(
        f"{where} holds no export that dialin knows: {such}",
        hint=f"give one table, or name the format with --format: {known}",
    )
