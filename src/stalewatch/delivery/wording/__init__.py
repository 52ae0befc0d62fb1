"""Facts into words: dates, money, durations, fields, rule messages and explanations, in the reader's language."""
