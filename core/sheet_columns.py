"""What the columns of a seminar's sheet mean, from the headers that people give them.

Belongs here: headers, their synonyms, where the line of headers stands. Does not: what the cells hold (sheet_cells.py).

A header is compared without case, accents, punctuation, or what it says between brackets (« Présent (oui/non) »). A column of
consent must name its purpose, and is for e-mail unless it names text messages: whoever signed under « J'accepte » alone agreed
to nothing in particular, and nobody agreed to a text message without reading so. A header that denies (« Refus des SMS ») is not
turned round.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from core.delimited import SEPARATORS, Record, Unreadable, announced, records
from core.folding import compact, words
from core.html import printable
from core.sheet_sentences import LABELS, shown
from schemas.firm import Consent, Purpose, Transport

HEAD: Final = 20  # lines among which the headers stand: a title and a date may be above them
WIDEST: Final = 100  # columns
LONGEST: Final = 1_000  # characters of a header that are looked at: a consent may be a whole sentence
_HEADERS: Final[dict[str, str]] = {
    "siret": "siret nsiret nosiret numsiret numerosiret numerodesiret siretetablissement siretdeletablissement codesiret",
    "firm_name": "raisonsociale entreprise nomentreprise nomdelentreprise societe nomsociete nomdelasociete denomination "
    "denominationsociale etablissement nometablissement nomdeletablissement structure nomdelastructure",
    "last_name": "nom nomdefamille nomparticipant nomduparticipant nomdelaparticipante nomcontact nomducontact nomdudirigeant",
    "first_name": "prenom prenoms prenomparticipant prenomduparticipant prenomcontact prenomducontact prenomdudirigeant",
    "full_name": "nometprenom nomprenom prenomnom prenometnom nomcomplet participant participante participante contact dirigeant "
    "dirigeante interlocuteur interlocutrice personne",
    "email": "email emails mail courriel courrielcontact adressemail adresseemail adressecourriel adresseelectronique "
    "emailcontact mailcontact emailducontact mailducontact emailprofessionnel mailpro emailpro courrielprofessionnel",
    "phone": "telephone tel telephonefixe telfixe fixe numerodetelephone ntelephone ndetelephone numtel numerotelephone",
    "mobile": "portable mobile telephoneportable telportable telephonemobile telmobile gsm numerodeportable numeroportable",
    "postal_code": "codepostal cp codepostalentreprise codepostaldelentreprise",
    "city": "commune ville localite villeentreprise",
    "commune": "codeinsee codecommune codecommuneinsee codeinseecommune codeinseedelacommune insee",
    "naf": "naf ape nafape apenaf codenaf codeape codenafape codeapenaf",
    "headcount": "effectif effectifs effectifsalarie effectifsalaries nombredesalaries nbsalaries nbresalaries nbdesalaries "
    "salaries tranchedeffectif trancheeffectif trancheeffectifs tranchedeffectifs",
    "level": "niveau niveaunumerique niveaudeclare",
    "role": "fonction qualite poste roledanslentreprise",
    "present": "present presente presents presence presences presentoui presentouinon presenceouinon emargement",
    "availability": "disponibilite disponibilites dispo dispos creneaux creneau creneauxpossibles",
    "session": "session seance codesession refsession referencesession referencedelasession codedelasession",
}
FIELDS: Final = {header: field for field, headers in _HEADERS.items() for header in headers.split()}
NEEDED: Final = (("siret",), ("firm_name",), ("last_name", "full_name"), ("email", "phone", "mobile"))
"""Of each group one column at least: without them no line says who is meant."""
_ALONE: Final = frozenset(
    {"siret", "email", "firm_name", "last_name", "full_name", "postal_code", "mobile", "phone"}
)
_CONSENT: Final = frozenset(
    words(
        "consentement consentements consent consens consentir accord accords accepte accepter acceptation autorise autorisation optin rgpd"
    )
)
_DENIED: Final = frozenset(
    words("refus refuse refuser oppose opposition pas ne sans aucun aucune retrait desinscription stop")
)
_PURPOSES: Final[dict[str, Purpose]] = {
    **dict.fromkeys(
        words(
            "session sessions seance seances rappel rappels confirmation confirmations convocation convocations"
        ),
        "sessions",
    ),
    **dict.fromkeys(
        words("suivi satisfaction bilan bilans questionnaire questionnaires enquete enquetes"), "follow_up"
    ),
    **dict.fromkeys(
        words("invitation invitations nouvelle nouvelles actualite actualites infolettre newsletter actus"),
        "invitations",
    ),
}
_TRANSPORTS: Final[dict[str, Transport]] = {
    **dict.fromkeys(words("sms texto textos"), "sms"),
    **dict.fromkeys(words("mail mails email emails courriel courriels"), "mail"),
}
_BRACKETS: Final = re.compile(r"[(\[].*?[)\]]")


class Column(msgspec.Struct, frozen=True):
    """One column that is understood: its place from 0, its header as written, and its field or the consents that it asks for."""

    place: int
    header: str
    field: str
    consents: tuple[Consent, ...] = ()


class Head(msgspec.Struct, frozen=True):
    """The line of headers, read.

    ``unknown`` are headers that mean nothing here; ``vague`` those of consents that name no purpose.
    """

    line: int
    columns: tuple[Column, ...]
    unknown: tuple[str, ...]
    vague: tuple[str, ...]
    width: int
    separator: str

    def of(self, field: str) -> Column | None:
        """The column of a field; None when the sheet has none."""
        return next((column for column in self.columns if column.field == field), None)


def find(text: str) -> tuple[Head, Iterator[Record]]:
    """The headers, and the lines below them.

    Raises:
        Unreadable: no line of headers is found, it lacks what is needed, or two columns say the same.

    """
    told, text = announced(text)
    heads = [head for separator in ((told,) if told else SEPARATORS) if (head := _head(text, separator))]
    if not heads:
        raise Unreadable("head_missing")
    head = max(heads, key=lambda each: len(each.columns))
    _check(head)
    below = (record for record in records(text, head.separator) if record.line > head.line)
    return head, below


def understood(cells: Sequence[str], line: int, separator: str) -> Head:
    """A line of cells, taken for headers."""
    columns, unknown, vague = [], [], []
    for place, cell in enumerate(cells):
        header = " ".join(printable(cell).split())
        field, consents = meaning(header[:LONGEST])
        header = shown(header)
        if field == "consent" and not consents:
            vague.append(header)
        elif field:
            columns.append(Column(place, header, field, consents))
        elif header:
            unknown.append(header)
    width = max((place + 1 for place, cell in enumerate(cells) if cell.strip()), default=0)
    return Head(line, tuple(columns), tuple(unknown), tuple(vague), width, separator)


def meaning(header: str) -> tuple[str, tuple[Consent, ...]]:
    """The field that a header names, empty when none; for ``consent``, what is agreed to, empty when it does not say."""
    said = words(header)
    if not _CONSENT.isdisjoint(said) or {"opt", "in"} <= set(said):
        if not _DENIED.isdisjoint(said):
            return "consent", ()
        purposes = {_PURPOSES[word]: None for word in said if word in _PURPOSES}
        transports = {_TRANSPORTS[word]: None for word in said if word in _TRANSPORTS} or {"mail": None}
        return "consent", tuple(Consent(purpose, by) for purpose in purposes for by in transports)
    return FIELDS.get(compact(_BRACKETS.sub(" ", header)), ""), ()


def _head(text: str, separator: str) -> Head | None:
    """Of the first lines the one with most headers; None when none has three that only a header says."""
    best = None
    try:
        for record in islice(records(text, separator), HEAD):
            head = understood(record.cells[: WIDEST + 1], record.line, separator)
            if len(_ALONE & {column.field for column in head.columns}) >= 3 and (
                best is None or len(head.columns) > len(best.columns)
            ):
                best = head
    except Unreadable:
        return best
    return best


def _check(head: Head) -> None:
    if head.width > WIDEST:
        raise Unreadable("head_wide", WIDEST, line=head.line)
    fields = {column.field for column in head.columns}
    lacking = [group[0] for group in NEEDED if fields.isdisjoint(group)]
    if lacking:
        raise Unreadable("head_lacking", ", ".join(LABELS[field] for field in lacking), line=head.line)
    same: defaultdict[object, list[str]] = defaultdict(list)
    for column in head.columns:
        for meant in column.consents or (column.field,):
            same[meant].append(column.header)
    for headers in same.values():
        if len(headers) > 1:
            raise Unreadable("head_twice", *headers[:2], line=head.line)
