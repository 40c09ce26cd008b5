"""GitHub on a laptop: real git, REST in GitHub's shapes, signed webhooks, a judge of it all."""
