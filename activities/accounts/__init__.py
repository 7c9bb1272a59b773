"""The account of an incident: gathered from the records, laid out, written once as Markdown and as a page."""

from activities.accounts.store import Accounts

__all__ = ["Accounts"]
