"""Copies of everything that is stored, taken while the product runs, and put back elsewhere."""
