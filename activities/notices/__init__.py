"""Telling people: whom, in which words, by which channel; each notice once."""

from activities.notices.activities import NoticeActivities, NoticeTuning

__all__ = ["NoticeActivities", "NoticeTuning"]
