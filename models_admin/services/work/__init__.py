"""Work that takes a while: asked for, taken under a lease, ended once, taken back when its worker dies.

Every kind of it (`models_admin.models.work.Work`) goes through here.
"""

from models_admin.services.work.asking import MOST_FAILURES, ask_for, cancel, resume, sweep_work
from models_admin.services.work.doing import Body, Clock, Progress, carry_out, claim

__all__ = [
    "MOST_FAILURES",
    "Body",
    "Clock",
    "Progress",
    "ask_for",
    "cancel",
    "carry_out",
    "claim",
    "resume",
    "sweep_work",
]
