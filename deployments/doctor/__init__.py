"""``boostez doctor``: whether everything that the hub needs is well, and what to do when it is not.

One module a family of checks; ``examining`` has what a check is, ``every`` all of them. A check asks and changes nothing.
"""
