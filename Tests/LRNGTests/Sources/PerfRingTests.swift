// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  import Testing

  @testable import LRNG

  /// A perf ring in memory that this test writes in the kernel's place.
  final class FakeRing {
    static let pageLengthInBytes = 4096
    // struct perf_event_mmap_page: u64 data_head at 1024, u64 data_tail at 1032.
    static let headOffset = 1024
    static let tailOffset = 1032

    let memory: UnsafeMutableRawBufferPointer
    let dataLengthInBytes: Int

    /// `position` is where head and tail stand at first.
    init(dataLengthInBytes: Int = 4096, position: UInt64 = 0) {
      self.dataLengthInBytes = dataLengthInBytes
      memory = .allocate(byteCount: Self.pageLengthInBytes + dataLengthInBytes, alignment: 4096)
      memory.initializeMemory(as: UInt8.self, repeating: 0)
      head = position
      memory.storeBytes(of: position, toByteOffset: Self.tailOffset, as: UInt64.self)
    }

    deinit { memory.deallocate() }

    var head: UInt64 {
      get { memory.load(fromByteOffset: Self.headOffset, as: UInt64.self) }
      set { memory.storeBytes(of: newValue, toByteOffset: Self.headOffset, as: UInt64.self) }
    }

    var tail: UInt64 { memory.load(fromByteOffset: Self.tailOffset, as: UInt64.self) }

    func append(_ bytes: [UInt8]) {
      for byte in bytes {
        memory[Self.pageLengthInBytes + Int(head % UInt64(dataLengthInBytes))] = byte
        head += 1
      }
    }

    func append(type: UInt32, body: [UInt8]) {
      append(native(type) + native(UInt16(0)) + native(UInt16(8 + body.count)) + body)
    }

    func appendSample(_ timestamp: UInt64) { append(type: 9, body: native(timestamp)) }

    /// A sample of irq:irq_handler_entry, with the padding that the kernel gives it.
    func appendInterrupt(_ timestamp: UInt64, line: Int32, name: String) {
      let text = Array(name.utf8) + [0]
      var raw: [UInt8] = native(UInt16(225)) + [0, 0] + native(Int32(0)) + native(line)
      raw += native(UInt32(16) | UInt32(text.count) << 16) + text
      while (raw.count + 4) % 8 != 0 { raw.append(0) }
      append(type: 9, body: native(timestamp) + native(UInt32(raw.count)) + raw)
    }

    func ring<Filter: PerfSampleFilter>(cpu: Int = 3, filter: Filter) throws -> PerfEventRing<Filter> {
      try #require(
        PerfEventRing(cpu: cpu, descriptor: -1, page: memory, dataOffset: Self.pageLengthInBytes, filter: filter))
    }
  }

  func native<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  extension PerfEventRing {
    mutating func observations() -> [PerfObservation] {
      var observations: [PerfObservation] = []
      let count = drain { observations.append($0) }
      #expect(count == observations.filter { if case .event = $0 { true } else { false } }.count)
      return observations
    }
  }

  struct TakeAll: PerfSampleFilter {
    mutating func accepts(_ raw: PerfRingField, in data: Span<UInt8>) -> Bool { true }
  }

  @Suite("Perf rings, replayed")
  struct PerfRingTests {
    @Test("samples come out in order, with the ring's processor, and make room")
    func samples() throws {
      let fake = FakeRing()
      var ring = try fake.ring(filter: TakeAll())
      for time in [100, 250, 400] as [UInt64] { fake.appendSample(time) }
      #expect(
        ring.observations() == [
          .event(cpu: 3, timestamp: 100), .event(cpu: 3, timestamp: 250), .event(cpu: 3, timestamp: 400),
        ])
      #expect(fake.tail == fake.head)
      #expect(ring.observations().isEmpty)
      #expect(ring.statistics.samples == 3)
      #expect(ring.statistics.events == 3)
    }

    @Test("a record that goes round the end of the ring is read whole", arguments: [0, 8, 16, 4080, 4088])
    func wrapAround(position: UInt64) throws {
      for base in [0, 4096, UInt64.max - 8191] as [UInt64] {
        let fake = FakeRing(position: base &+ position)
        guard fake.head <= UInt64.max - 200 else { continue }
        var ring = try fake.ring(filter: TakeAll())
        fake.appendInterrupt(0x0123_4567_89ab_cdef, line: 41, name: "virtio3-rx")
        fake.appendSample(7)
        #expect(
          ring.observations() == [
            .event(cpu: 3, timestamp: 0x0123_4567_89ab_cdef), .event(cpu: 3, timestamp: 7),
          ])
      }
    }

    @Test("lost samples, throttling and its end are gaps; records of other types are passed over")
    func gaps() throws {
      let fake = FakeRing()
      var ring = try fake.ring(filter: TakeAll())
      fake.appendSample(1)
      fake.append(type: 2, body: native(UInt64(99)) + native(UInt64(12)))  // LOST
      fake.appendSample(2)
      fake.append(type: 5, body: [UInt8](repeating: 0, count: 24))  // THROTTLE
      fake.append(type: 6, body: [UInt8](repeating: 0, count: 24))  // UNTHROTTLE
      fake.append(type: 3, body: [UInt8](repeating: 0, count: 32))  // COMM
      fake.append(type: 0xffff_ffff, body: [])
      fake.append(type: 13, body: native(UInt64(3)))  // LOST_SAMPLES
      fake.appendSample(3)
      #expect(
        ring.observations() == [
          .event(cpu: 3, timestamp: 1), .gap(cpu: 3), .event(cpu: 3, timestamp: 2), .gap(cpu: 3), .gap(cpu: 3),
          .gap(cpu: 3), .event(cpu: 3, timestamp: 3),
        ])
      #expect(ring.statistics.lost == 15)
      #expect(ring.statistics.gaps == 4)
    }

    @Test(
      "a record with a size that no kernel writes is a gap, and reading goes on behind the head",
      arguments: [
        0, 4, 7, 12, 4096, 65535,
      ] as [UInt16])
    func hostileSizes(size: UInt16) throws {
      let fake = FakeRing()
      var ring = try fake.ring(filter: TakeAll())
      fake.appendSample(1)
      fake.append(native(UInt32(9)) + native(UInt16(0)) + native(size) + native(UInt64(5)))
      #expect(ring.observations() == [.event(cpu: 3, timestamp: 1), .gap(cpu: 3)])
      fake.appendSample(2)
      #expect(ring.observations() == [.event(cpu: 3, timestamp: 2)])
    }

    @Test("records too short for their type are gaps")
    func truncatedBodies() throws {
      let fake = FakeRing()
      var ring = try fake.ring(filter: TakeAll())
      fake.append(type: 9, body: [])
      fake.append(type: 2, body: native(UInt64(1)))
      fake.append(type: 13, body: [])
      // A raw record that claims to be longer than the sample.
      fake.append(type: 9, body: native(UInt64(8)) + native(UInt32(1000)) + native(UInt32(0)))
      fake.append(type: 9, body: native(UInt64(8)) + native(UInt32.max) + native(UInt32(0)))
      fake.appendSample(2)
      #expect(
        ring.observations() == [
          .gap(cpu: 3), .gap(cpu: 3), .gap(cpu: 3), .gap(cpu: 3), .gap(cpu: 3), .event(cpu: 3, timestamp: 2),
        ])
    }

    @Test("a head that can't be is a gap", arguments: [7, 4097, UInt64.max, 1 << 63])
    func hostileHead(head: UInt64) throws {
      let fake = FakeRing()
      var ring = try fake.ring(filter: TakeAll())
      fake.head = head
      #expect(ring.observations() == [.gap(cpu: 3)])
      #expect(fake.tail == head)
      #expect(ring.observations().isEmpty)
    }

    @Test("a ring whose length is no power of two is refused")
    func oddLength() {
      let fake = FakeRing(dataLengthInBytes: 4096)
      let cut = UnsafeMutableRawBufferPointer(rebasing: fake.memory[..<8000])
      #expect(PerfEventRing(cpu: 0, descriptor: -1, page: cut, dataOffset: 4096, filter: TakeAll()) == nil)
      #expect(PerfEventRing(cpu: 0, descriptor: -1, page: cut, dataOffset: 8000, filter: TakeAll()) == nil)
      #expect(PerfEventRing(cpu: 0, descriptor: -1, page: cut, dataOffset: 9000, filter: TakeAll()) == nil)
      #expect(PerfEventRing(cpu: 0, descriptor: -1, page: cut, dataOffset: -4096, filter: TakeAll()) == nil)
    }

    @Test("the rate is that of adjacent events, and follows a change")
    func rate() throws {
      let fake = FakeRing()
      var ring = try fake.ring(filter: TakeAll())
      #expect(ring.eventsPerSecond == 0)
      var time: UInt64 = 1
      func run(_ count: Int, every nanoseconds: UInt64) {
        for _ in 0..<count {
          time += nanoseconds
          fake.appendSample(time)
          _ = ring.drain { _ in }
        }
      }
      run(100, every: 10_000_000)
      #expect(ring.eventsPerSecond == 100)
      fake.append(type: 5, body: [UInt8](repeating: 0, count: 24))
      time += 1 << 50
      run(100, every: 10_000_000)
      #expect(ring.eventsPerSecond == 100)
      run(200_000, every: 1000)
      #expect(ring.eventsPerSecond > 900_000)
      // Time that goes backwards is no interval.
      fake.appendSample(5)
      _ = ring.drain { _ in }
      #expect(ring.eventsPerSecond > 900_000)
    }

    #if InterruptSource
      @Test("no contents of the ring make it trap or hang", .timeLimit(.minutes(1)))
      func fuzz() throws {
        var generator = SystemRandomNumberGenerator()
        for round in 0..<3000 {
          let fake = FakeRing(dataLengthInBytes: 1024, position: UInt64.random(in: 0...UInt64.max, using: &generator))
          var ring = try fake.ring(
            filter: InterruptLineFilter(
              InterruptTracepoint(number: 1, lineOffset: Int.random(in: 0..<65536), nameLocationOffset: round % 40)))
          for index in FakeRing.pageLengthInBytes..<fake.memory.count {
            // Mostly small numbers, so that types and sizes make sense now and then.
            fake.memory[index] = UInt8.random(in: 0...255, using: &generator) & (round % 2 == 0 ? 0xff : 0x19)
          }
          fake.head = fake.head &+ UInt64.random(in: 0...1100, using: &generator)
          _ = ring.observations()
          #expect(fake.tail == fake.head)
        }
      }

      private let tracepoint = InterruptTracepoint(number: 225, lineOffset: 8, nameLocationOffset: 12)

      @Test("of the actions of a shared line only the first one seen counts, on each line by itself")
      func sharedLine() throws {
        let fake = FakeRing()
        var ring = try fake.ring(filter: InterruptLineFilter(tracepoint))
        // Line numbers that no sysfs knows are taken to have two actions of the name, so every other event counts.
        for round in 0..<4 as Range<UInt64> {
          fake.appendInterrupt(1000 * round + 1, line: 9_999_999, name: "ehci_hcd")
          fake.appendInterrupt(1000 * round + 2, line: 9_999_999, name: "nvidia")
          fake.appendInterrupt(1000 * round + 3, line: 9_999_998, name: "nvidia")
        }
        #expect(
          ring.observations() == [
            .event(cpu: 3, timestamp: 1), .event(cpu: 3, timestamp: 3), .event(cpu: 3, timestamp: 2001),
            .event(cpu: 3, timestamp: 2003),
          ])
      }

      @Test("an interrupt record whose fields lie outside of it is no event")
      func brokenFields() throws {
        let fake = FakeRing()
        var ring = try fake.ring(filter: InterruptLineFilter(tracepoint))
        for location in [0xffff_0010, 0x0001_ffff, 0x0100_0010] as [UInt32] {
          let raw = native(UInt64(225)) + native(Int32(5)) + native(location) + native(UInt32(0))
          fake.append(type: 9, body: native(UInt64(1)) + native(UInt32(20)) + raw)
        }
        fake.appendSample(2)
        #expect(ring.observations().isEmpty)
        #expect(ring.statistics.samples == 4)
      }
    #endif
  }

  #if InterruptSource
    @Suite("One event for each interrupt")
    struct InterruptLineFilterTests {
      private var filter = InterruptLineFilter(
        InterruptTracepoint(number: 225, lineOffset: 8, nameLocationOffset: 12))

      private func count(
        _ names: [StaticString], line: Int32 = 7, interrupts: Int, sharers: @escaping (UInt64) -> UInt32 = { _ in 1 }
      ) -> Int {
        var filter = filter
        var count = 0
        for _ in 0..<interrupts {
          for name in names
          where filter.accepts(
            line: line, nameHash: InterruptLineFilter.hash(name), sharers: { _, hash in sharers(hash) })
          {
            count += 1
          }
        }
        return count
      }

      @Test("a line with one action counts each time")
      func single() {
        // Every 4096 events the line is looked at afresh, which costs one.
        #expect(count(["eth0"], interrupts: 4000) == 4000)
        #expect(count(["eth0"], interrupts: 40_960) >= 40_940)
      }

      @Test("three actions of different names count as one")
      func differentNames() {
        let count = count(["a", "b", "c"], interrupts: 10_000)
        #expect(count <= 10_000)
        #expect(count >= 9_980)
      }

      @Test("three actions of the same name count as one")
      func sameNames() {
        let count = count(["a", "a", "a"], interrupts: 10_000, sharers: { _ in 3 })
        #expect(count <= 10_000)
        #expect(count >= 9_950)
      }

      @Test("the interrupts that processors send themselves don't count", arguments: ["IPI", "arch_timer"])
      func internalInterrupts(name: String) {
        var filter = filter
        let hash = name.utf8.reduce(InterruptLineFilter.emptyHash) { InterruptLineFilter.hash($0, $1) }
        let isAccepted = filter.accepts(line: 1, nameHash: hash, sharers: { _, _ in 1 })
        #expect(!isAccepted)
      }

      @Test("when the driver of a line changes, the new one counts after a while")
      func changeOfDriver() {
        var filter = filter
        func run(_ name: StaticString, _ times: Int) -> Int {
          (0..<times).count { _ in
            filter.accepts(line: 1, nameHash: InterruptLineFilter.hash(name), sharers: { _, _ in 1 })
          }
        }
        #expect(run("old", 100) == 100)
        #expect(run("new", 20_000) > 15_000)
      }

      @Test("more lines than there is room for don't count, and harm none of the others")
      func tooManyLines() {
        var filter = filter
        let hash = InterruptLineFilter.hash("x")
        let accepted = (0..<1000).count { filter.accepts(line: $0 * 37 - 500, nameHash: hash, sharers: { _, _ in 0 }) }
        #expect(accepted == InterruptLineFilter.capacity)
        let again = (0..<1000).count { filter.accepts(line: $0 * 37 - 500, nameHash: hash, sharers: { _, _ in 0 }) }
        #expect(again == InterruptLineFilter.capacity)
      }

      @Test(
        "the actions of a line are counted by name",
        arguments: [
          ("foo\n", 1), ("foo,bar,foo\n", 2), ("bar\n", 0), ("", 0), ("\n", 0), ("foo,foo,foo", 3), ("foobar,fo\n", 0),
          (",,foo,", 1),
        ])
      func actions(list: String, count: UInt32) {
        let hash = InterruptLineFilter.hash("foo")
        #expect(InterruptActions.count(in: Array(list.utf8).span, nameHash: hash) == count)
      }

      @Test("two names have two hashes, and none is that of a free place")
      func hashes() {
        let names = (0..<10_000).map { "virtio\($0)-req.\($0 % 7)" }
        let hashes = Set(
          names.map { $0.utf8.reduce(InterruptLineFilter.emptyHash) { InterruptLineFilter.hash($0, $1) } })
        #expect(hashes.count == names.count)
        #expect(!hashes.contains(0))
      }
    }

    @Suite("The tracepoint of interrupts")
    struct InterruptTracepointTests {
      private let format = """
        name: irq_handler_entry
        ID: 225
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        \tfield:int irq;\toffset:8;\tsize:4;\tsigned:1;
        \tfield:__data_loc char[] name;\toffset:12;\tsize:4;\tsigned:0;

        print fmt: "irq=%d name=%s", REC->irq, __get_str(name)
        """

      @Test("number and offsets are taken from the format")
      func wellFormed() {
        #expect(
          InterruptTracepoint(format: format)
            == InterruptTracepoint(number: 225, lineOffset: 8, nameLocationOffset: 12))
      }

      @Test(
        "a format that lacks something is not understood",
        arguments: [
          ("ID: 225", "ID: -1"), ("ID: 225", ""), ("int irq", "int line"), ("offset:8", "offset:x"),
          ("offset:12", "offset:99999999999999999999"), ("offset:12", "offset:-4"), ("size:4;\tsigned:0", "size:8;"),
          ("__data_loc", "__rel_loc"), ("offset:8;", ""),
        ])
      func malformed(part: String, replacement: String) throws {
        let range = try #require(format.firstRange(of: part))
        var format = format
        format.replaceSubrange(range, with: replacement)
        #expect(InterruptTracepoint(format: format) == nil)
      }

      @Test("no text makes it trap")
      func fuzz() {
        var generator = SystemRandomNumberGenerator()
        let bytes = Array(format.utf8)
        for _ in 0..<2000 {
          var text = bytes
          for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let index = Int.random(in: 0..<text.count, using: &generator)
            if Bool.random(using: &generator) { text.remove(at: index) } else { text[index] = .random(in: 0...255) }
          }
          _ = InterruptTracepoint(format: String(decoding: text, as: UTF8.self))
        }
      }
    }
  #endif

#endif
