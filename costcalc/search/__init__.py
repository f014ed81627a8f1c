"""What to do with a network: other forms of its convolutions, plans, sweeps."""
