"""`python -m talweg`."""

from __future__ import annotations

from talweg.cli.main import main

if __name__ == "__main__":
    main()
