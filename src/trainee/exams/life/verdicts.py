"""Verdicts on a life: what is asked of an agent that sleeps and of its fleet's merge, and what was found."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from trainee.exams.bars import Bar
from trainee.exams.life.score import Estimate, Scores
from trainee.exams.life.small import Window
from trainee.exams.life.sweep import OURS
from trainee.exams.numerals import numeral_between
from trainee.fleet import Retention

# Of the measures, by name: the bar, and whether more of it is better.
ASKED = {
    "forgetting": (0.05, False),
    "worst forgetting": (0.15, False),
    "forward transfer": (0.0, True),
    "relearning": (0.2, False),
    "plasticity": (0.95, True),
}
# Of small jobs, the last tenth of them; of merges, every job, and how sure; of sleep, the share of a life's time; and
# how large a merged agent may be, interfaces counted.
SMALL, RETAINED, SURELY, ASLEEP, SIZE = 0.9, 0.98, 0.95, 0.2, 1.1


def verdicts(scores: Scores) -> list[Bar]:
    """What is asked of what was measured: by means over seeds, whose intervals stand beside them."""
    return list(_bars(scores))


def _bars(scores: Scores) -> Iterator[Bar]:
    for name, (bar, more) in ASKED.items() if OURS in scores.arms else ():
        one, asked = scores.arms[OURS][name], f"{name} {'at least' if more else 'at most'} {bar:g}"
        met = one.mean >= bar if more else one.mean <= bar
        yield Bar(asked, told(one), met) if one.seeds else Bar(asked, "could not be measured", False)
    if scores.windows.get(OURS):
        yield _of_small(scores.windows[OURS])
    if scores.unions.get(OURS):
        yield _of_merge(scores.unions[OURS])
    if OURS in scores.sizes:
        times = scores.sizes[OURS]
        yield Bar(f"merged, at most {SIZE:g} times the largest worker's agent", f"{times:.2f} times", times <= SIZE)
    if OURS in scores.costs:
        share = scores.costs[OURS].asleep
        yield Bar(f"sleep takes at most {ASLEEP:.0%} of the time", f"{share:.0%}", share <= ASLEEP)


def _of_small(windows: Sequence[Window]) -> Bar:
    last = windows[-1]
    found = numeral_between(last.relative, last.low, last.high)
    return Bar(f"area at small jobs {last.first} to {last.last} at least {SMALL:g}", found, last.relative >= SMALL)


def _of_merge(jobs: Sequence[Retention]) -> Bar:
    """Of the job that is retained worst; one of which it is not known is retained worse than all."""
    worst = min(jobs, key=lambda each: (-math.inf if math.isnan(each.retained) else each.retained, each.job))
    asked = f"merged, of every job at least {RETAINED:g} is retained, and {SURELY:g} for sure"
    found = f"{worst.job}: {worst.retained:.3f} [{worst.low:.3f}, {worst.high:.3f}]"
    return Bar(asked, found, all(each.retained >= RETAINED and each.low >= SURELY for each in jobs))


def told(one: Estimate) -> str:
    """An estimate as text: `0.93 [0.90, 0.97]`."""
    return numeral_between(one.mean, one.low, one.high)
