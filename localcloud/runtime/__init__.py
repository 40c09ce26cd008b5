"""Images, processes and traffic: Cloud Run and Artifact Registry on one laptop."""
