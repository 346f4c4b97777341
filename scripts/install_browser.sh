#!/bin/sh
# Make sure that there is a Chromium for the browser tests: one that is installed already, Debian's package, or
# Playwright's own download.
set -eu
python="$1"
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        echo "Browser for the tests: $(command -v "$name")"
        exit 0
    fi
done
if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo"
    if $as_root apt-get update -qq && $as_root apt-get install -y -qq chromium >/dev/null; then
        echo "Browser for the tests: Debian's chromium, newly installed"
        exit 0
    fi
fi
"$python" -m playwright install --with-deps chromium
