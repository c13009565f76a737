"""The source France Travail: job offers of the API "Offres d'emploi v2", read from files."""
