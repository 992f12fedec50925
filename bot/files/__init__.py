"""Files that citizens send: fetched, judged by their bytes, kept for staff."""
