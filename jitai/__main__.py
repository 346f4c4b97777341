"""``python -m jitai`` and the command jitai-lab: the dashboard, or one of the commands."""

import sys

from jitai.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
