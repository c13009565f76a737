"""Questions of residents: asked, moderated, watched, answered."""
