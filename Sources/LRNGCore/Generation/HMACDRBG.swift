// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// HMAC_DRBG of SP 800-90A, section 10.1.2.
///
/// Key and V have the length of a digest. The key is kept as the state of HMAC after it, and nowhere else.
///
/// Without additional input the claim of forward security has no proof (Woodage and Shumow, ePrint 2018/349), and AIS 20/31
/// recommends to give it always: the LRNG does.
public struct HMACDRBG<Hash: HashFunction & ~Copyable>: DRBGMechanism, ~Copyable {
  // Internal, so that tests can compare them with the vectors'.
  var hmac = HMAC<Hash>()
  var v = Secret(InlineArray<64, UInt8>(repeating: 0))

  public init() {}

  /// 10.1.2.3.
  public mutating func instantiate(entropyInput: Span<UInt8>, nonce: Span<UInt8>, personalization: Span<UInt8>) {
    let key = InlineArray<64, UInt8>(repeating: 0)
    hmac.rekey(key.span.extracting(first: Hash.digestLengthInBytes))
    v.value = InlineArray(repeating: 0x01)
    update(entropyInput, nonce, personalization)
  }

  /// 10.1.2.4.
  public mutating func reseed(entropyInput: Span<UInt8>, additionalInput: Span<UInt8>) {
    update(entropyInput, additionalInput, Span())
  }

  /// 10.1.2.5.
  public mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>, reseedCounter: UInt64
  ) {
    // Step 2.
    if !additionalInput.isEmpty { update(additionalInput, Span(), Span()) }
    // Steps 3 to 5.
    var offset = 0
    while offset < output.count {
      advanceV()
      offset &+= output.copy(Hash.digestLengthInBytes, from: v.value.span, at: 0, to: offset)
    }
    // Step 6.
    update(additionalInput, Span(), Span())
  }

  public mutating func wipe() {
    hmac.wipe()
    v.wipe()
  }

  /// HMAC_DRBG_Update of section 10.1.2.2 with the concatenation of the data.
  private mutating func update(_ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>) {
    rekey(0x00, first, second, third)
    advanceV()
    if first.isEmpty && second.isEmpty && third.isEmpty { return }
    rekey(0x01, first, second, third)
    advanceV()
  }

  /// K = HMAC(K, V ‖ separator ‖ data).
  private mutating func rekey(
    _ separator: UInt8, _ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>
  ) {
    hmac.update(v.value.span.extracting(first: Hash.digestLengthInBytes))
    let separator: InlineArray<1, UInt8> = [separator]
    hmac.update(separator.span)
    hmac.update(first)
    hmac.update(second)
    hmac.update(third)
    var key = Secret(InlineArray<64, UInt8>(repeating: 0))
    var bytes = key.value.mutableSpan
    hmac.finalize(into: &bytes)
    hmac.rekey(key.value.span.extracting(first: Hash.digestLengthInBytes))
    key.wipe()
  }

  /// V = HMAC(K, V).
  private mutating func advanceV() {
    hmac.update(v.value.span.extracting(first: Hash.digestLengthInBytes))
    var bytes = v.value.mutableSpan
    hmac.finalize(into: &bytes)
  }
}
