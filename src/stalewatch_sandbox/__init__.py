"""A make-believe company that sells to companies: its people, customers and pipeline, and the truth about them.

Everything follows from a seed, a size and a moment. Nothing here knows how stalewatch judges.
"""
