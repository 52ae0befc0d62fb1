"""A simulated HubSpot portal that official clients take for a real one."""
