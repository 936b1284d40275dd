// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGService

@Suite("A share for each user")
struct FairShareTests {
  @Test("a user with one request waits for one request of each other user, however many they have")
  func turns() {
    var share = FairShare<String>()
    for index in 0..<100 { share.append("greedy \(index)", user: 1) }
    share.append("modest", user: 2)
    #expect(share.next()?.work == "greedy 0")
    #expect(share.next()?.work == "modest")
    #expect(share.next()?.work == "greedy 1")
    #expect(share.count == 98)
  }

  @Test("work that was begun goes on at the user's next turn, before what he asked for later")
  func putBack() {
    var share = FairShare<String>()
    share.append("a1", user: 1)
    share.append("a2", user: 1)
    share.append("b1", user: 2)
    var order: [String] = []
    for _ in 0..<4 {
      guard let turn = share.next() else { break }
      order.append(turn.work)
      if turn.work == "a1", order.count < 4 { share.putBack(turn.work, user: turn.user) }
    }
    #expect(order == ["a1", "b1", "a1", "a1"])
    #expect(share.next()?.work == "a2")
    #expect(share.isEmpty)
  }

  @Test("with n users at work, each gets the nth part")
  func parts() {
    var share = FairShare<Int>()
    for user in UInt32(0)..<5 {
      for _ in 0..<(user == 0 ? 1000 : 20) { share.append(Int(user), user: user) }
    }
    var served = [Int](repeating: 0, count: 5)
    for _ in 0..<100 {
      if let turn = share.next() { served[Int(turn.user)] += 1 }
    }
    #expect(served == [20, 20, 20, 20, 20])
  }

  @Test("withdrawn work is gone, and its user keeps no turn without work")
  func withdrawal() {
    var share = FairShare<String>()
    share.append("a", user: 1)
    share.append("b", user: 2)
    share.append("c", user: 2)
    share.removeFirst(of: 1) { $0 == "a" }
    share.removeFirst(of: 2) { $0 == "c" }
    share.removeFirst(of: 2) { $0 == "not there" }
    share.removeFirst(of: 9) { _ in true }
    #expect(share.count == 1)
    #expect(share.next()?.work == "b")
    #expect(share.next() == nil)
    #expect(share.isEmpty)
  }

  @Test("all work can be taken out")
  func removeAll() {
    var share = FairShare<Int>()
    share.append(1, user: 1)
    share.append(2, user: 2)
    share.append(3, user: 1)
    #expect(share.removeAll().sorted() == [1, 2, 3])
    #expect(share.isEmpty)
    #expect(share.next() == nil)
  }
}
