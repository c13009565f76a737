"""Letters to one person each, by SMTP: a channel of once-only effects that cannot be looked up."""
