"""Concern Connector: takes in a school's safeguarding concerns, files them and makes sure somebody knows."""

__version__ = "0.1.0"
