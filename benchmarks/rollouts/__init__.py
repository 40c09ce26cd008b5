"""Rollouts played in a seeded world: what each rule lets through, and at what price."""
