"""The learner: one pure step from state and time step to state and decision."""

from trainee.learner.agent import Learner
from trainee.learner.apart import Apart, Conduct, Underway
from trainee.learner.constants import Constants, traced
from trainee.learner.memory import Memory, before_episode, init_memory
from trainee.learner.state import Interface, State, Stream
from trainee.learner.update import Learned

__all__ = [
    "Apart",
    "Conduct",
    "Constants",
    "Interface",
    "Learned",
    "Learner",
    "Memory",
    "State",
    "Stream",
    "Underway",
    "before_episode",
    "init_memory",
    "traced",
]
