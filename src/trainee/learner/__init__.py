"""The learner: one pure step from state and time step to state and decision."""

from trainee.learner.agent import Interface, Learner, State, Stream
from trainee.learner.constants import Constants
from trainee.learner.update import Learned

__all__ = ["Constants", "Interface", "Learned", "Learner", "State", "Stream"]
