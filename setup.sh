#!/usr/bin/env bash
# Brings this machine to the point where everything runs: system packages (Debian, Ubuntu), the
# Python packages of the lock file in .venv, and the message catalogues. Safe to run again: what is
# there is not touched, and a run that finds nothing to do takes less than a second.
set -eu
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1

usage() {
  cat <<'TEXT'
Usage: ./setup.sh [--test] [--no-card] [--no-print]     (as root, or with sudo)

  --test       also what the tests need: the test tools, a browser and a software key token
  --no-card    without the card reader (pcscd, virtual readers, the reader library)
  --no-print   without the printer command (lp)

Environment: PYTHON (an interpreter, 3.11 or newer)
TEXT
}

with_tests=no with_card=yes with_print=yes
for option in "$@"; do
  case "$option" in
    --test) with_tests=yes ;;
    --no-card) with_card=no ;;
    --no-print) with_print=no ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

cd "$(dirname "$0")"
say() { printf '[setup] %s\n' "$*"; }

# ---- system packages ------------------------------------------------------------------------

python_packages="python3 python3-venv"
other_packages="make fonts-noto-cjk fonts-ipamj-mincho fonts-morisawa-bizud-gothic poppler-utils"
[ "$with_card" = no ] || other_packages="$other_packages python3-dev gcc libc6-dev swig libpcsclite-dev pcscd vsmartcard-vpcd opensc"
[ "$with_print" = no ] || other_packages="$other_packages cups-client"
[ "$with_tests" = no ] || other_packages="$other_packages chromium softhsm2 cups-daemon cups-client"

missing_of() {  # of the packages named, those that are not installed
  local installed package
  installed=" $(dpkg-query -W -f='${db:Status-Status}=${Package} ' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    case "$installed" in *" installed=$package "*) ;; *) printf '%s ' "$package" ;; esac
  done
}

usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if usable "$candidate"; then printf '%s' "$candidate"; return; fi
  done
}

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
apt_get() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null; }
install_packages() { apt_get install --no-install-recommends "$@"; }

python=$(find_python)
missing=""
if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  # shellcheck disable=SC2086  # lists of names, meant to be split
  missing=$(missing_of $other_packages)
  [ -n "$python" ] || missing="$python_packages $missing"
  if [ -n "$missing" ] && [ -n "$as_root" ] && ! command -v sudo >/dev/null; then
    say "Not root and no sudo, so these packages are not installed: $missing"
    say "Ask an administrator for: apt-get install --no-install-recommends $missing"
    missing=""
  fi
else
  have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }
  say "No apt-get here, so system packages are left to you:"
  [ "$with_card" = no ] || have pcscd ||
    say "  missing: card reader (pcscd, virtual reader vpcd). Until then the kiosk reads no cards."
  [ "$with_print" = no ] || have lp ||
    say "  missing: the lp command. Until then certificates are made, but not printed."
  have fc-list && fc-list | grep -q IPAmjMincho ||
    say "  missing: fonts (Noto CJK, IPAmj Mincho, BIZ UD Gothic). Until then certificates may show empty boxes."
  say "Everything else works without them."
fi

apt_log=""
apt_job=""
if [ -n "$missing" ]; then
  say "Installing system packages: $missing"
  apt_log=$(mktemp)
  if ! apt_get update >"$apt_log" 2>&1; then
    say "The package lists could not be refreshed; going on with the ones that are here."
  fi
  if [ -z "$python" ]; then
    # shellcheck disable=SC2086
    install_packages $python_packages >>"$apt_log" 2>&1 || true
    python=$(find_python)
  fi
  # Fonts and browser take a minute; the Python packages are installed meanwhile.
  # shellcheck disable=SC2086
  install_packages $missing >>"$apt_log" 2>&1 &
  apt_job=$!
fi
if [ -z "$python" ]; then
  say "No Python 3.11 or newer with venv was found. Please install one, or name it: PYTHON=/path/to/python ./setup.sh"
  exit 1
fi

# ---- Python packages ------------------------------------------------------------------------

owner() { # with sudo the environment belongs to whoever owns the tree, so that `make run` works without it
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ] && [ "$(stat -c %u .)" = "$SUDO_UID" ]; then
    sudo -H -u "#$SUDO_UID" "$@"
  else
    "$@"
  fi
}
stamp_is() { [ -f ".venv/$1" ] && [ "$(cat ".venv/$1")" = "$2" ]; }
stamp() { printf '%s\n' "$2" | owner tee ".venv/$1" >/dev/null; }
digest() { cat "$@" | sha256sum | cut -c1-64; }
pip_install() {
  # What builds packages is in a lock of its own, installed first, so nothing comes in without a hash.
  owner .venv/bin/python -m pip install -qq --no-compile --no-deps --no-build-isolation --require-hashes \
    --root-user-action=ignore -r "$1"
}
compile_all() { # on all cores, where pip would use one; without byte code every start takes seconds longer
  owner .venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || true
}

if ! .venv/bin/python -c '' 2>/dev/null; then
  say "Making the Python environment .venv ($("$python" --version))"
  owner rm -rf .venv
  owner "$python" -m venv .venv
  owner .venv/bin/python -m pip install -qq --root-user-action=ignore --upgrade pip 2>/dev/null ||
    say "pip could not be upgraded; going on with the one that is here."
fi
compile_job=""
install_lock() { # install_lock LOCKFILE: once for each content of it
  local now
  now=$(digest requirements-build.txt "$1")
  stamp_is ".installed-$1" "$now" && return
  say "Installing Python packages ($1)"
  pip_install requirements-build.txt
  pip_install "$1"
  compile_all &
  compile_job=$!
  stamp ".installed-$1" "$now"
}
if [ "$with_tests" = yes ]; then install_lock requirements-test.txt; else install_lock requirements.txt; fi

project=$(digest pyproject.toml)
if ! stamp_is .installed-project "$project"; then
  owner .venv/bin/python -m pip install -qq --no-deps --no-build-isolation --root-user-action=ignore --editable .
  stamp .installed-project "$project"
fi

for catalogue in translations/*/LC_MESSAGES/messages.po; do
  [ -f "$catalogue" ] || continue
  if [ ! "${catalogue%.po}.mo" -nt "$catalogue" ]; then
    owner .venv/bin/pybabel --quiet compile --directory translations
    break
  fi
done

# ---- what had to wait for the system packages -------------------------------------------------

if [ -n "$apt_job" ]; then
  if wait "$apt_job"; then
    rm -f "$apt_log"
  else
    say "Some system packages could not be installed. The last lines of $apt_log:"
    tail -n 5 "$apt_log"
    say "Without them cards are not read, certificates may lack characters, or printing is missing; the rest works."
  fi
fi

can_build_card_library() { [ -e /usr/include/PCSC/winscard.h ] && command -v swig && command -v gcc; } >/dev/null
install_card_library() {
  local now
  now=$(digest requirements-card.txt)
  stamp_is .installed-card "$now" && return
  if ! can_build_card_library; then
    say "Card reader: not available, gcc, swig or the PC/SC headers are missing. Everything else works."
    return
  fi
  if ! stamp_is .failed-card "$now"; then
    say "Building the card reader library"
    if pip_install requirements-card.txt >.venv/card.log 2>&1; then
      stamp .installed-card "$now"
      return
    fi
    stamp .failed-card "$now"
  fi
  say "Card reader: not available, its library could not be built (see .venv/card.log). Everything else works."
  say "To try again: rm .venv/.failed-card && ./setup.sh"
}
[ "$with_card" = no ] || install_card_library
[ -z "$compile_job" ] || wait "$compile_job"
