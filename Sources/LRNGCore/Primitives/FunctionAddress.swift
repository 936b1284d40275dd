// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The address of a C function: what makes two tables of functions equal.
func functionAddress<Function>(_ function: Function) -> UInt {
  unsafe unsafeBitCast(function, to: UInt.self)
}
