"""Dialogues on the Region's Facebook Page: a post each, through Graph API batches."""
