import Contract

/// A half-open stretch of time with what is to be said of it; milliseconds since 1970 UTC.
struct Span: Equatable {
  var from: Int64
  var until: Int64
  var detail: String?

  func clipped(to other: Span) -> Span? {
    let (low, high) = (max(from, other.from), min(until, other.until))
    return low < high ? Span(from: low, until: high, detail: detail) : nil
  }

  /// What two lists, each in order, have in common; the details are the first list's.
  static func common(_ one: [Span], _ other: [Span]) -> [Span] {
    one.flatMap { span in other.compactMap { span.clipped(to: $0) } }
  }
}

/// What explains a wait, in the order in which it counts.
struct WaitLayers<Cause> {
  var layers: [(cause: Cause, spans: [Span])] = []

  /// Cuts a wait into the parts that each layer explains; what none does is `rest`.
  func explain(_ wait: Span, rest: Cause) -> [(cause: Cause, span: Span)] {
    var open = [wait]
    var found: [(cause: Cause, span: Span)] = []
    for (cause, spans) in layers {
      var left: [Span] = []
      for gap in open {
        var from = gap.from
        for span in spans.compactMap({ $0.clipped(to: gap) }).sorted(by: \.from) {
          guard span.until > from else { continue }
          let begin = max(span.from, from)
          if begin > from { left.append(Span(from: from, until: begin, detail: gap.detail)) }
          found.append((cause, Span(from: begin, until: span.until, detail: span.detail)))
          from = span.until
        }
        if from < gap.until { left.append(Span(from: from, until: gap.until, detail: gap.detail)) }
      }
      open = left
    }
    found += open.map { (rest, $0) }
    return found.sorted(by: \.span.from)
  }
}

/// Where a whole message is at every moment: where the segment is that is furthest behind.
struct MessageLife {
  struct Piece: Equatable {
    var from: Int64
    var until: Int64
    var segment: Int
    var phase: SegmentLife.Phase
  }

  let pieces: [Piece]
  let accepted: Int64
  /// Its end, or now.
  let until: Int64

  init(_ lives: [SegmentLife], accepted: Int64) {
    self.accepted = accepted
    until = lives.map { $0.end ?? $0.stretches.last?.until ?? accepted }.max() ?? accepted
    var moments: Set<Int64> = []
    for life in lives {
      for stretch in life.stretches {
        moments.insert(stretch.from)
        moments.insert(stretch.until)
      }
    }
    var found: [Piece] = []
    let cuts = moments.sorted()
    var places = [Int](repeating: 0, count: lives.count)
    for (from, until) in zip(cuts, cuts.dropFirst()) {
      var furthest: (index: Int, phase: SegmentLife.Phase)?
      for (index, life) in lives.enumerated() {
        while places[index] < life.stretches.count, life.stretches[places[index]].until <= from {
          places[index] += 1
        }
        guard places[index] < life.stretches.count, life.stretches[places[index]].from <= from else {
          continue
        }
        let phase = life.stretches[places[index]].phase
        if phase.rank < furthest?.phase.rank ?? .max { furthest = (index, phase) }
      }
      guard let furthest else { continue }
      if let last = found.last, last.until == from, last.segment == furthest.index,
        last.phase == furthest.phase
      {
        found[found.count - 1].until = until
      } else {
        found.append(Piece(from: from, until: until, segment: furthest.index, phase: furthest.phase))
      }
    }
    pieces = found
  }

  /// When it holds the turn of its thread, or would take it from one that has not left: nothing of the thread's later messages
  /// leaves then. `waits`: also before its first hand-over.
  static func blocking(_ lives: [SegmentLife], waits: Bool) -> [Span] {
    let first = lives.compactMap(\.firstHanded).min()
    return lives.flatMap(\.stretches).compactMap { stretch in
      switch stretch.phase {
      case .waiting:
        guard !waits else { return Span(from: stretch.from, until: stretch.until) }
        guard let first, first < stretch.until else { return nil }
        return Span(from: max(first, stretch.from), until: stretch.until)
      case .flying: return Span(from: stretch.from, until: stretch.until)
      case .unknown, .receipt, .receiptMissing: return nil
      }
    }
  }
}
