"""Records told in GitHub's own JSON shapes, one file per resource."""
