"""What can be done with queues and tasks: all that interfaces and other apps may call."""

from annotations.services.appeals import answer_appeal, make_appeal, withdraw_appeal
from annotations.services.book import add_to_book, move_example, restore_example, retire_example, write_page
from annotations.services.book_edits import take_book_edit
from annotations.services.dataset_building import build_datasets, forget_parts
from annotations.services.dataset_choice import DEFAULT_SHARES, lots_to_choose, preview_dataset
from annotations.services.dataset_exports import build_exports, export_dataset, note_download, ready_dataset
from annotations.services.dataset_imports import ImportReport, import_labels
from annotations.services.datasets import freeze_dataset
from annotations.services.deciding import add_missed, decide, take_back
from annotations.services.doubts import dismiss_doubt
from annotations.services.edits import take_edit
from annotations.services.gold import make_gold, retire_gold
from annotations.services.handing import give_back, hand_over, next_tasks, return_lapsed
from annotations.services.intake import fill_queues, forget_old_entries, take_in
from annotations.services.joining import Part, merge, split
from annotations.services.outcomes import refused
from annotations.services.queues import DEFAULT_LEASE_S, change_queue, create_queue
from annotations.services.regions import How, find_region
from annotations.services.stages import adjudicate, advance, reopen
from annotations.services.talk import read_mentions, reply, settle_thread, start_thread, take_back_comment
from annotations.services.talk_edits import take_talk
from annotations.services.training_rules import change_rule, create_rule, dismiss_suggestion, weigh_rules
from annotations.services.words import Word

__all__ = [
    "DEFAULT_LEASE_S",
    "DEFAULT_SHARES",
    "How",
    "ImportReport",
    "Part",
    "Word",
    "add_missed",
    "add_to_book",
    "adjudicate",
    "advance",
    "answer_appeal",
    "build_datasets",
    "build_exports",
    "change_queue",
    "change_rule",
    "create_queue",
    "create_rule",
    "decide",
    "dismiss_doubt",
    "dismiss_suggestion",
    "export_dataset",
    "fill_queues",
    "find_region",
    "forget_old_entries",
    "forget_parts",
    "freeze_dataset",
    "give_back",
    "hand_over",
    "import_labels",
    "lots_to_choose",
    "make_appeal",
    "make_gold",
    "merge",
    "move_example",
    "next_tasks",
    "note_download",
    "preview_dataset",
    "read_mentions",
    "ready_dataset",
    "refused",
    "reopen",
    "reply",
    "restore_example",
    "retire_example",
    "retire_gold",
    "return_lapsed",
    "settle_thread",
    "split",
    "start_thread",
    "take_back",
    "take_back_comment",
    "take_book_edit",
    "take_edit",
    "take_in",
    "take_talk",
    "weigh_rules",
    "withdraw_appeal",
    "write_page",
]
