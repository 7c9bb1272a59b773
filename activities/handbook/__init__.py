"""The handbook of an application: its dossier as a document for people, with the time at which each instruction last worked.

The chapters are pure functions of a `HandbookSource`, one file a chapter. Only `gathering.py` reads the records.
"""
