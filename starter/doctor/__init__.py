"""What is missing or misconfigured in an installation, and how to mend it."""

from starter.doctor.examination import examine
from starter.doctor.finding import Diagnosis, Finding, Verdict

__all__ = ["Diagnosis", "Finding", "Verdict", "examine"]
