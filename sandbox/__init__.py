"""What does the outside look like on a laptop? Stand-ins that keep the truth and can misbehave."""
