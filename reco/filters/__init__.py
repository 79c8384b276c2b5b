"""Filters: the language of filter expressions, from text to a checked tree. Nothing here knows AWS.

    text --parsing--> tree --checks (the group's schemas)--> checked tree --stored--> document and back

Only `reco.filters.parsing` loads the parser's library; whoever serves a stored filter never does.
"""
