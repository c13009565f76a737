"""The source LHEO: the training catalogue of the Carif-Oref, read from files."""
