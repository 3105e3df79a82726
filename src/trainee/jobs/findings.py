"""What a check of an environment finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """Something about an environment.

    Attributes:
      level: an error keeps an agent from learning; a warning makes it hard, or makes it learn something else than was
        meant; a note is worth knowing.
      what: what was found, with the place and the value.
      why: why it matters.
      remedy: what to do about it.
    """

    level: Level
    what: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.level}: {self.what}\n  why: {self.why}\n  what to do: {self.remedy}"


@dataclass(frozen=True)
class Report:
    """Whether an environment is fit to learn from.

    Attributes:
      job: its name.
      steps: of random play that this rests on.
      findings: errors first.
    """

    job: str
    steps: int
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        """There is no error."""
        return all(finding.level != "error" for finding in self.findings)

    def __str__(self) -> str:
        verdict = "is fit to learn from" if self.fit else "is not fit to learn from"
        after = f"after {self.steps} steps of random play"
        head = f"{self.job} {verdict} ({self._counted()} {after})"
        return "\n".join([head, *map(str, self.findings)])

    def _counted(self) -> str:
        counts = {level: sum(f.level == level for f in self.findings) for level in ("error", "warning", "note")}
        told = [f"{n} {level}{'s' if n > 1 else ''}" for level, n in counts.items() if n]
        return ", ".join(told) if told else "nothing found"
