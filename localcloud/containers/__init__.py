"""The runtime on a real container engine and a real registry, instead of processes."""
