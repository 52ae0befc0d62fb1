"""A simulated Slack workspace that slack_sdk takes for a real one, with a page that shows it to people."""
