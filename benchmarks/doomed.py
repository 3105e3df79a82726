"""Jobs with doomed lines of work, in JAX: a maze of one-way doors, a wrong turn at the start, a pole that limps on."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

# Through an arrow one passes in its direction only; behind each is a cell with no way out.
PLAN = (
    "#############",
    "#S..........#",
    "#v#v#v#v#v#.#",
    "#.#.#.#.#.#.#",
    "###########.#",
    "#...........#",
    "#.#v#v#v#v#v#",
    "#.#.#.#.#.#.#",
    "#.###########",
    "#..........G#",
    "#############",
)
MOVES = {"^": (-1, 0), ">": (0, 1), "v": (1, 0), "<": (0, -1)}


class Cell(NamedTuple):
    """Where one is in a maze, and for how long one has been in it."""

    cell: Int[Array, ""]
    time: Int[Array, ""]


@dataclass(frozen=True)
class Maze:
    """Find the way to the goal. One-way doors lead to where there is none."""

    plan: tuple[str, ...] = PLAN
    limit: int = 500
    name: str = "Maze"

    @property
    def observation_space(self) -> gymnasium.Space:
        """The cell one is in."""
        return gymnasium.spaces.Discrete(len(self.plan) * len(self.plan[0]))

    @property
    def action_space(self) -> gymnasium.Space:
        """Up, right, down, left."""
        return gymnasium.spaces.Discrete(len(MOVES))

    @functools.cached_property
    def ways(self) -> np.ndarray:
        """The cell that each action leads to, `[cells, actions]`."""
        across = len(self.plan[0])
        ways = np.arange(len(self.plan) * across)[:, None].repeat(len(MOVES), 1)
        for row, line in enumerate(self.plan):
            for column, mark in enumerate(line):
                for action, (way, (down, right)) in enumerate(MOVES.items()):
                    if mark == "#" or (mark in MOVES and mark != way):
                        continue
                    there = self.plan[row + down][column + right]
                    if there != "#" and (there not in MOVES or there == way):
                        ways[row * across + column, action] += down * across + right
        return ways

    def reset(self, key: jax.Array) -> tuple[Cell, jax.Array]:
        """At the start."""
        start = Cell(jnp.asarray("".join(self.plan).index("S")), jnp.asarray(0))
        return start, start.cell

    def step(self, key: jax.Array, state: Cell, action: Any) -> tuple[Any, ...]:
        """Through the door, or against the wall."""
        state = Cell(jnp.asarray(self.ways)[state.cell, action], state.time + 1)
        there = state.cell == "".join(self.plan).index("G")
        return state, state.cell, there.astype(jnp.float32), there, state.time >= self.limit


class Place(NamedTuple):
    """Which corridor one is in, how far, and for how long."""

    branch: Int[Array, ""]
    place: Int[Array, ""]
    time: Int[Array, ""]


@dataclass(frozen=True)
class WrongTurn:
    """The first step chooses one of some corridors. One has an exit, the others a wall in its place."""

    length: int = 20
    branches: int = 4
    limit: int = 1500
    name: str = "WrongTurn"

    @property
    def observation_space(self) -> gymnasium.Space:
        """The corridor, 0 before there is one, and how far one is in it."""
        return gymnasium.spaces.MultiDiscrete([self.branches + 1, self.length + 1])

    @property
    def action_space(self) -> gymnasium.Space:
        """The corridor at first; then back, on, or two ways of staying."""
        return gymnasium.spaces.Discrete(self.branches)

    def reset(self, key: jax.Array) -> tuple[Place, jax.Array]:
        """Before the corridors."""
        start = Place(jnp.asarray(0), jnp.asarray(0), jnp.asarray(0))
        return start, self._seen(start)

    def step(self, key: jax.Array, state: Place, action: Any) -> tuple[Any, ...]:
        """One place on."""
        begun = state.place > 0
        walked = jnp.where(action == 0, -1, jnp.where(action == 1, 1, 0))
        place = jnp.clip(jnp.where(begun, state.place + walked, 1), 1, self.length)
        state = Place(jnp.where(begun, state.branch, action), place, state.time + 1)
        there = (place == self.length) & (state.branch == self.branches - 1)
        return state, self._seen(state), there.astype(jnp.float32), there, state.time >= self.limit

    def _seen(self, state: Place) -> jax.Array:
        return jnp.stack([jnp.where(state.place > 0, state.branch + 1, 0), state.place])


class Pole(NamedTuple):
    """Cart and pole, whether it lies, and for how long."""

    numbers: Float[Array, " 4"]
    fallen: jax.Array
    time: Int[Array, ""]


@dataclass(frozen=True)
class LimpingCartPole:
    """CartPole (Barto et al. 1983) where a pole that has fallen lies until the time is up, and most starts are lost."""

    bad: float = 0.8
    limit: int = 1000
    name: str = "LimpingCartPole"

    @property
    def observation_space(self) -> gymnasium.Space:
        """Place, velocity, angle, angular velocity."""
        return gymnasium.spaces.Box(-10, 10, (4,), np.float32)

    @property
    def action_space(self) -> gymnasium.Space:
        """Left, right."""
        return gymnasium.spaces.Discrete(2)

    def reset(self, key: jax.Array) -> tuple[Pole, jax.Array]:
        """Upright, or falling too fast."""
        draw, choose, side = jax.random.split(key, 3)
        numbers = jax.random.uniform(draw, (4,), minval=-0.05, maxval=0.05)
        falling = jnp.where(jax.random.bernoulli(side), 1.0, -1.0) * jnp.array([0.0, 0.0, 0.15, 1.5])
        numbers += jnp.where(jax.random.uniform(choose) < self.bad, falling, 0.0)
        return Pole(numbers, jnp.asarray(False), jnp.asarray(0)), numbers

    def step(self, key: jax.Array, state: Pole, action: Any) -> tuple[Any, ...]:
        """A fiftieth of a second; 1 while the pole stands."""
        _, speed, angle, turn = state.numbers
        cos, sin = jnp.cos(angle), jnp.sin(angle)
        push = (jnp.where(action == 1, 10.0, -10.0) + 0.05 * turn**2 * sin) / 1.1
        twist = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
        pull = push - 0.05 * twist * cos / 1.1
        moved = state.numbers + 0.02 * jnp.array([speed, pull, turn, twist])
        fallen = state.fallen | (jnp.abs(moved[0]) > 2.4) | (jnp.abs(moved[2]) > 0.2095)
        lies = jnp.array([jnp.clip(moved[0], -2.5, 2.5), 0.0, jnp.sign(moved[2]) * 1.5, 0.0])
        numbers = jnp.where(fallen, jnp.where(state.fallen, state.numbers, lies), moved)
        return (
            Pole(numbers, fallen, state.time + 1),
            numbers,
            1.0 - fallen,
            jnp.asarray(False),
            (state.time + 1 >= self.limit),
        )
