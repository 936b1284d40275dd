// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Work that waits, by user: whoever has much of it does not make the others wait for all of it.
///
/// Users take turns, and what one user asked for is done in its order. With `n` users at work, each gets the `n`th part,
/// however many requests, connections or processes he has.
struct FairShare<Work: Sendable>: Sendable {
  private var queues: [UInt32: [Work]] = [:]
  /// Users with work, the next one first.
  private var turns: [UInt32] = []

  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// Adds work behind all else of that user.
  mutating func append(_ work: Work, user: UInt32) {
    if queues[user] == nil { turns.append(user) }
    queues[user, default: []].append(work)
    count += 1
  }

  /// Puts back work that was begun: it goes on when the user has his next turn.
  mutating func putBack(_ work: Work, user: UInt32) {
    if queues[user] == nil { turns.append(user) }
    queues[user, default: []].insert(work, at: 0)
    count += 1
  }

  /// The work of who has waited longest for a turn.
  mutating func next() -> (work: Work, user: UInt32)? {
    guard !turns.isEmpty else { return nil }
    let user = turns.removeFirst()
    guard var queue = queues.removeValue(forKey: user), !queue.isEmpty else { return nil }
    let work = queue.removeFirst()
    count -= 1
    if !queue.isEmpty {
      queues[user] = queue
      turns.append(user)
    }
    return (work, user)
  }

  /// Takes the first work of a user out that is meant, if it is there.
  mutating func removeFirst(of user: UInt32, where isMeant: (Work) -> Bool) {
    guard let index = queues[user]?.firstIndex(where: isMeant) else { return }
    queues[user]?.remove(at: index)
    count -= 1
    if queues[user]?.isEmpty == true {
      queues[user] = nil
      turns.removeAll { $0 == user }
    }
  }

  /// Takes all work out.
  mutating func removeAll() -> [Work] {
    let all = turns.flatMap { queues[$0] ?? [] }
    self = FairShare()
    return all
  }
}
