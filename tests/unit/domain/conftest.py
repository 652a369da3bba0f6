from hypothesis import settings

# A shared machine is slow at times; how long an example takes says nothing about it.
settings.register_profile("shared machine", deadline=None, max_examples=60)
settings.load_profile("shared machine")
