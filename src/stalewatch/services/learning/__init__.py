"""What the past teaches: backtests of rules and limits, and limits that it suggests."""
