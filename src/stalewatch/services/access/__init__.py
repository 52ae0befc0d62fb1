"""Who somebody is, and which records they may see: the one place that says so, for the API, pages and Slack."""
