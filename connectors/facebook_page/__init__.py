"""The Region's Facebook Page: a channel of posts, through Graph API batches."""
