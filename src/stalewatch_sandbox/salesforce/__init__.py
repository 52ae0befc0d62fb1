"""A simulated Salesforce org behind the real REST API, as far as a watcher of pipelines uses it.

It is written from Salesforce's documentation and from what its clients are known to meet; it knows no client of ours.
"""
