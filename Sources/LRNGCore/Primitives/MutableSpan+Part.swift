// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension MutableSpan {
  /// Runs the body with a part of the span.
  ///
  /// A part can't be returned without naming its lifetime, which the language does not offer yet.
  public mutating func withPart<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var part = self._mutatingExtracting(range)
    return try body(&part)
  }
}
