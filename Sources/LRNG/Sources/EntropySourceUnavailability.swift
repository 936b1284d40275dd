// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Why an entropy source gives nothing here, and what to do about it.
///
/// A missing source is no failure of the LRNG: it goes on with the others, and `status` prints this.
public enum EntropySourceUnavailability: Error, Hashable, Sendable {
  // MARK: Perf events (interrupts, context switches)

  /// The operating system is not Linux.
  case unsupportedSystem
  /// `perf_event_open(2)` wants a capability or a laxer `kernel.perf_event_paranoid`.
  case perfEventsForbidden(paranoidLevel: Int?)
  /// The process has the capability and is refused nevertheless: a seccomp filter, a security module or lockdown.
  case perfEventsBlocked
  /// The kernel knows no perf events or no tracepoints.
  case perfEventsMissing
  /// There is no tracefs to take the number of the tracepoint from, and no right to mount one.
  case traceFileSystemMissing
  /// The tracefs does not know the tracepoint, or describes it in a way not understood.
  case tracepointMissing
  /// The rings exceed what the process may lock into memory.
  case lockedMemoryLimit
  /// The process or the system has no file descriptor left.
  case tooManyOpenFiles
  /// No processor is online, or all went offline.
  case noProcessor

  // MARK: Processor

  /// The processor has no instruction for random numbers.
  case instructionMissing
  /// The instruction delivers nothing, although it was asked as often as its maker advises.
  case instructionFails
  /// The instruction delivers the same word again and again.
  case instructionStuck

  // MARK: Kernel, hardware generators and files

  /// The kernel's generator is not seeded yet.
  case kernelNotSeeded
  /// No driver feeds `/dev/hwrng`.
  case noHardwareGenerator
  /// What is at the path is no `/dev/hwrng`.
  case notAHardwareGenerator
  /// `/dev/hwrng` is fed by an LRNG: its output would come back as its input.
  case ownOutput
  /// The source has nothing at the moment.
  case noData

  // MARK: Recordings of the kernel module

  /// The module is not loaded, debugfs is not mounted, or the module was built without its files for tests.
  case moduleFilesMissing
  /// Somebody else records.
  case recordingBusy
  /// A recording that has an end is over.
  case recordingEnded

  /// The user must not read it.
  case permissionDenied
  /// A call failed for another reason.
  case systemError(number: Int32)
  /// Left out when the library was built.
  case notBuilt
}

extension EntropySourceUnavailability: CustomStringConvertible {
  /// One line: what is wrong, and what helps.
  public var description: String {
    switch self {
    case .unsupportedSystem:
      "only Linux offers it"
    case .perfEventsForbidden(let level):
      "kernel.perf_event_paranoid is \(level.map(String.init) ?? "too high") and CAP_PERFMON is missing: "
        + "run as root, or grant CAP_PERFMON (and CAP_DAC_READ_SEARCH for tracefs)"
    case .perfEventsBlocked:
      "perf_event_open is refused in spite of CAP_PERFMON: allow it in the seccomp filter or security module"
    case .perfEventsMissing:
      "the kernel has no perf events: it needs CONFIG_PERF_EVENTS and CONFIG_TRACEPOINTS"
    case .traceFileSystemMissing:
      "no tracefs: mount it at /sys/kernel/tracing, or grant CAP_SYS_ADMIN to mount one privately"
    case .tracepointMissing:
      "the kernel has no usable tracepoint irq:irq_handler_entry"
    case .lockedMemoryLimit:
      "the rings exceed the limit for locked memory: raise RLIMIT_MEMLOCK or kernel.perf_event_mlock_kb"
    case .tooManyOpenFiles:
      "no file descriptor is left: raise RLIMIT_NOFILE"
    case .noProcessor:
      "no processor could be observed"
    case .instructionMissing:
      "the processor has no instruction for random numbers"
    case .instructionFails:
      "the processor's instruction for random numbers delivers nothing"
    case .instructionStuck:
      "the processor's instruction for random numbers repeats itself: update the firmware"
    case .kernelNotSeeded:
      "the kernel's generator is not seeded yet"
    case .noHardwareGenerator:
      "no driver of a hardware generator is active: see /sys/class/misc/hw_random/rng_available"
    case .notAHardwareGenerator:
      "the path does not lead to the character device 10:183"
    case .ownOutput:
      "/dev/hwrng is fed by an LRNG: its own output is no entropy"
    case .noData:
      "it has no data at the moment"
    case .moduleFilesMissing:
      "the kernel module has no such file: load lrng.ko (built with CONFIG_LRNG_TESTING), mount debugfs at /sys/kernel/debug"
    case .recordingBusy:
      "somebody else is recording it"
    case .recordingEnded:
      "the recording is over, there are no more samples"
    case .permissionDenied:
      "reading it is not permitted: run as root"
    case .systemError(let number):
      "a system call failed (\(Errno(rawValue: number)))"
    case .notBuilt:
      "left out when the library was built"
    }
  }
}
