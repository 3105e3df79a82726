"""Evolution: a search for better constants in generated worlds, and whether what it found is better in others."""

from trainee.evolution.fields import Field, fields
from trainee.evolution.journal import Comparison, Generation, Journal
from trainee.evolution.plan import Plan
from trainee.evolution.search import compared, evolved, opened

__all__ = ["Comparison", "Field", "Generation", "Journal", "Plan", "compared", "evolved", "fields", "opened"]
