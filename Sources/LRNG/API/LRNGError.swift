// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

public import LRNGCore

/// Why the LRNG did not do what it was asked for.
public enum LRNGError: Error, Equatable, Sendable {
  /// There is not enough entropy yet. Wait, permit another source, or ask for ``QualityOfService/available``.
  case notFullySeeded
  /// A self test failed: there is no output any more. The bits tell which, see ``SelfTestKind``.
  case selfTestFailed(failedTests: UInt32)
  /// A generator reported an error.
  case generatorFailed
  /// Another generator or hash could not be switched to. What was in use still is.
  case switchFailed(name: String, SwitchError)
  /// A source that was asked for by name can't be used.
  case sourceUnavailable(EntropySourceKind, reason: String)
  /// A value of the configuration is out of its range.
  case invalidConfiguration(String)
  /// An argument is out of its range.
  case invalidArgument(String)
  /// The seed file could not be written.
  case seedFile(path: String, problem: String)
  /// A system call failed.
  case system(call: String, errno: Int32)
}

extension LRNGError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFullySeeded:
      "not fully seeded: the entropy sources have not delivered enough yet"
    case .selfTestFailed(let failed):
      "self test failed (mask 0x\(String(failed, radix: 16))): there is no output"
    case .generatorFailed: "the generator failed"
    case .switchFailed(let name, let error): "no switch to \(name): \(error.explanation)"
    case .sourceUnavailable(let source, let reason): "source \(source.name) is unavailable: \(reason)"
    case .invalidConfiguration(let message): "invalid configuration: \(message)"
    case .invalidArgument(let message): "invalid argument: \(message)"
    case .seedFile(let path, let problem): "seed file \(path): \(problem)"
    case .system(let call, let number): "\(call) failed: \(Errno(rawValue: number))"
    }
  }
}

extension SwitchError {
  fileprivate var explanation: String {
    switch self {
    case .selfTestFailed: "its self test failed"
    case .strengthWouldFall: "it has less security strength than what is in use"
    case .notEnoughEntropy: "the sources can't give a first seed at this time, which SP 800-90C demands: try again"
    case .refused:
      "it reported an error, or another generator from elsewhere is in use: switch to one of the LRNG's own first"
    }
  }
}

extension EntropySourceKind {
  /// The name for configuration and command lines.
  public var name: String {
    switch self {
    case .interrupt: "interrupt"
    case .scheduler: "scheduler"
    case .jitter: "jitter"
    case .cpu: "cpu"
    case .kernel: "kernel"
    case .auxiliary: "auxiliary"
    }
  }

  /// The name in `/proc/lrng_type`.
  public var title: String {
    switch self {
    case .interrupt: "IRQ"
    case .scheduler: "Scheduler"
    case .jitter: "JitterRNG"
    case .cpu: "CPU"
    case .kernel: "KernelRNG"
    case .auxiliary: "Auxiliary"
    }
  }

  /// All sources, in the order of the seed buffer.
  public static var all: [EntropySourceKind] { (0..<count).compactMap(at) }
}
