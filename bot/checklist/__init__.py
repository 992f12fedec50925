"""The checklist of one's own case as a page to print, tick and pass on, made of the same parts as the answer."""
