"""Reading: the JSON that a call sends. What two readers would understand differently is refused, and so is what no
answer could say again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from trainee.serve.refusals import Refused, misread

Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], body: bytes) -> Model:
    """What a call says.

    Args:
      model: of what it is to say.
      body: as it was sent.
    Raises:
      Refused: it says something else.
    """
    try:
        said = model.model_validate_json(body)
    except ValidationError as error:
        raise Refused(*misread(error.errors(include_url=False, include_input=False), 0)) from None
    # As many colons as names that are known: then none of them stands there twice, and no object is where anything may
    # be. To look through the text takes three times as long as all the rest.
    if body.count(b":") != _names(said):
        check(body)
    return said


def check(body: bytes) -> None:
    """Whether this is JSON that everybody reads alike: in UTF-8, not too deep, of finite numbers, each name once.

    Raises:
      Refused: it is not.
    """
    try:
        from_json(body, allow_inf_nan=False)
        DECODER.decode(body.decode())
    except ValueError as error:
        raise Refused("not_json", f"the body is not JSON that can be read: {error}") from None


def once(names: Iterable[str]) -> None:
    """Whether each name stands there once: of several some would read the first, and others the last.

    Raises:
      Refused: one does not.
    """
    most = Counter(names).most_common(1)
    if most and most[0][1] > 1:
        raise Refused("invalid", f"{most[0][0]!r} stands in the query more than once")


def digest(said: Any) -> str:
    """Of what a call says, to tell whether another says the same.

    Raises:
      Refused: it holds a number that JSON cannot say.
    """
    try:
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise Refused("invalid", "a number is not finite, or is beyond what 64 bits can hold") from None
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _names(said: BaseModel) -> int:
    names = said.model_fields_set
    return len(names) + sum(_names(part) for name in names if isinstance(part := getattr(said, name), BaseModel))


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:40]!r} stands in one object more than once")
    return found


DECODER = json.JSONDecoder(object_pairs_hook=_distinct)
