"""What the simulated servers share: HTTP on a free port, a movable clock, a ledger of calls, switchable faults."""
