"""`python -m connector`."""

import sys

from connector.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
