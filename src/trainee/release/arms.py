"""The returns of one arm of a canary: running sums, of the block under way and of those that are over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import nan
from typing import Any


@dataclass(frozen=True)
class Moments:
    """Returns of a block: how many, their mean, and the sum of squared deviations from it."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def after(self, total: float) -> Moments:
        """With one more (Welford 1962)."""
        count, apart = self.count + 1, total - self.mean
        mean = self.mean + apart / count
        return Moments(count, mean, self.squares + apart * (total - mean))


@dataclass(frozen=True)
class Arm:
    """Returns of one arm.

    Attributes:
      count: episodes.
      mean: of all returns.
      size: mean of their absolute values.
      squares, freedom: squared deviations from the means of blocks that are over, and how many are free.
      leverage: Σ weight² / count over those blocks: what a return's variance counts in the variance of the contrast.
      block: the returns of the block under way.
    """

    count: int = 0
    mean: float = 0.0
    size: float = 0.0
    squares: float = 0.0
    freedom: int = 0
    leverage: float = 0.0
    block: Moments = field(default_factory=Moments)

    def after(self, total: float) -> Arm:
        """With one more return."""
        count = self.count + 1
        mean, size = self.mean + (total - self.mean) / count, self.size + (abs(total) - self.size) / count
        return replace(self, count=count, mean=mean, size=size, block=self.block.after(total))

    def closed(self, weight: float) -> Arm:
        """With the block under way, of this weight, among those that are over."""
        block = self.block
        if not block.count:
            return self
        return replace(
            self,
            squares=self.squares + block.squares,
            freedom=self.freedom + block.count - 1,
            leverage=self.leverage + weight * weight / block.count,
            block=Moments(),
        )

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Arm:
        """What `dataclasses.asdict` wrote."""
        return cls(**{**fields, "block": Moments(**fields["block"])})

    @property
    def variance(self) -> float:
        """Of a return, within blocks; NaN before two are in one."""
        return self.squares / self.freedom if self.freedom else nan
