"""The pages of models. Each renders its frame at once; what changes while it is open comes over API and socket."""
