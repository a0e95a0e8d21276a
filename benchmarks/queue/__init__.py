"""What a long queue costs: every ledger call and route that looks at it, at several lengths, side by side."""
