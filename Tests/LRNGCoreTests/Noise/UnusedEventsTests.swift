// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("Unused events of a processor")
struct UnusedEventsTests {
  @Test("what is not taken waits on")
  func surplus() {
    let events = UnusedEvents()
    for _ in 0..<2000 { events.countOne() }
    events.take { $0 - 256 }
    #expect(events.count == 1744)
  }

  @Test("an event that is counted while a seed takes the others waits for the next seed")
  func meanwhile() {
    let events = UnusedEvents()
    for _ in 0..<10 { events.countOne() }
    events.take { waiting in
      events.countOne()
      #expect(waiting == 10)
      return 0
    }
    #expect(events.count == 1)
  }

  @Test("nobody can put more back than was there")
  func noInvention() {
    let events = UnusedEvents()
    events.countOne()
    events.take { _ in .max }
    #expect(events.count == 1)
  }

  @Test("the count survives the wrap of the numbers behind it")
  func wrap() {
    let events = UnusedEvents(counted: .max - 3)
    events.discard()
    for _ in 0..<10 { events.countOne() }
    #expect(events.count == 10)
    events.take { _ in 4 }
    #expect(events.count == 4)
  }

  @Test("beyond 2^32 it begins anew: less is credited then, never more")
  func beginningAnew() {
    let events = UnusedEvents(counted: .max - 1)
    for _ in 0..<5 { events.countOne() }
    #expect(events.count == 3)
    events.take { $0 - 1 }
    events.countOne()
    #expect(events.count == 3)
  }

  @Test("no event is lost or used twice while one processor counts and others take and look")
  func concurrency() async {
    final class Shared: Sendable {
      let events = UnusedEvents()
    }
    let shared = Shared()
    let total: UInt32 = 300_000
    let used = await withTaskGroup(of: UInt32.self) { group in
      group.addTask {
        for _ in 0..<total { shared.events.countOne() }
        return 0
      }
      group.addTask {
        var used: UInt32 = 0
        for _ in 0..<20_000 {
          shared.events.take { waiting in
            used += waiting - waiting / 3
            return waiting / 3
          }
        }
        return used
      }
      group.addTask {
        for _ in 0..<20_000 where shared.events.count > total { return .max / 2 }
        return 0
      }
      return await group.reduce(0, +)
    }
    #expect(used + shared.events.count == total)
  }

  @Test("discarded events are gone")
  func discarding() {
    let events = UnusedEvents()
    for _ in 0..<10 { events.countOne() }
    events.discard()
    #expect(events.count == 0)
  }
}
