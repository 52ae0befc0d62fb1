"""What wakes the machine up: the list of its jobs, and the engines that run them."""
