"""Names near to one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near_matches(name: str, known: Iterable[str], most: int = 3) -> str:
    """A question that ends a message, as in `; did you mean CartPole-v1?`; nothing where no known name is near."""
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    near = [by_lower_case[match] for match in difflib.get_close_matches(name.lower(), by_lower_case, most)]
    if not near:
        return ""
    return f"; did you mean {near[0] if len(near) == 1 else ', '.join(near[:-1]) + ' or ' + near[-1]}?"
