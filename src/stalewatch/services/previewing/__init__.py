"""What rules would say, tried on the stored records without touching anything: previews, and two versions compared."""
