"""Django's backend with a cheaper look at a connection before it is used again."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection is usable when its server has not hung up: that can be seen without asking it anything."""

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed or self.connection.broken:
            return False
        # An idle server sends nothing; what can be read is its goodbye, or the end of the connection.
        looker = select.poll()
        looker.register(self.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not looker.poll(0)
