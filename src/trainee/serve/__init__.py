"""The service: an agent at work in a running system, over HTTP."""

from __future__ import annotations

from trainee.errors import MissingExtra

try:
    from trainee.serve.app import create_app
    from trainee.serve.run import run
    from trainee.serve.settings import Settings
except ModuleNotFoundError as error:
    if (error.name or "").split(".")[0] == "trainee":
        raise
    raise MissingExtra(error.name or "a library", "serve", "the service") from error

__all__ = ["Settings", "create_app", "run"]
