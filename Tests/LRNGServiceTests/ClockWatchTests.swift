// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGService

@Suite("Signs that the machine went on from where it had been stopped")
struct ClockWatchTests {
  /// A clock that is a number for each of the three.
  private struct Machine {
    var reading = ClockReading(realtime: .seconds(1_000_000), monotonic: .seconds(5), boottime: .seconds(7))

    mutating func run(_ time: Duration) {
      reading.realtime += time
      reading.monotonic += time
      reading.boottime += time
    }

    mutating func sleep(_ time: Duration) {
      reading.realtime += time
      reading.boottime += time
    }
  }

  @Test("time that passes is no sign, however much")
  func running() {
    var (machine, watch) = (Machine(), ClockWatch())
    #expect(watch.observe(machine.reading) == nil)
    for time in [Duration.milliseconds(50), .seconds(3600), .zero, .seconds(400 * 86400)] {
      machine.run(time)
      #expect(watch.observe(machine.reading) == nil)
    }
  }

  @Test("a suspend is seen once, however long it was and whatever the clock was set to meanwhile")
  func suspend() {
    for time in [Duration.milliseconds(50), .seconds(1), .seconds(86400)] {
      var (machine, watch) = (Machine(), ClockWatch())
      #expect(watch.observe(machine.reading) == nil)
      machine.sleep(time)
      machine.run(.milliseconds(20))
      machine.reading.realtime -= .seconds(5)
      #expect(watch.observe(machine.reading) == .resumed)
      machine.run(.milliseconds(50))
      #expect(watch.observe(machine.reading) == nil)
    }
  }

  @Test("a clock that was set is seen, in either direction; one that is corrected by its speed is not")
  func steps() {
    var (machine, watch) = (Machine(), ClockWatch())
    #expect(watch.observe(machine.reading) == nil)
    for step in [Duration.seconds(1), .seconds(-1), .seconds(86400 * 365), .seconds(-86400 * 365)] {
      machine.run(.milliseconds(50))
      machine.reading.realtime += step
      #expect(watch.observe(machine.reading) == .clockWasSet)
    }
    for _ in 0..<100 {
      machine.run(.seconds(1))
      // adjtime(3): at most 500 in a million.
      machine.reading.realtime += .microseconds(500)
      #expect(watch.observe(machine.reading) == nil)
    }
  }

  @Test("a reading that could not be made changes nothing: the suspend shows in the next")
  func missing() {
    var (machine, watch) = (Machine(), ClockWatch())
    #expect(watch.observe(nil) == nil)
    #expect(watch.observe(machine.reading) == nil)
    machine.sleep(.seconds(2))
    #expect(watch.observe(nil) == nil)
    #expect(watch.observe(machine.reading) == .resumed)
  }

  @Test("the clocks of this machine show no sign")
  func real() {
    var watch = ClockWatch()
    var readings = 0
    for _ in 0..<1000 {
      let reading = ClockReading.now()
      if reading != nil { readings += 1 }
      #expect(watch.observe(reading) == nil)
    }
    #expect(readings > 0)
  }
}
