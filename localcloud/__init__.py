"""GitHub and Google Cloud on a laptop, wire-compatible, so that the bot runs on it unchanged."""
