"""Queries other layers read. They say who may see, in what order, at what cost."""

from annotations.selectors.access import (
    asked_again,
    is_key_of_a_finding,
    lock_with_linked,
    queue_visible_to,
    queues_visible_to,
    task_key,
    task_visible_to,
    tasks_answered_by,
    tasks_visible_to,
)
from annotations.selectors.agreement import agreement_of, differing_tasks
from annotations.selectors.appeals import (
    appeal_of,
    appeal_visible_to,
    appeals_visible_to,
    contested_author_of,
    told_gold_of,
)
from annotations.selectors.book import (
    book_of,
    example_of,
    example_visible_to,
    page_of_class,
    shown_examples,
    text_json,
    text_of,
    texts_of,
)
from annotations.selectors.dataset_selection import DatasetSelection
from annotations.selectors.datasets import (
    dataset_of,
    dataset_visible_to,
    datasets_visible_to,
    error_of,
    export_of,
    progress_of,
)
from annotations.selectors.disagreements import disagreements_of
from annotations.selectors.doubts import doubts_of, forget_doubts
from annotations.selectors.gold import gold_of, gold_visible_to, newest_of_each
from annotations.selectors.hands import hands_of, reviewers_of
from annotations.selectors.measured import forget_answers
from annotations.selectors.model_quality import forget_quality, quality_of
from annotations.selectors.novelties import forget_novelties, novelties_of
from annotations.selectors.opinions import linked_tasks, standing_opinions
from annotations.selectors.overlap import forget_overlap
from annotations.selectors.own_words import forget_own_words, word_shown
from annotations.selectors.paces import Paces, forget_paces, paces_of
from annotations.selectors.plans import MOST_PLANNED, MOST_QUEUES, plan_of
from annotations.selectors.queue_cards import listed_queue_of, queue_of, waiting_in, with_figures
from annotations.selectors.scorecards import differing_from, reviewer_read_by, scorecard_of, shown_reviewers
from annotations.selectors.selection import Selection
from annotations.selectors.talk import (
    NO_COMMENTS,
    TAKEN_BACK_FOR,
    mentions_of,
    thread_visible_to,
    threads_of,
    threads_visible_to,
    threads_with,
    unread_of,
)
from annotations.selectors.task_cards import cards_of
from annotations.selectors.training import (
    rule_of,
    rule_visible_to,
    rules_visible_to,
    suggestion_of,
    suggestion_visible_to,
    suggestions_visible_to,
)
from annotations.selectors.whole_wafer import items_of_wafer
from annotations.selectors.words_shown import heads_of, said_by_number

__all__ = [
    "MOST_PLANNED",
    "MOST_QUEUES",
    "NO_COMMENTS",
    "TAKEN_BACK_FOR",
    "DatasetSelection",
    "Paces",
    "Selection",
    "agreement_of",
    "appeal_of",
    "appeal_visible_to",
    "appeals_visible_to",
    "asked_again",
    "book_of",
    "cards_of",
    "contested_author_of",
    "dataset_of",
    "dataset_visible_to",
    "datasets_visible_to",
    "differing_from",
    "differing_tasks",
    "disagreements_of",
    "doubts_of",
    "error_of",
    "example_of",
    "example_visible_to",
    "export_of",
    "forget_answers",
    "forget_doubts",
    "forget_novelties",
    "forget_overlap",
    "forget_own_words",
    "forget_paces",
    "forget_quality",
    "gold_of",
    "gold_visible_to",
    "hands_of",
    "heads_of",
    "is_key_of_a_finding",
    "items_of_wafer",
    "linked_tasks",
    "listed_queue_of",
    "lock_with_linked",
    "mentions_of",
    "newest_of_each",
    "novelties_of",
    "paces_of",
    "page_of_class",
    "plan_of",
    "progress_of",
    "quality_of",
    "queue_of",
    "queue_visible_to",
    "queues_visible_to",
    "reviewer_read_by",
    "reviewers_of",
    "rule_of",
    "rule_visible_to",
    "rules_visible_to",
    "said_by_number",
    "scorecard_of",
    "shown_examples",
    "shown_reviewers",
    "standing_opinions",
    "suggestion_of",
    "suggestion_visible_to",
    "suggestions_visible_to",
    "task_key",
    "task_visible_to",
    "tasks_answered_by",
    "tasks_visible_to",
    "text_json",
    "text_of",
    "texts_of",
    "thread_visible_to",
    "threads_of",
    "threads_visible_to",
    "threads_with",
    "told_gold_of",
    "unread_of",
    "waiting_in",
    "with_figures",
    "word_shown",
]
