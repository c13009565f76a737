"""What is told of a seminar's sheet, in French, to whoever filled it in: what is wrong and what to do.

Belongs here: one sentence a rule. Does not: the rules (sheet_cells.py, sheet_columns.py, delimited.py, registrations.py).
"""

from __future__ import annotations

from typing import Final

SHOWN: Final = 120  # characters of a value or a header that is told
LABELS: Final = {
    "siret": "SIRET",
    "firm_name": "Raison sociale",
    "last_name": "Nom",
    "first_name": "Prénom",
    "full_name": "Nom et prénom",
    "email": "E-mail",
    "phone": "Téléphone",
    "mobile": "Portable",
    "postal_code": "Code postal",
    "city": "Commune",
    "commune": "Code INSEE",
    "naf": "Code NAF",
    "headcount": "Effectif",
    "level": "Niveau",
    "role": "Fonction",
    "present": "Présent",
    "availability": "Disponibilités",
    "session": "Session",
}
"""What each field is called where the sheet has no column of its own for it."""
_SENTENCES: Final = {
    # The file
    "file_large": "Le fichier dépasse 5 Mo. Envoyez une feuille par séminaire.",
    "file_long": "La feuille a plus de {} lignes. Envoyez une feuille par séminaire.",
    "file_packed": "Ce fichier est un classeur ou un PDF, pas un CSV. Dans le tableur : « Enregistrer sous », puis « CSV UTF-8 ».",
    "file_encoding": "Les accents de ce fichier ne sont pas lisibles. Dans le tableur : « Enregistrer sous », puis « CSV UTF-8 ».",
    "file_binary": "Ce fichier n’est pas un texte. Dans le tableur : « Enregistrer sous », puis « CSV UTF-8 ».",
    "file_empty": "Le fichier est vide. Vérifiez que vous envoyez la bonne feuille.",
    "file_nothing": "La feuille n’a aucune ligne sous ses titres de colonnes. Vérifiez que vous envoyez la bonne feuille.",
    "file_quotes": 'À partir de la ligne {}, un guillemet (") est ouvert et jamais refermé : les lignes suivantes seraient lues comme une '
    "seule. Retirez ce guillemet, ou exportez de nouveau la feuille depuis le tableur.",
    "file_json": "Ce fichier n’est pas un tableau JSON lisible ({}). Vérifiez qu’il est entier.",
    "head_missing": "Aucune ligne de titres de colonnes n’a été trouvée parmi les premières. Donnez des titres aux colonnes, par "
    "exemple : SIRET, Raison sociale, Nom, Prénom, E-mail, Téléphone, Code postal, Commune.",
    "head_lacking": "Il manque une colonne : {}. Ajoutez-la, ou corrigez son titre.",
    "head_twice": "Deux colonnes disent la même chose : « {} » et « {} ». Gardez-en une seule, ou changez le titre de l’autre.",
    "head_wide": "La feuille a plus de {} colonnes. Gardez celles qui servent.",
    # Columns
    "consent_none": "Aucune colonne ne recueille de consentement : ces personnes ne recevront ni e-mail ni SMS. Si elles en ont donné "
    "un, ajoutez une colonne « Consentement séances », « Consentement suivi » ou « Consentement invitations », avec « SMS » dans le titre "
    "pour les SMS.",
    "consent_vague": "Ce titre ne dit pas à quoi la personne consent : la colonne n’est pas comptée. Nommez-la « Consentement séances », "
    "« Consentement suivi » ou « Consentement invitations », avec « SMS » dans le titre pour les SMS.",
    # Lines
    "missing": "Il manque cette valeur. Remplissez la cellule, ou retirez la ligne.",
    "cells_many": "Cette ligne a plus de cellules que de titres. Une valeur contient sans doute un séparateur : entourez-la de guillemets, "
    "ou exportez de nouveau la feuille depuis le tableur.",
    "cell_quotes": "Cette cellule contient un retour à la ligne et un séparateur : un guillemet est sans doute de trop et a avalé des lignes. "
    "Retirez-le.",
    "repeated": "Cette personne est déjà à la ligne {} pour la même entreprise. Gardez une seule des deux lignes.",
    "garbled": "Les accents de cette cellule sont abîmés. Corrigez-la, ou exportez de nouveau la feuille en « CSV UTF-8 ».",
    "too_long": "Ce texte a plus de {} caractères. Raccourcissez-le.",
    "name_empty": "Il n’y a rien de lisible dans cette cellule. Écrivez le nom.",
    "contact_missing": "Il n’y a ni e-mail ni téléphone. Donnez au moins l’un des deux.",
    # Cells
    "scientific": "Le tableur a arrondi ce nombre : les derniers chiffres sont perdus. Mettez la colonne au format « Texte », saisissez la "
    "valeur de nouveau, puis exportez.",
    "siret_zeros": "Le tableur a sans doute retiré le zéro du début. Si le SIRET est bien {}, écrivez-le dans une colonne au format « Texte ».",
    "siren": "C’est un SIREN (9 chiffres). Écrivez le SIRET de l’établissement (14 chiffres).",
    "siret_length": "Un SIRET a 14 chiffres, celui-ci en a {}. Recopiez-le de l’avis de situation de l’établissement.",
    "siret_form": "Ce n’est pas un SIRET. Écrivez les 14 chiffres de l’établissement, sans lettres.",
    "siret_checksum": "Ce SIRET n’existe pas : sa clé de contrôle est fausse. Recopiez-le de l’avis de situation de l’établissement.",
    "email": "Cette adresse e-mail n’est pas valable. Écrivez-la comme nom@entreprise.fr, une seule par cellule.",
    "phone": "Ce numéro de téléphone n’est pas valable. Écrivez-le comme 06 12 34 56 78, un seul par cellule, avec l’indicatif (+41…) "
    "s’il n’est pas de métropole.",
    "postal_code": "Un code postal a cinq chiffres. Écrivez-le comme 69001.",
    "commune_form": "Un code INSEE de commune a cinq caractères. Écrivez-le comme 69123, ou videz la cellule.",
    "commune_unknown": "Le code postal et la commune ne vont pas ensemble. Corrigez l’un ou l’autre.",
    "commune_served": "Le code postal {} ne dessert pas cette commune, mais {}. Corrigez l’un ou l’autre.",
    "naf": "Un code NAF s’écrit comme 47.11B. Corrigez-le, ou videz la cellule.",
    "headcount": "Cet effectif n’est pas clair. Écrivez un nombre, ou l’une des tranches 0, 1-2, 3-5, 6-9, 10-19, 20-49, 50-249.",
    "headcount_date": "Le tableur a pris cet effectif pour une date. Écrivez un nombre (par exemple 4), ou mettez la colonne au format « Texte ».",
    "headcount_large": "Le programme est pour les entreprises de moins de 250 salariés. Corrigez l’effectif, ou retirez la ligne.",
    "level": "Ce niveau n’est pas connu. Écrivez débutant, intermédiaire ou avancé, ou videz la cellule.",
    "yes_no": "Cette cellule ne dit ni oui ni non. Écrivez oui ou non, ou videz-la.",
    "slot": "Cette disponibilité n’est pas claire. Écrivez un jour et un moment, comme « mardi soir, jeudi matin ».",
    "session_ref": "Ce n’est pas une référence de session. Recopiez-la de la liste des sessions, en lettres, chiffres et tirets.",
    "session_unknown": "Cette session n’existe pas. Recopiez sa référence de la liste des sessions, ou videz la cellule.",
    "session_closed": "Cette session n’est pas ouverte : elle est annulée ou n’est pas encore annoncée. Corrigez la référence, ou videz la "
    "cellule.",
    "session_early": "Cette session n’a pas encore commencé : personne n’a pu y être présent ou absent. Videz la présence, ou corrigez la "
    "session.",
    "told_later": "Cette inscription est datée de l’avenir. Corrigez la date à laquelle les personnes ont donné leur accord.",
    # Notes
    "zero_restored": "Le zéro du début manquait : il est remis.",
    "consent_unreachable": "Consentement sans moyen de l’utiliser ({}) : il n’est pas retenu.",
    "firm_differs": "La ligne {} dit autre chose de la même entreprise. Vérifiez laquelle des deux est juste.",
    "email_shared": "La ligne {} donne la même adresse à une autre entreprise. Vérifiez que ce n’est pas une erreur de recopie.",
    "outside_region": "Cette commune n’est pas dans la Région. Vérifiez que l’entreprise peut participer.",
    "commune_unsure": "Cette commune n’est pas reconnue. Ajoutez son code postal.",
    "naf_unlabelled": "Ce code n’est pas dans la NAF rév. 2. Il est gardé tel quel : vérifiez qu’il est de la NAF 2025.",
}  # fmt: skip


def sentence(rule: str, *values: object) -> str:
    """The sentence of a rule, with the values that it speaks of."""
    return _SENTENCES[rule].format(*values)


def shown(text: str) -> str:
    """A value or a header as it is told: cut when it is long."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def rules() -> frozenset[str]:
    """Every rule that has a sentence."""
    return frozenset(_SENTENCES)
