"""The functional core: no I/O, no clock, no randomness, no environment, no logging."""
