"""Run the image's pip."""

import os
import sys

os.execv("/opt/hermes/bin/pip", ["pip", *sys.argv[1:]])
