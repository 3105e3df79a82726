"""Settings: what a service is started with."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from trainee.errors import InvalidArgument


@dataclass(frozen=True)
class Settings:
    """What a service is started with.

    Attributes:
      home: the folder that it works in.
      host, port: where it listens.
      database: URL of its record; by default SQLite in the home.
      checkpoint_s: how often what was learned is saved.
      body_bytes: the largest body of a call.
      body_s: how long a body may take to come.
      calls_per_s: how many calls a key may make a second, on the mean; bursts may be twice that.
      waiting: how many calls may wait to be recorded.
      hosts: names by which it may be called, besides those of loopback and `host`.
    """

    home: Path
    host: str = "127.0.0.1"
    port: int = 8765
    database: str | None = None
    checkpoint_s: float = 60.0
    body_bytes: int = 2**20
    body_s: float = 10.0
    calls_per_s: float = 5_000.0
    waiting: int = 2_000
    hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.port < 2**16:
            raise InvalidArgument(f"port must be from 0 to 65,535, not {self.port}")
        for name in ("checkpoint_s", "body_bytes", "body_s", "calls_per_s", "waiting"):
            if not getattr(self, name) > 0:
                raise InvalidArgument(f"{name} must be above 0, not {getattr(self, name)!r}")

    @property
    def url(self) -> str:
        """Of the record."""
        return self.database or f"sqlite:///{self.home / 'events.db'}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can call it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
