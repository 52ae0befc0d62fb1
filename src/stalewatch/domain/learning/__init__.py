"""What a history of closed and open records teaches: how often a limit would have spoken, and what it should be."""
