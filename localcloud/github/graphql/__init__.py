"""GitHub's GraphQL API: GitHub's own schema, served from the same records as REST."""
