"""stalewatch watches the opportunities of a CRM and tells the right person, once, when a deal goes quiet."""

__version__ = "0.1.0"
