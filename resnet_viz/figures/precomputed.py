"""What is said of results that come with the program."""

PRECOMPUTED = "Measure does the same on your own photo."
