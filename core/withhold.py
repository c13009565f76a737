"""An anonymous employer's name, kept out of what is published.

Belongs here: finding an employer's names, SIRET and web host in texts and addresses, and putting « l'employeur » in
their place. Does not: when an offer is anonymous (core/normalise.py) or refused for it (core/rules.py).

What counts as the employer's name, case, accents, punctuation and inline markup aside:

- the name; the name without its legal form (SAS, SARL...); that without a leading article when two words are left;
- the SIRET, and the SIREN that it starts with, however spaced;
- the host of its web address with all of the address around it, and the host's own word ("carrefour" of
  emploi.carrefour.fr) when the name contains it. Hosts that many firms share (facebook.com...) name nobody.

An e-mail or web address that contains a name run together is replaced whole, and a link to one loses its target.

What may survive, knowingly: a name of fewer than four letters that is a plain French word ("Bon"), a name whose words
are those of « l'employeur » itself, and fields that are facts of their own (city, ROME label, the source's reference).
"""

from __future__ import annotations

import html as entities
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from core.firm_names import bare
from core.folding import compact, fold, words
from schemas.offer import Employer

STAND_IN = "l\u2019employeur"
TELLING = 4  # letters from which a name inside an address gives the employer away

_ARTICLES = frozenset({"le", "la", "les", "l", "au", "aux"})
_SHORT_WORDS = frozenset(
    words(
        "a ai air ami an ans as au aux bac bar bas bel ble bon but ca car cas ce ces cet ci cle coq cou cru de des dit dix "
        "du eau elle en est et ete eu eux fer feu fin fil foi fou gai gaz ici il ils je jeu job jus la lac le les lit loi "
        "lui ma mai mal me mer mes met mot mur ne nez ni nom non nos nu on or os ou par pas peu pis pli pot pre prix pro "
        "pur que qui roi rue sa sac se sel ses si six ski sol son sud sur ta te tel tes the toi ton tri tu un une us va "
        "ver vie vif vin vis vos vu vue"
    )
)
_SHARED_HOSTS = frozenset(
    {
        "facebook.com",
        "instagram.com",
        "linkedin.com",
        "twitter.com",
        "x.com",
        "youtube.com",
        "wordpress.com",
        "wixsite.com",
        "google.com",
        "indeed.com",
        "indeed.fr",
        "hellowork.com",
        "francetravail.fr",
        "pole-emploi.fr",
        "leboncoin.fr",
        "gmail.com",
        "orange.fr",
    }
)
_SECOND_LEVEL = 2
_TAG = re.compile(r"<[^<>]*>")
_INLINE = re.compile(r"</?(?:strong|em|b|i|a)\b")
_PIECE = re.compile(r"<[^<>]*>|&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);|.", re.DOTALL)
_LINK = re.compile(r'<a href="([^"]*)"')
_ADDRESS = re.compile(r"\S{0,200}(?:@|://|\bwww\.)\S+")


class _Marks(NamedTuple):
    """What gives an employer away: one pattern over folded text, and what to look for in texts run together.

    Wherever the pattern matches, the same text run together contains a hint: the cheap question comes first.
    """

    pattern: str
    hints: tuple[str, ...]
    telling: tuple[str, ...]
    host: str


def redact(text: str, employer: Employer) -> str:
    """Plain ``text`` with every mark of the employer replaced by « l'employeur »."""
    return _redacted(text, employer, markup=False)


def redact_html(html: str, employer: Employer) -> str:
    """Sanitised ``html`` with every mark of the employer replaced; its tags stay, telling links lose their target."""
    unlinked = _LINK.sub(
        lambda link: "<a" if reveals(entities.unescape(link[1]), employer) else link[0], html
    )
    return _redacted(unlinked, employer, markup=True)


def reveals(address: str, employer: Employer) -> bool:
    """Whether an e-mail or web address gives the employer away by its host, its name or its SIRET."""
    marks = _marks(employer)
    if marks is None:
        return False
    plain = fold(unquote(address))
    run_together = compact(plain)
    if not any(hint in run_together for hint in marks.hints):
        return False
    on_host = (
        bool(marks.host) and re.search(rf"(?<![\w-]){re.escape(marks.host)}(?![\w-])", plain) is not None
    )
    return (
        on_host
        or bool(_compiled(marks.pattern).search(plain))
        or any(name in run_together for name in marks.telling)
    )


