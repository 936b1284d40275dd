#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
"""Enrols a certificate as a Machine Owner Key: appends shim's variable MokList to a store of variables of OVMF.

Usage: enroll.py STORE CERTIFICATE      (DER; the store is changed in place, and must have no MokList)

A store is a firmware volume (UEFI PI, volume 3) that holds one header and then variables, each behind a header of 60
bytes and at a multiple of 4 (EDK II, VariableFormat.h). MokList is an EFI_SIGNATURE_LIST (UEFI, section 32.4.1).
"""

import struct
import sys
import uuid

SHIM = uuid.UUID("605dab50-e046-4300-abb6-3dd810dd8b23").bytes_le
X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le
VARIABLE = struct.Struct("<HBBIQ16sIII16s")
START, ADDED = 0x55AA, 0x3F
NON_VOLATILE, BOOT_SERVICE = 1, 2


def main(path, certificate):
    with open(certificate, "rb") as file:
        der = file.read()
    with open(path, "r+b") as file:
        store = file.read()
        at = struct.unpack_from("<H", store, 48)[0]
        if store[40:44] != b"_FVH" or store[at : at + 16] != STORE:
            sys.exit(f"{path}: not a store of authenticated variables")
        end = at + struct.unpack_from("<I", store, at + 16)[0]
        at += 28
        while struct.unpack_from("<H", store, at)[0] == START:
            name_size, data_size = struct.unpack_from("<II", store, at + 36)
            at = (at + VARIABLE.size + name_size + data_size + 3) & ~3
        name = "MokList\0".encode("utf-16-le")
        size = 16 + len(der)
        data = X509 + struct.pack("<III", 28 + size, 0, size) + SHIM + der
        header = VARIABLE.pack(
            START, ADDED, 0, NON_VOLATILE | BOOT_SERVICE, 0, bytes(16), 0, len(name), len(data), SHIM
        )
        variable = header + name + data
        if at + len(variable) > end or store[at : at + len(variable)].strip(b"\xff"):
            sys.exit(f"{path}: no room")
        file.seek(at)
        file.write(variable)


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
