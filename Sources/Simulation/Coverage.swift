import Contract

/// How often each state-changing method was answered in stories, and how often refused.
package struct Coverage: Equatable, Sendable {
  struct Count: Equatable, Sendable {
    var answered = 0
    var refused = 0
  }

  private var counts: [Method: Count] = [:]

  package init() {}

  /// The methods that change state, in the order of the contract.
  static let methods = Method.allCases.filter { $0.description.kind == .command }

  subscript(method: Method) -> Count { counts[method] ?? Count() }

  mutating func note(_ method: Method, isAnswered: Bool) {
    if isAnswered {
      counts[method, default: Count()].answered += 1
    } else {
      counts[method, default: Count()].refused += 1
    }
  }

  /// Those of other stories too.
  package mutating func add(_ others: Coverage) {
    for (method, count) in others.counts {
      counts[method, default: Count()].answered += count.answered
      counts[method, default: Count()].refused += count.refused
    }
  }

  /// The methods that were answered, or refused, less often than asked for.
  package func below(answered: Int, refused: Int) -> [String] {
    Self.methods.filter { self[$0].answered < answered || self[$0].refused < refused }.map(\.rawValue)
  }

  /// A line a method.
  package var table: String {
    let width = Self.methods.map(\.rawValue.count).max() ?? 0
    func row(_ name: String, _ cells: [String]) -> String {
      let padding = String(repeating: " ", count: max(0, width - name.count))
      return name + padding + cells.map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined()
    }
    let rows = Self.methods.map { row($0.rawValue, ["\(self[$0].answered)", "\(self[$0].refused)"]) }
    return ([row("method", ["answered", "refused"])] + rows).joined(separator: "\n")
  }
}
