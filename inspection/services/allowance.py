"""How many images may come within a minute: of one account, and of one address."""

from datetime import datetime

from django.conf import settings

from core import throttling
from core.actors import Actor
from core.throttling import Limit

WINDOW_S = 60


def count_images(count: int, *, actor: Actor, now: datetime) -> None:
    """Count images before anything is done with them.

    Raises:
        TooMuch: the account, or its address, has sent its share of this minute.
    """
    account = Limit(kind="images-account", most=settings.IMAGES_PER_ACCOUNT, window_s=WINDOW_S)
    address = Limit(kind="images-address", most=settings.IMAGES_PER_ADDRESS, window_s=WINDOW_S)
    counts = ((account, str(actor.user_id)), (address, actor.source.ip))
    throttling.spend(counts, amount=count, what="images of this account or address", now=now)