def _redacted(text: str, employer: Employer, *, markup: bool) -> str:
    marks = _marks(employer)
    if marks is None:
        return text
    quick = compact(entities.unescape(_TAG.sub("", text)) if markup else text)
    if not any(hint in quick for hint in marks.hints):
        return text
    pieces = _PIECE.findall(text) if markup else list(text)
    folded, owners = _read(pieces, markup=markup)
    return _replaced(pieces, owners, _spans(folded, marks))


def _read(pieces: list[str], *, markup: bool) -> tuple[str, list[int]]:
    """The folded text that the pieces show, and for each of its characters the piece it comes from."""
    shown: list[str] = []
    owners: list[int] = []
    for place, piece in enumerate(pieces):
        if markup and piece[0] == "<":
            seen = "" if _INLINE.match(piece) else "\n"
        else:
            seen = fold(entities.unescape(piece) if markup and len(piece) > 1 else piece)
        shown.append(seen)
        owners.extend([place] * len(seen))
    return "".join(shown), owners


def _spans(folded: str, marks: _Marks) -> list[tuple[int, int]]:
    """Where the marks stand in folded text: sorted, without overlap."""
    found = [hit.span() for hit in _compiled(marks.pattern).finditer(folded)]
    if marks.telling:
        found += [
            hit.span()
            for hit in _ADDRESS.finditer(folded)
            if any(name in compact(hit[0]) for name in marks.telling)
        ]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _replaced(pieces: list[str], owners: list[int], spans: list[tuple[int, int]]) -> str:
    """The pieces with each span's text replaced; tags inside a span stay, so that markup stays balanced."""
    written = list(pieces)
    for start, end in spans:
        for place in range(owners[start], owners[end - 1] + 1):
            if not _TAG.fullmatch(written[place]):
                written[place] = ""
        written[owners[start]] = STAND_IN
    return "".join(written)


@lru_cache(maxsize=4096)
def _marks(employer: Employer) -> _Marks | None:
    names = _names(words(employer.name or ""))
    digits = "".join(re.findall(r"\d", employer.siret or ""))
    host = _host(employer.url)
    label = host.split(".")[-_SECOND_LEVEL] if host.count(".") else ""
    if len(compact(label)) >= TELLING and any(compact(label) in "".join(name) for name in names):
        names.append(tuple(words(label)))
    patterns = (
        [rf"(?:https?://)?[\w.+@-]{{0,200}}(?<![\w-]){re.escape(host)}(?![\w-])(?:[/?#]\S*)?"] if host else []
    )
    patterns += [r"[\W_]{0,2}".join(digits[:size]) for size in (14, 9) if len(digits) >= size]
    ordered = sorted(set(names), key=lambda name: -len("".join(name)))
    spaced = (r"[\W_]*".join(map(re.escape, name)) for name in ordered)
    patterns += [rf"(?<![^\W_]){name}(?![^\W_])" for name in spaced]
    if not patterns:
        return None
    run_together = tuple("".join(name) for name in ordered)
    hints = (*run_together, *((digits[:9],) if digits[8:] else ()), *((compact(host),) if host else ()))
    telling = tuple(name for name in run_together if len(name) >= TELLING)
    return _Marks("|".join(patterns), hints, telling, host)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _names(name: list[str]) -> list[tuple[str, ...]]:
    """The name and its shorter forms, those left out that are a short plain word or « l'employeur » itself."""
    core = bare(name)
    forms = [tuple(name), tuple(core)]
    if core[:1] and core[0] in _ARTICLES and len(core) > _SECOND_LEVEL:
        forms.append(tuple(core[1:]))
    own = set(words(STAND_IN))
    return [
        form for form in dict.fromkeys(forms) if _names_someone("".join(form)) and not own.issuperset(form)
    ]


def _names_someone(run_together: str) -> bool:
    return len(run_together) > 1 and (len(run_together) >= TELLING or run_together not in _SHORT_WORDS)


def _host(url: str | None) -> str:
    """The host that is the employer's own, without www; empty when there is none."""
    try:
        host = fold(urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    shared = any(host == known or host.endswith(f".{known}") for known in _SHARED_HOSTS)
    return "" if shared or "." not in host else host
