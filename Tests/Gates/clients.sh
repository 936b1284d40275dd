#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The libraries for software that is not written in Swift: the preloaded one below programs that know nothing of it.
source "$(dirname "$0")/common.sh"

if [[ $(uname -s) != Linux ]]; then
  skip "the preloaded library serves programs" "it is for Linux"
  finish
fi
build=.build/release
check "the preloaded library builds" swift build -c release --product lrng-getrandom
((failures == 0)) || finish

preload=$root/$build/liblrng-getrandom.so
programs=Tests/Gates/clients
flags=(-O2 -Wall -Werror)
check "the programs build" cc "${flags[@]}" -o "$scratch/preload" "$programs/preload.c" -lpthread -ldl
check "a malloc that draws builds" cc "${flags[@]}" -fPIC -shared -fno-builtin -o "$scratch/malloc.so" "$programs/malloc.c"

# ---------------------------------------------------------------------------------------------------------- the object

"$(tool llvm-nm)" -D --defined-only --format=just-symbols "$preload" | sort >"$scratch/exported"
printf '%s\n' arc4random arc4random_buf arc4random_uniform getentropy getrandom | diff - "$scratch/exported" \
  >"$scratch/others" || true
verdict "the preloaded library shows its functions and nothing else" "$scratch/others"
"$(tool llvm-readelf)" -d "$preload" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' |
  grep -vE '^(libc|libm|libpthread|libdl|ld-linux.*)\.so' >"$scratch/needed" || true
verdict "it needs the C library alone" "$scratch/needed"

# ------------------------------------------------------------------------------------------------------ what is hard

# preloaded COMMAND...
preloaded() { timeout 60 env LD_PRELOAD="$preload" "$@"; }

if ! "$scratch/preload" loaded 2>/dev/null; then
  ok "a program without it is noticed"
else
  not_ok "a program without it is noticed"
fi
check "programs get it" preloaded "$scratch/preload" loaded
check "its bytes are not the system's" preloaded "$scratch/preload" served
check "flags, lengths and errors are those of the kernel module" preloaded "$scratch/preload" flags
check "it serves constructors" preloaded "$scratch/preload" constructor
check "it serves children of a program with threads, each other bytes" preloaded "$scratch/preload" fork
check "it serves vfork" preloaded "$scratch/preload" vfork
check "it serves 20 000 threads, and the first call on 32 KiB of stack" preloaded "$scratch/preload" threads
check "the first call of all fits on 32 KiB of stack" preloaded "$scratch/preload" stack
check "signal handlers draw in the middle of calls" preloaded "$scratch/preload" signal
check "threads are cancelled between calls" preloaded "$scratch/preload" cancel
check "it needs no descriptor and no call that sandboxes refuse" preloaded "$scratch/preload" sandbox
mallocs() {
  local test
  for test in constructor flags fork threads; do
    timeout 60 env LD_PRELOAD="$preload $scratch/malloc.so" "$scratch/preload" "$test"
  done
}
check "a malloc may draw with its lock held" mallocs

# ------------------------------------------------------------------------------------------------------- programs

# program NAME COMMAND...: skipped where the program is not installed.
program() {
  local name=$1
  shift
  if command -v "$1" >/dev/null; then check "$name" "${@:2}"; else skip "$name" "$1 is not installed"; fi
}

# In a program with one thread, nothing but the generator answers.
sealed() { preloaded "$scratch/preload" sealed "$@"; }
python_draws() {
  sealed "$(python3 -c 'import sys; print(sys.executable)')" -c '
import os, random, secrets, uuid
seen = {secrets.token_bytes(16) for _ in range(10000)}
child = os.fork()
if child == 0: os._exit(secrets.token_bytes(16) in seen)
assert os.waitpid(child, 0)[1] == 0
assert len(seen) == 10000 and len(os.urandom(100000)) == 100000
assert len({uuid.uuid4() for _ in range(1000)}) == 1000 and random.SystemRandom().random() < 1
'
}
openssl_draws() {
  sealed openssl rand -hex 32 >"$scratch/first" && sealed openssl rand -hex 32 >"$scratch/second" &&
    ! cmp -s "$scratch/first" "$scratch/second" && sealed openssl genrsa -out "$scratch/rsa.pem" 2048 &&
    sealed openssl rsa -in "$scratch/rsa.pem" -check -noout
}
ssh_draws() { rm -f "$scratch"/key* && sealed ssh-keygen -q -t ed25519 -N "" -f "$scratch/key" && ssh-keygen -l -f "$scratch/key"; }
program "python3 draws from it, in a child, too" python3 python_draws
program "openssl makes keys from it" openssl openssl_draws
program "ssh-keygen makes keys from it" ssh-keygen ssh_draws

postgres_draws() (
  bin=$(dirname "$(readlink -f "$(command -v postgres)")")
  folder=$scratch/postgres
  mkdir "$folder"
  as=()
  if ((EUID == 0)); then
    chmod 711 "$scratch"
    chown nobody "$folder"
    as=(setpriv --reuid nobody --regid nogroup --clear-groups)
  fi
  cp "$preload" "$folder/preload.so"
  chmod 755 "$folder/preload.so"
  cd "$folder" || exit
  with=("${as[@]}" env LD_PRELOAD="$folder/preload.so" HOME="$folder")
  "${with[@]}" "$bin/initdb" -D data -A trust -U postgres --no-sync >/dev/null
  "${with[@]}" "$bin/pg_ctl" -D data -w -l log -o "-k $folder -h ''" start >/dev/null || { cat log; exit 1; }
  status=0
  "${with[@]}" psql -h "$folder" -U postgres -At \
    -c 'select count(distinct gen_random_uuid()) from generate_series(1, 10000)' >uuids || status=1
  grep -c preload.so "/proc/$(head -n 1 data/postmaster.pid)/maps" >loaded || status=1
  "${with[@]}" "$bin/pg_ctl" -D data -m immediate stop >/dev/null
  ((status == 0)) && [[ $(cat uuids) == 10000 && $(cat loaded) -gt 0 ]]
)
program "postgres makes a cluster, starts and makes UUIDs" initdb postgres_draws

java_draws() {
  cat >"$scratch/Draw.java" <<'END'
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.UUID;

public class Draw {
  public static void main(String[] arguments) throws Exception {
    var seen = new HashSet<UUID>();
    for (int i = 0; i < 10000; i++) seen.add(UUID.randomUUID());
    new SecureRandom().nextBytes(new byte[100000]);
    if (seen.size() != 10000) System.exit(1);
  }
}
END
  preloaded java "$scratch/Draw.java"
}
if command -v javac >/dev/null; then
  check "java runs with it (its SecureRandom reads /dev/random, which is left alone)" java_draws
elif command -v java >/dev/null; then
  check "java runs with it (its SecureRandom reads /dev/random, which is left alone)" preloaded java -version
else
  skip "java runs with it" "java is not installed"
fi

finish
