#!/usr/bin/env bash
# Every tracked C++ source as clang-format writes it; `make fmt` repairs.
set -euo pipefail
cd "$(dirname "$0")/../.."

mapfile -d '' sources < <(git ls-files -z '*.h' '*.cc')
((${#sources[@]} > 10)) || { echo "found only ${#sources[@]} sources" >&2; exit 1; }

# The check itself must be able to fail.
if clang-format --dry-run -Werror --assume-filename=a.cc <<<'int  main( ){}' 2>/dev/null; then
  echo "clang-format accepts anything" >&2
  exit 1
fi
printf '%s\0' "${sources[@]}" | xargs -0 -n 40 -P "$(nproc)" clang-format --dry-run -Werror
