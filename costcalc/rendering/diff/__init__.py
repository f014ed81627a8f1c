"""What differs between two networks, in every format."""
