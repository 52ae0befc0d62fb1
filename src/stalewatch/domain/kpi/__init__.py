"""KPIs: what each figure is a share of, and how it is worked out of records as they stood at the end of a day."""
