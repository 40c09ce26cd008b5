"""Four stories on a fresh local cloud, played with git and comments while visitors come."""
