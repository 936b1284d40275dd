#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The libraries for software that is not written in Swift: the preloaded one below programs that know nothing of it, and the
# provider of OpenSSL, and the library behind lrng.h.
source "$(dirname "$0")/common.sh"

if [[ $(uname -s) != Linux ]]; then
  skip "the preloaded library serves programs" "it is for Linux"
  finish
fi
build=.build/release
check "the preloaded library builds" swift build -c release --product lrng-getrandom
check "the provider builds" swift build -c release --product lrng-provider
check "the library for C builds" swift build -c release --product lrng-c
((failures == 0)) || finish

preload=$root/$build/liblrng-getrandom.so
programs=Tests/Gates/clients
flags=(-O2 -Wall -Werror)
check "the programs build" cc "${flags[@]}" -o "$scratch/preload" "$programs/preload.c" -lpthread -ldl
check "a malloc that draws builds" cc "${flags[@]}" -fPIC -shared -fno-builtin -o "$scratch/malloc.so" "$programs/malloc.c"

# ---------------------------------------------------------------------------------------------------------- the object

# exports NAME OBJECT SYMBOL...: passes when the object shows these symbols and no others.
exports() {
  printf '%s\n' "${@:3}" | sort >"$scratch/expected"
  "$(tool llvm-nm)" -D --defined-only --format=just-symbols "$2" | sort | diff "$scratch/expected" - >"$scratch/others" || true
  verdict "$1" "$scratch/others"
}
# alone NAME OBJECT: passes when the object needs the C library and no other.
alone() {
  "$(tool llvm-readelf)" -d "$2" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' |
    grep -vE '^(libc|libm|libpthread|libdl|ld-linux.*)\.so' >"$scratch/needed" || true
  verdict "$1" "$scratch/needed"
}

exports "the preloaded library shows its functions and nothing else" "$preload" \
  arc4random arc4random_buf arc4random_uniform getentropy getrandom
exports "the provider shows its entry and nothing else" "$build/liblrng-provider.so" OSSL_provider_init
alone "the preloaded library needs the C library alone" "$preload"
alone "the provider needs the C library alone" "$build/liblrng-provider.so"

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
check "it needs none of the room that is left for thread-local storage of late libraries" \
  env GLIBC_TUNABLES=glibc.rtld.optional_static_tls=0 LD_PRELOAD="$preload" "$scratch/preload" flags fork
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

# ------------------------------------------------------------------------------------------------------- lrng.h

header=Sources/CLRNG/include/lrng.h
mkdir -p "$scratch/include" "$scratch/lib"
cp "$header" "$scratch/include/"
cp "$build/liblrng-c.so" "$scratch/lib/liblrng.so.0"
ln -s liblrng.so.0 "$scratch/lib/liblrng.so"
version=$(sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/lrng/LRNGCommand.swift)
sed "s,@PREFIX@,$scratch,; s,@LIBDIR@,$scratch/lib,; s,@VERSION@,$version," Sources/LRNGForC/lrng.pc.in >"$scratch/lib/lrng.pc"
mapfile -t declared < <(sed -n 's/^[a-z].*[ *]\(lrng_[a-z_]*\)(.*);$/\1/p' "$header")
exports "the library shows what lrng.h declares, and nothing else" "$build/liblrng-c.so" "${declared[@]}"
alone "the library needs the C library alone" "$build/liblrng-c.so"
# The preloaded library beside it has a Swift runtime of its own.
interface() {
  local options=(-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wpedantic -Werror)
  if command -v pkg-config >/dev/null; then
    read -ra found < <(PKG_CONFIG_PATH="$scratch/lib" pkg-config --cflags --libs lrng)
  else
    found=("-I$scratch/include" "-L$scratch/lib" -llrng)
  fi
  cc "${options[@]}" -o "$scratch/interface" "$programs/interface.c" "${found[@]}" -lpthread &&
    printf '#include <lrng.h>\n' | c++ -x c++ -Wall -Wextra -Werror -fsyntax-only "-I$scratch/include" - &&
    LD_LIBRARY_PATH=$scratch/lib timeout 60 "$scratch/interface" >"$scratch/status" 2>"$scratch/version" &&
    [[ $(cat "$scratch/version") == "$version" ]] &&
    LD_LIBRARY_PATH=$scratch/lib preloaded "$scratch/interface" >/dev/null &&
    LD_LIBRARY_PATH=$scratch/lib LD_BIND_NOW=1 timeout 60 "$scratch/interface" >/dev/null
}
check "a C program uses each function of lrng.h, also with the preloaded library" interface
json() {
  swift build -c release --product lrng >/dev/null && "$build/lrng" status --json >"$scratch/program" &&
    python3 - "$scratch/status" "$scratch/program" <<'END'
import json, sys
library, program = (json.load(open(name)) for name in sys.argv[1:])
def shape(value):
    return {k: shape(v) for k, v in value.items() if k not in ("sources", "properties")} if isinstance(value, dict) else type(value).__name__
assert shape(library) == shape(program), (shape(library), shape(program))
assert [s["name"] for s in library["sources"]] == [s["name"] for s in program["sources"]]
assert library["fullySeeded"] is True and library["selfTests"] == "passed"
END
}
if command -v python3 >/dev/null; then
  check "its status is the JSON that the program prints" json
