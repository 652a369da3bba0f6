"""The socket of review: what is decided, and which queues have changed."""

from accounts.consumers import EventSocket
from annotations import events
from core.actors import Actor


class ReviewSocket(EventSocket):
    """What reviewers of the caller's sites do."""

    route = "/ws/review/"

    def topics(self, actor: Actor) -> frozenset[str]:
        return frozenset(events.review_topic(site_id) for site_id in actor.site_ids)
