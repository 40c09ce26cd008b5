"""The loop: store the ask, then look: observe, decide, act, report, until nothing is to do."""
