"""The watch of an application: it decides on alarms, grants leases, and knows the open incidents."""
