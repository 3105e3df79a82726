"""Emotions: from signals to a few modulators of the value function and of the decision. Pure."""

from trainee.emotions.feelings import ABSENT, FREE, Feelings, Signals, Told, appraised, felt, init_feelings, settled
from trainee.emotions.modulators import Modulators, modulators
from trainee.emotions.table import TABLE, Entry
from trainee.emotions.temperament import Temperament

__all__ = [
    "ABSENT",
    "FREE",
    "TABLE",
    "Entry",
    "Feelings",
    "Modulators",
    "Signals",
    "Temperament",
    "Told",
    "appraised",
    "felt",
    "init_feelings",
    "modulators",
    "settled",
]
