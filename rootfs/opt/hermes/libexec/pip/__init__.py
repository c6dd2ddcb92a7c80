"""`python3 -m pip` is the image's pip, which installs on the volume. There is nothing to import."""
