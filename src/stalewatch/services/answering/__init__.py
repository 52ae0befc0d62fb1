"""What people do with messages: who they are, what they may, what it brings about."""