else
  skip "its status is the JSON that the program prints" "python3 is not installed (make deps)"
fi

# ------------------------------------------------------------------------------------------------------- OpenSSL

# With a program of its own, whose system call would end it: so it shows where the numbers come from.
export OPENSSL_MODULES=$scratch
cp "$build/liblrng-provider.so" "$scratch/lrng-provider.so"
configuration=Documentation/openssl-lrng.cnf
sed '/^random = LRNG/d' "$configuration" >"$scratch/seeds.cnf"
# lrng_openssl ARGUMENT...: openssl with the provider, without the preloaded library.
lrng_openssl() { timeout 60 env OPENSSL_CONF="${conf:-$configuration}" "$scratch/preload" sealed openssl "$@"; }

provides() {
  lrng_openssl list -random-instances >"$scratch/instances"
  [[ $(grep -c 'LRNG @ lrng' "$scratch/instances") == 3 ]] || return
  # Each other bytes, of lengths around what a batch holds.
  local length
  for length in 1 16 255 256 257 4096 1000003; do
    [[ $(lrng_openssl rand "$length" | wc -c) == "$length" ]] || return
  done
  [[ $(for length in {1..20}; do lrng_openssl rand -hex 16; done | sort -u | wc -l) == 20 ]]
}
seeds() {
  conf=$scratch/seeds.cnf lrng_openssl list -random-instances >"$scratch/instances"
  [[ $(grep -c 'CTR-DRBG @ default' "$scratch/instances") == 3 ]] &&
    [[ $(for _ in {1..5}; do conf=$scratch/seeds.cnf lrng_openssl rand -hex 16; done | sort -u | wc -l) == 5 ]]
}
keys() {
  lrng_openssl genrsa -out "$scratch/rsa.pem" 2048 && lrng_openssl rsa -in "$scratch/rsa.pem" -check -noout &&
    lrng_openssl speed -seconds 1 -bytes 16 rand
}
handshake() {
  lrng_openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 1 \
    -keyout "$scratch/tls.key" -out "$scratch/tls.pem"
  lrng_openssl s_server -accept 127.0.0.1:0 -cert "$scratch/tls.pem" -key "$scratch/tls.key" -www -naccept 2 \
    >"$scratch/server" 2>&1 &
  local server=$! port='' version status=0
  for _ in {1..100}; do
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$scratch/server")
    [[ -z $port ]] || break
    sleep 0.1
  done
  for version in -tls1_2 -tls1_3; do
    # Not to the end of its input, so that nothing waits for it.
    printf 'GET / HTTP/1.0\r\n\r\n' |
      lrng_openssl s_client -connect "127.0.0.1:$port" "$version" -CAfile "$scratch/tls.pem" -verify_return_error -ign_eof \
        >"$scratch/client" 2>&1 || true
    grep -q 'Verify return code: 0' "$scratch/client" || { cat "$scratch/client"; status=1; }
  done
  kill "$server" 2>/dev/null || true
  wait "$server" || true
  return "$status"
}
if ! command -v openssl >/dev/null || [[ $(openssl version) != "OpenSSL 3."* ]]; then
  skip "OpenSSL draws from the provider" "there is no OpenSSL 3"
else
  if { OPENSSL_CONF=/dev/null "$scratch/preload" sealed openssl rand -hex 16; } >/dev/null 2>&1; then
    not_ok "without the provider OpenSSL asks the system, which the test notices"
  else
    ok "without the provider OpenSSL asks the system, which the test notices"
  fi
  check "OpenSSL draws from the provider" provides
  check "the provider is loaded where no room is left for thread-local storage" \
    env GLIBC_TUNABLES=glibc.rtld.optional_static_tls=0 OPENSSL_CONF="$configuration" openssl rand -hex 16
  check "OpenSSL's own generators get their seeds from it" seeds
  check "OpenSSL makes keys from it, and measures it" keys
  check "TLS 1.2 and 1.3 shake hands with it on both sides" handshake
fi

finish
