"""Other progressive delivery engines, their decision rules re-implemented from their sources."""
