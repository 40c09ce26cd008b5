"""Google Cloud's control plane on a laptop, on the wire of the real client libraries."""
