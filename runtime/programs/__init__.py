"""Programs the supervisor starts in place of the usual command lines, because they tell it when they are ready."""
