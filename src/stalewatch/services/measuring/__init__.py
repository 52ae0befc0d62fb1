"""What the records amount to: key figures, the forecast, losses that nobody sees, and the review of a week."""
