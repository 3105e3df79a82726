"""Life: an agent at work. The host loop, the scan loop, and what a user types."""

from trainee.life.abreast import Errand, run_abreast
from trainee.life.agent import MOST_STEPS, Agent
from trainee.life.callbacks import Callback, Progress, TensorBoard, Work
from trainee.life.evaluation import Evaluation, interval
from trainee.life.hindsight import Hindsight
from trainee.life.host import Guard
from trainee.life.interrupt import deferred_interrupt
from trainee.life.logbook import Episode, Logbook, tenths
from trainee.life.policy import Policy
from trainee.life.scan import FleetWork, Trace, fleet_at
from trainee.life.stint import Stint
from trainee.life.worker import Worker
from trainee.types import Decision, TimeStep

__all__ = [
    "MOST_STEPS",
    "Agent",
    "Callback",
    "Decision",
    "Episode",
    "Errand",
    "Evaluation",
    "FleetWork",
    "Guard",
    "Hindsight",
    "Logbook",
    "Policy",
    "Progress",
    "Stint",
    "TensorBoard",
    "TimeStep",
    "Trace",
    "Work",
    "Worker",
    "deferred_interrupt",
    "fleet_at",
    "interval",
    "run_abreast",
    "tenths",
]
