"""Calendars of a CalDAV server: a channel of dialogues, and what officials' own say of their time."""
