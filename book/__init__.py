"""What makes the book: ``ext`` renders pages, ``export`` writes notebooks, ``tools`` are the commands."""
