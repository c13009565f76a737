"""Indeed's XML feed of jobs, as employers and their tools write it: a source that is read from files."""
