# What every render.sh does after its own comment, which is its usage: look for
# Chromium, install what its package-lock.json names, and run its render.mjs. Sourced.
set -euo pipefail

script=${BASH_SOURCE[1]}
here=$(cd "$(dirname "$script")" && pwd)

if [[ $# -lt 2 || $1 == -* ]]; then
	sed -n '2,/^source /{s/^# \{0,1\}//;/^source /!p;}' "$script" >&2
	exit 2
fi

if [[ -z ${CHROMIUM:-} ]]; then
	CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
		echo "render.sh: no Chromium; install it or set CHROMIUM" >&2
		exit 2
	}
fi
export CHROMIUM

# What npm wrote last is newer than the lock file, unless that has changed.
if [[ ! $here/node_modules/.package-lock.json -nt $here/package-lock.json ]]; then
	(cd "$here" && npm ci --no-audit --no-fund >&2)
fi
exec node "$here/render.mjs" "$@"
