"""Release: the staged way of a new version into work. Shadow, canary, full, or rolled back.

It knows no learner, no HTTP and no disk: measurements go in, verdicts and stages come out, all of it plain data.
"""

from trainee.release.gates import GATES, Verdict, canary_verdicts, shadow_verdicts
from trainee.release.measurements import LIMIT_MS, SHARE, Measurements, blank, finished, foreseen, shadowed
from trainee.release.share import arm
from trainee.release.stages import WrongStage, aborted, advanced, begun, judged, rolled_back
from trainee.release.state import AUTOMATIC, Approval, Move, Release, Stage

__all__ = [
    "AUTOMATIC",
    "GATES",
    "LIMIT_MS",
    "SHARE",
    "Approval",
    "Measurements",
    "Move",
    "Release",
    "Stage",
    "Verdict",
    "WrongStage",
    "aborted",
    "advanced",
    "arm",
    "begun",
    "blank",
    "canary_verdicts",
    "finished",
    "foreseen",
    "judged",
    "rolled_back",
    "shadow_verdicts",
    "shadowed",
]
