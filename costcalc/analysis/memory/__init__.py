"""What a network needs of memory: the bytes of its weights, and of its activations at each step."""
