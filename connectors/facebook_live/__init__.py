"""Dialogues as live videos of the Region's Facebook Page: scheduled, on the air, commented."""
