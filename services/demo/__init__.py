"""The demonstration: a day of traffic enforcement, sent through the real service."""
