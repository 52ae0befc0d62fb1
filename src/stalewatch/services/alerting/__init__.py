"""Time passes: what is due opens, tells or ends alerts, and notices are written for whoever must know."""
