"""Pages for people outside: customers who are asked, partners who report. A link opens them, and nothing else."""
