"""What people read: lists, one record and its story, figures, exports."""
