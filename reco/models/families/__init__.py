"""One module a model family: how it is fitted, and how it answers."""
