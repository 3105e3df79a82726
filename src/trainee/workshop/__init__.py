"""The workshop: where the agents of a service decide and learn, in a process of its own.

The service calls it over a pair of sockets: what is seen, what to do? It reads in the record what came of that, and
learns. So nothing that is computed holds up those who call; and where it ends, it is begun again.
"""

from trainee.workshop.place import Place, Reply, WorkshopGone, folder_of
from trainee.workshop.workshop import Workshop

__all__ = ["Place", "Reply", "Workshop", "WorkshopGone", "folder_of"]
