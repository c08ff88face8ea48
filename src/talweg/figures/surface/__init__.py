"""A function of two numbers as contour lines and in 3-D, with the trajectories of descents on it."""
