"""The REST routes, one file per resource; templates are spelled as GitHub's OpenAPI does."""
