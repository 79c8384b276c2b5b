"""Amazon Personalize that a team owns. Importing this costs nothing."""

__version__ = "0.1.0"
