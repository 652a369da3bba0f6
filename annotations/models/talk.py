"""What people say about places of images, and whom they named."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.choices import CommentKind, ThreadState


class CommentThread(models.Model):
    """A place of an image that people talk about, about a task or about the image alone.

    The place is a box in pixels of the image; without width and height it is a point. `revision` is the number of the
    newest entry; `state` follows from the entries, and is kept for the lists.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="+", db_index=False)
    image = models.ForeignKey("inspection.InspectionImage", on_delete=models.PROTECT, related_name="+", db_index=False)
    wafer = models.ForeignKey("inspection.Wafer", on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey("annotations.ReviewTask", null=True, on_delete=models.PROTECT, related_name="threads")
    x_px = models.FloatField()
    y_px = models.FloatField()
    width_px = models.FloatField(default=0.0)
    height_px = models.FloatField(default=0.0)
    state = models.CharField(max_length=8, choices=ThreadState.choices, default=ThreadState.OPEN)
    revision = models.PositiveIntegerField(default=0)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()

    class Meta:
        db_table = "comment_thread"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["image", "-id"], name="comment_thread_by_image"),
            models.Index(fields=["wafer", "-id"], name="comment_thread_by_wafer"),
            models.Index(fields=["site", "-id"], condition=Q(state="open"), name="comment_thread_open"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class ThreadComment(models.Model):
    """An entry of a thread, never edited: a comment, one taken back, or that it was resolved or opened again.

    `about` is the number of the comment that is taken back.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    thread = models.ForeignKey(CommentThread, on_delete=models.PROTECT, related_name="comments", db_index=False)
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=CommentKind.choices, default=CommentKind.SAID)
    about = models.PositiveIntegerField(null=True)
    text = models.CharField(max_length=2000, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "thread_comment"
        ordering = ["thread", "number"]
        constraints = [
            models.UniqueConstraint(fields=["thread", "number"], name="thread_comment_once"),
            models.UniqueConstraint(
                fields=["thread", "about"], condition=Q(about__isnull=False), name="thread_comment_taken_back_once"
            ),
        ]
        indexes = [models.Index(fields=["author", "thread"], name="thread_comment_by_author")]

    def __str__(self) -> str:
        return f"{self.thread_id} #{self.number} {self.kind}"


class Mention(models.Model):
    """That a comment names somebody, and when they read it."""

    id = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    comment = models.ForeignKey(ThreadComment, on_delete=models.PROTECT, related_name="mentions", db_index=False)
    thread = models.ForeignKey(CommentThread, on_delete=models.PROTECT, related_name="mentions", db_index=False)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "comment_mention"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="comment_mention_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="comment_mention_by_user"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="comment_mention_unread"),
            models.Index(fields=["thread", "user"], name="comment_mention_by_thread"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.comment_id}"
