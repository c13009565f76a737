"""A small made-up LHEO catalogue for the tests, and what XML does to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from connectors.lheo import client

SHARED = Path(__file__).parents[3].parent / "shared" / "data"

FORMATION = """
  <formation numero="84_1" datemaj="20261001">
   <domaine-formation>
    <code-FORMACODE ref="V14">21538</code-FORMACODE><code-NSF>221</code-NSF>
    <code-ROME>D1102</code-ROME><code-ROME>D1104</code-ROME>
   </domaine-formation>
   <intitule-formation> CAP boulanger </intitule-formation>
   <objectif-formation>Pétrir &amp; cuire.&lt;br /&gt;Vendre.</objectif-formation>
   <resultats-attendus>-</resultats-attendus>
   <contenu-formation>Four à 250 °C,
pâte &lt; 24 h</contenu-formation>
   <certifiante>1</certifiante>
   <contact-formation><coordonnees>
     <nom>PERSONNE</nom><telfixe><numtel>04 00 00 00 00</numtel></telfixe><courriel>cfa@exemple.example</courriel>
   </coordonnees></contact-formation>
   <parcours-de-formation>1</parcours-de-formation>
   <code-niveau-entree>1</code-niveau-entree>
   <certification><code-RNCP>RNCP37537</code-RNCP><code-CERTIFINFO>12345</code-CERTIFINFO></certification>
   <code-niveau-sortie>13</code-niveau-sortie>
   <url-formation><urlweb>https://cfa.example/cap</urlweb></url-formation>
   ACTIONS
   <organisme-formation-responsable numero="84_9">
    <numero-activite>84000000000</numero-activite>
    <SIRET-organisme-formation><SIRET>73282932000074</SIRET></SIRET-organisme-formation>
    <nom-organisme>CFA inventé</nom-organisme>
    <raison-sociale>ASSOCIATION CFA INVENTE</raison-sociale>
    <coordonnees-organisme><coordonnees><web><urlweb>cfa.example</urlweb></web></coordonnees></coordonnees-organisme>
    <contact-organisme><coordonnees/></contact-organisme>
   </organisme-formation-responsable>
  </formation>"""

ACTION = """
   <action numero="84_2" datemaj="20261005">
    <rythme-formation>Temps plein</rythme-formation>
    <code-public-vise ref="V14">80056</code-public-vise>
    <niveau-entree-obligatoire>0</niveau-entree-obligatoire>
    <modalites-alternance>-</modalites-alternance>
    <modalites-enseignement>1</modalites-enseignement>
    <conditions-specifiques>Avoir 16 ans</conditions-specifiques>
    <prise-en-charge-frais-possible>1</prise-en-charge-frais-possible>
    <lieu-de-formation><coordonnees><adresse>
      <ligne>1 rue du Four</ligne><codepostal>38000</codepostal><ville>Grenoble</ville>
      <code-INSEE-commune>38185</code-INSEE-commune>
      <geolocalisation><latitude>45.1885</latitude><longitude>5.7245</longitude></geolocalisation>
    </adresse></coordonnees></lieu-de-formation>
    <modalites-entrees-sorties>0</modalites-entrees-sorties>
    <url-action><urlweb>www.cfa.example/cap/grenoble</urlweb></url-action>
    <session numero="S1" horodatage-modification="2026-10-06T12:00:00+02:00">
      <periode><debut>20270104</debut><fin>20270630</fin></periode>
      <adresse-inscription><adresse><ligne>-</ligne><codepostal>00000</codepostal><ville>-</ville></adresse></adresse-inscription>
      <etat-recrutement>1</etat-recrutement>
    </session>
    <session numero="S2">
      <periode><debut>20270900</debut><fin>99999999</fin></periode>
      <adresse-inscription/>
    </session>
    <prix-total-TTC>1250,50</prix-total-TTC>
    <nombre-heures-centre/>
    <nombre-heures-total>420</nombre-heures-total>
   </action>"""


def xml(formations: str | None = None, namespace: str = "http://lheo.gouv.fr/2.3") -> str:
    """A catalogue of one formation with one action, or of ``formations``."""
    inside = FORMATION.replace("ACTIONS", ACTION) if formations is None else formations
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<lheo xmlns="{namespace}"><offres>{inside}</offres></lheo>'
    )


def payloads(folder: Path, text: str) -> list[Any]:
    """What the client reads in ``text``, decoded."""
    path = folder / "catalogue.xml"
    path.write_text(text, "utf-8")
    return [msgspec.json.decode(raw) for raw in client.read(path)]
