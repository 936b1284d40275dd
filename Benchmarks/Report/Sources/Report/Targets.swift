// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A ratio between two cells that this project wants to reach.
public struct Target: Sendable {
  public let text: String
  public let cell: Cell
  public let other: Cell
  /// What the machine itself makes of the ratio, by a cell over another that have nothing to do with generators.
  public let control: (cell: Cell, other: Cell)?
  public let required: Double
  public let aim: Double?

  public init(
    _ text: String, _ cell: Cell, over other: Cell, control: (cell: Cell, other: Cell)? = nil, required: Double,
    aim: Double? = nil
  ) {
    self.text = text
    self.cell = cell
    self.other = other
    self.control = control
    self.required = required
    self.aim = aim
  }

  public static let all: [Target] = throughput + provider + deterministicGenerators + threads

  private static func fill(_ bytes: Int, threads: Int = 1) -> Cell {
    Cell(Generators.fill, bytes: bytes, threads: threads)
  }

  private static func next(threads: Int = 1) -> Cell {
    Cell(Generators.next, bytes: Generators.nextSize, threads: threads)
  }

  private static let throughput = [
    Target(
      "16 bytes, getrandom(2)", fill(16), over: Cell(Generators.systemCall, bytes: 16), required: 35, aim: 50),
    Target("16 bytes, vDSO getrandom", fill(16), over: Cell(Generators.vDSO, bytes: 16), required: 3, aim: 4),
    Target("16 bytes, RAND_bytes", fill(16), over: Cell(Generators.randBytes, bytes: 16), required: 60, aim: 100),
    Target(
      "next(), SystemRandomNumberGenerator", next(), over: Cell(Generators.systemNext, bytes: Generators.nextSize),
      required: 60, aim: 100),
    Target("4096 bytes, RAND_bytes", fill(4096), over: Cell(Generators.randBytes, bytes: 4096), required: 1.5, aim: 2),
    Target(
      "65536 bytes, RAND_bytes", fill(65536), over: Cell(Generators.randBytes, bytes: 65536), required: 0.95, aim: 1.1),
  ]

  /// OpenSSL with this project's provider beside OpenSSL as it is.
  private static let provider = Generators.sizes.map { bytes in
    Target(
      "provider, \(bytes) bytes, RAND_bytes without it", Cell(Generators.provider, bytes: bytes),
      over: Cell(Generators.randBytes, bytes: bytes), required: 1)
  }

  /// One request a call on both sides, nothing made in advance, no lock: an instance of the thread's own.
  private static let deterministicGenerators =
    drbg("CTR_DRBG", over: "OpenSSL CTR-DRBG", required: 6, aim: 10)
    + drbg("Hash_DRBG", over: "OpenSSL HASH-DRBG", required: 1.2, aim: 1.5)
    + drbg("HMAC_DRBG", over: "OpenSSL HMAC-DRBG", required: 1.3, aim: 1.6)

  /// Ratios of short requests; long ones must not be behind.
  private static func drbg(_ ours: String, over other: String, required: Double, aim: Double) -> [Target] {
    [(16, required, aim), (4096, 1, nil)].map { (bytes: Int, required: Double, aim: Double?) in
      Target(
        "\(ours) a request, \(bytes) bytes, \(other)", Cell(Generators.mechanism(ours), bytes: bytes),
        over: Cell(other, bytes: bytes), required: required, aim: aim)
    }
  }

  private static func control(threads: Int) -> Cell {
    Cell(Generators.control, bytes: Generators.nextSize, threads: threads)
  }

  /// Nothing lost is: no more than threads lose that share nothing, to a scheduler that switches between them all the time.
  /// 5 % are for noise.
  private static let crowd = (cell: control(threads: Generators.crowd), other: control(threads: 2))

  private static let threads = [
    Target("16 bytes, two threads over one", fill(16, threads: 2), over: fill(16), required: 1.9),
    Target("next(), two threads over one", next(threads: 2), over: next(), required: 1.9),
    Target(
      "16 bytes, 64 threads over two, as the control", fill(16, threads: Generators.crowd), over: fill(16, threads: 2),
      control: crowd, required: 0.95, aim: 1),
    Target(
      "next(), 64 threads over two, as the control", next(threads: Generators.crowd), over: next(threads: 2),
      control: crowd, required: 0.95, aim: 1),
  ]

  /// Milliseconds from the start of a process, less than these.
  public static let firstByteLimit = 20.0
  public static let fullySeededLimit = 60.0

  public enum Outcome: String, Sendable {
    case aimMet = "met, and the aim"
    case met
    case missed = "NOT MET"
    case unmeasured = "not measured"
  }

  /// The ratio that counts, if all that it takes was measured.
  public func ratio(in measurements: Measurements) -> Double? {
    let ratios = measurements.ratios(of: cell, to: other)
    guard let control else { return median(ratios) }
    return median(zip(ratios, measurements.ratios(of: control.cell, to: control.other)).map { $0 / $1 })
  }

  public func outcome(of ratio: Double?) -> Outcome {
    guard let ratio else { return .unmeasured }
    if ratio < required { return .missed }
    return aim.map { ratio >= $0 } ?? false ? .aimMet : .met
  }
}

/// What the reference's documentation says of its generators: output of getrandom(2) in MB/s, a virtual machine on an Intel
/// Core i7-8565U with AES-NI and AVX2.
public enum ReferenceTable {
  public static let sizes = [16, 32, 64, 128, 4096]
  public static let rows: [(name: String, drng: String, megabytesPerSecond: [Double])] = [
    ("HMAC DRBG, SHA-512 AVX2", "HMAC_DRBG", [4.7, 11.6, 23.3, 38.3, 92.1]),
    ("Hash DRBG, SHA-512 AVX2", "Hash_DRBG", [13.1, 25.9, 51.1, 83.3, 217.8]),
    ("CTR DRBG, AES-NI", "CTR_DRBG", [24.4, 49.3, 96.2, 177.1, 1247]),
    ("ChaCha20", "ChaCha20", [42.0, 84.5, 131.0, 194.7, 550.3]),
  ]
}
