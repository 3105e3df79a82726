"""Emotions: from signals to a few modulators of the value function and of the decision. Pure."""

from trainee.emotions.feelings import ABSENT, Feelings, Told, appraised, felt, init_feelings, settled
from trainee.emotions.modulators import Modulators, modulators
from trainee.emotions.table import TABLE, Entry
from trainee.emotions.temperament import Temperament

__all__ = [
    "ABSENT",
    "TABLE",
    "Entry",
    "Feelings",
    "Modulators",
    "Temperament",
    "Told",
    "appraised",
    "felt",
    "init_feelings",
    "modulators",
    "settled",
]
