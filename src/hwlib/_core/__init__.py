"""What every topic needs: arguments, exact numbers, polygons, optional packages, array types."""
