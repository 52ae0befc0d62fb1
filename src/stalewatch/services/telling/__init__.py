"""Notices become messages: chosen, worded, sent once, settled and edited."""
