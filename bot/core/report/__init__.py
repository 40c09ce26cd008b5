"""Every word the bot says, from one value at a time: pure, so that tone can be reviewed here."""
