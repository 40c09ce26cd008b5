"""What happens next: `table.py` holds every transition, beside it stands one file per phase."""
