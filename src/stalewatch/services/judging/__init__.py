"""What the rules say of stored records: frames, evidence, clocks, steps, and the explanation of each."""
