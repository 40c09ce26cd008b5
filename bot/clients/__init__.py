"""One file per outside system; none knows another. They use the core's nouns, never its verbs."""
