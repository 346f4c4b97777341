"""``python -m jitai``: the laboratory without a browser."""

import sys

from jitai.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
