// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  import CTesting
  import Testing

  @testable import LRNG

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  #if SchedulerSource
    @Suite("Context switches of this machine", .serialized, .timeLimit(.minutes(1)))
    struct SchedulerSamplerTests {
      /// Whether this process may observe the machine.
      static let isAvailable: Bool = {
        guard var sampler = try? SchedulerSampler.contextSwitches(on: CPUTopology.current().online) else {
          return false
        }
        sampler.close()
        return true
      }()

      private func open() throws -> SchedulerSampler {
        try SchedulerSampler.contextSwitches(on: CPUTopology.current().online)
      }

      /// Gives the scheduler something to do.
      private func causeSwitches(_ count: Int) {
        for _ in 0..<count { usleep(50) }
      }

      @Test("nothing is sampled before anybody wants it", .enabled(if: isAvailable, "needs CAP_PERFMON"))
      func idle() throws {
        var sampler = try open()
        causeSwitches(20)
        let count = sampler.drain { _ in }
        #expect(count == 0)
        #expect(sampler.processorCount > 0)
        sampler.close()
      }

      @Test(
        "stamps of a processor ascend, and belong to observed processors",
        .enabled(if: isAvailable, "needs CAP_PERFMON"))
      func events() throws {
        let online = CPUTopology.current().online
        var sampler = try open()
        sampler.want(events: 200)
        causeSwitches(100)
        var latest: [Int: UInt64] = [:]
        let count = sampler.drain { observation in
          guard case .event(let cpu, let timestamp) = observation else { return }
          #expect(online.contains(cpu))
          #expect(timestamp > latest[cpu] ?? 0)
          latest[cpu] = timestamp
        }
        #expect(count > 10)
        #expect(sampler.statistics.events == UInt64(count))
        #expect(sampler.statistics.eventsPerSecond > 0)
        sampler.close()
      }

      @Test("the kernel stops after the samples it was armed for", .enabled(if: isAvailable, "needs CAP_PERFMON"))
      func bound() throws {
        var sampler = try open()
        for _ in 0..<5 {
          sampler.want(events: 8)
          causeSwitches(300)
          var counts: [Int: Int] = [:]
          sampler.drain { if case .event(let cpu, _) = $0 { counts[cpu, default: 0] += 1 } }
          // A kernel before 6.16 disables a moment after the last sample.
          #expect(counts.values.allSatisfy { 1...12 ~= $0 })
          #expect(counts.values.contains { $0 >= 8 })
          let late = sampler.drain { _ in }
          #expect(late == 0)
        }
        sampler.close()
      }

      @Test(
        "a request in a ring's measure: no sample is lost however many are wanted",
        .enabled(if: isAvailable, "needs CAP_PERFMON"))
      func noLoss() throws {
        var sampler = try open()
        sampler.want(events: .max)
        causeSwitches(1500)
        let count = sampler.drain { _ in }
        #expect(count <= SchedulerSampler.mostEvents * sampler.processorCount + 8)
        #expect(sampler.statistics.lost == 0)
        sampler.close()
      }

      @Test(
        "a paused sampler samples nothing, and goes on with what it had", .enabled(if: isAvailable, "needs CAP_PERFMON")
      )
      func pause() throws {
        var sampler = try open()
        sampler.want(events: 100)
        sampler.pauseSampling()
        sampler.drain { _ in }
        causeSwitches(30)
        let whilePaused = sampler.drain { _ in }
        #expect(whilePaused == 0)
        sampler.want(events: 100)
        causeSwitches(60)
        let afterwards = sampler.drain { _ in }
        #expect(afterwards > 0)
        sampler.close()
      }

      @Test("waiting ends with events, or with the time", .enabled(if: isAvailable, "needs CAP_PERFMON"))
      func wait() throws {
        var sampler = try open()
        let idle = sampler.wait(timeout: .milliseconds(5))
        #expect(idle == .timedOut)
        sampler.want(events: 200)
        causeSwitches(100)
        let busy = sampler.wait(timeout: .seconds(10))
        #expect(busy == .ready)
        sampler.close()
        let closed = sampler.wait(timeout: .seconds(10))
        #expect(closed == .unavailable)
      }

      @Test("a child has neither rings nor their mapping", .enabled(if: isAvailable, "needs CAP_PERFMON"))
      func fork() throws {
        let memory = try WipeOnForkMemory(lengthInBytes: MemoryLayout<SchedulerSampler>.size)
        let place = try #require(memory.bytes.baseAddress).bindMemory(to: SchedulerSampler.self, capacity: 1)
        place.initialize(to: try open())
        place.pointee.want(events: 100)
        let child = lrng_fork()
        if child == 0 {
          let count = place.pointee.drain { _ in }
          place.pointee.want(events: 100)
          place.pointee.pauseSampling()
          let isEmpty =
            count == 0 && place.pointee.processorCount == 0 && place.pointee.wait(timeout: nil) == .unavailable
          place.pointee.close()
          _exit(isEmpty ? 0 : 1)
        }
        #expect(lrng_exit_code(child) == 0)
        causeSwitches(50)
        let count = place.pointee.drain { _ in }
        #expect(count > 0)
        place.pointee.close()
        memory.release()
      }

      @Test("no processor is no sampler")
      func noProcessor() {
        #expect(throws: EntropySourceUnavailability.noProcessor) {
          var sampler = try SchedulerSampler.contextSwitches(on: [])
          sampler.close()
        }
      }

      #if DEBUG
        private func failure(_ call: SystemCall, _ error: Errno) -> EntropySourceUnavailability? {
          let mock = MockKernel { $0 == call ? .failure(error) : nil }
          do throws(EntropySourceUnavailability) {
            var sampler = try mock.answering { () throws(EntropySourceUnavailability) in
              try SchedulerSampler.contextSwitches(on: [0])
            }
            sampler.close()
            return nil
          } catch {
            return error
          }
        }

        @Test("each way to be refused has its own reason")
        func reasons() {
          let forbidden = failure(.perfOpen, .permissionDenied)
          #expect(
            forbidden
              == (MachineFacts.mayMonitorPerformance
                ? .perfEventsBlocked : .perfEventsForbidden(paranoidLevel: MachineFacts.perfEventParanoidLevel)))
          #expect(failure(.perfOpen, .noSuchCall) == .perfEventsMissing)
          #expect(failure(.perfOpen, .tooManyOpenFiles) == .tooManyOpenFiles)
          #expect(failure(.perfOpen, .noSuchDevice) == .noProcessor)
          #expect(failure(.perfOpen, .inputOutput) == .systemError(number: Errno.inputOutput.rawValue))
        }

        @Test("too little lockable memory is a reason", .enabled(if: isAvailable, "needs CAP_PERFMON"))
        func lockedMemory() {
          #expect(failure(.mapFile, .notPermitted) == .lockedMemoryLimit)
        }

        @Test(
          "a processor without a descriptor left does not cost the others",
          .enabled(if: isAvailable, "needs CAP_PERFMON"))
        func fewDescriptors() throws {
          var calls = 0
          let mock = MockKernel { call in
            guard call == .perfOpen else { return nil }
            calls += 1
            return calls > 1 ? .failure(.tooManyOpenFiles) : nil
          }
          var sampler = try mock.answering { try SchedulerSampler.contextSwitches(on: [0, 0, 0]) }
          #expect(sampler.processorCount == 1)
          sampler.close()
        }
      #endif
    }
  #endif

  #if InterruptSource
    @Suite("Interrupts of this machine", .serialized, .timeLimit(.minutes(1)))
    struct InterruptSamplerTests {
      static let isAvailable: Bool = {
        guard var sampler = try? InterruptSampler.interrupts(on: CPUTopology.current().online) else { return false }
        sampler.close()
        return true
      }()

      @Test("the tracepoint is found, mounted or not", .enabled(if: isAvailable, "needs CAP_PERFMON and tracefs"))
      func tracepoint() throws {
        let tracepoint = try InterruptTracepoint.locate()
        #expect(tracepoint.number > 0)
      }

      @Test(
        "a sampler opens on all processors and is quiet until armed",
        .enabled(if: isAvailable, "needs CAP_PERFMON and tracefs"))
      func open() throws {
        let online = CPUTopology.current().online
        var sampler = try InterruptSampler.interrupts(on: online)
        #expect(sampler.processorCount == online.count)
        let early = sampler.drain { _ in }
        #expect(early == 0)
        sampler.want(events: 100)
        // How many there are is the machine's business; they are well formed.
        usleep(200_000)
        sampler.drain { if case .gap = $0 { Issue.record("a gap without load") } }
        sampler.close()
      }

      #if DEBUG
        @Test("without any tracefs the reason names it")
        func noTraceFileSystem() {
          let mock = MockKernel { call in
            switch call {
            case .open: .failure(.noSuchFile)
            case .openDetachedTraceFileSystem: .failure(.notPermitted)
            default: nil
            }
          }
          #expect(throws: EntropySourceUnavailability.traceFileSystemMissing) {
            try mock.answering { try InterruptTracepoint.locate() }
          }
        }
      #endif
    }
  #endif

#endif
