"""Life: an agent at work. The host loop, the scan loop, and what a user types."""

from trainee.life.abreast import Errand, run_abreast
from trainee.life.accounts import Account, Adding
from trainee.life.agent import MOST_STEPS, Agent
from trainee.life.callbacks import Callback, Progress, TensorBoard, Work
from trainee.life.desk import Answer, Desk
from trainee.life.evaluation import Evaluation, interval
from trainee.life.feed import Feed, Lesson
from trainee.life.hindsight import Hindsight
from trainee.life.host import Guard
from trainee.life.interrupt import deferred_interrupt
from trainee.life.keeping import Saves, kept
from trainee.life.levers import Felt, Yoke, lesioned
from trainee.life.logbook import Episode, Logbook, tenths
from trainee.life.policy import Policy
from trainee.life.scan import FleetWork, Trace, fleet_at
from trainee.life.stint import Stint
from trainee.life.version import Version, frozen, keep, keep_again, keep_saved, opened
from trainee.life.worker import Worker
from trainee.types import Decision, TimeStep

__all__ = [
    "MOST_STEPS",
    "Account",
    "Adding",
    "Agent",
    "Answer",
    "Callback",
    "Decision",
    "Desk",
    "Episode",
    "Errand",
    "Evaluation",
    "Feed",
    "Felt",
    "FleetWork",
    "Guard",
    "Hindsight",
    "Lesson",
    "Logbook",
    "Policy",
    "Progress",
    "Saves",
    "Stint",
    "TensorBoard",
    "TimeStep",
    "Trace",
    "Version",
    "Work",
    "Worker",
    "Yoke",
    "deferred_interrupt",
    "fleet_at",
    "frozen",
    "interval",
    "keep",
    "keep_again",
    "keep_saved",
    "kept",
    "lesioned",
    "opened",
    "run_abreast",
    "tenths",
]
