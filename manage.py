#!/usr/bin/env python
"""The same as the `mpr` command, for those who look for it here."""

import sys

from mpr.cli import main

if __name__ == "__main__":
    sys.exit(main())
