"""What is kept, for how long, and how somebody is erased."""
