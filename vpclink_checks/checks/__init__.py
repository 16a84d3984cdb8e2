"""What must hold on each hop: one file a hop, pure functions from facts to verdicts."""
