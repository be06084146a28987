"""What bench/peers/run is made of: rows.py names what is measured, the other files do it."""
