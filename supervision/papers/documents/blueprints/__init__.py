"""The papers the portal ships. Their contents classes are what a domain app fills in.

Wording and layout are the portal's own (本系统设定) where no official form is known; a bureau may upload its own
Word templates for all of them.
"""

from . import listing, rectification, talks  # noqa: F401
