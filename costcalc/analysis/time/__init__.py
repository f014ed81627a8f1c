"""How long a network takes on a device, as far as that can be computed: two sums of rooflines, or an estimate."""
