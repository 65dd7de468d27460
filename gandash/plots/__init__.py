"""Data in, pictures and plotly figures out. Knows nothing of runs and imports nothing else of this project."""
