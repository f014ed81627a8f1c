"""What networks cost, in every format."""
