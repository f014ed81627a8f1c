"""What a network costs, and what follows from that."""
