"""The machine itself: its round, its health, its doctor, and work that waits for a word."""
