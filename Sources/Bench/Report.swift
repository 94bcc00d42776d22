import FoundationEssentials

extension Bench {
  /// What a run of `bench` prints.
  public struct Report {
    let settings: Settings
    public var figures: [Figure] = []

    public init(_ settings: Settings) { self.settings = settings }

    // MARK: For people

    public var table: String {
      var rows = [["part", "measured", "median", "[lowest – highest]", "target", "floor", "ratio"]]
      for figure in figures {
        rows.append([
          figure.part.rawValue, figure.name, Self.text(figure.median, figure.unit),
          "[\(Self.number(figure.lowest, figure.unit)) – \(Self.number(figure.highest, figure.unit))]",
          figure.target.map { (figure.unit.isRate ? "≥ " : "≤ ") + Self.text($0, figure.unit) } ?? "",
          figure.floor.map { "\(Self.text(Bench.median($0.values), figure.unit)) \($0.name)" } ?? "",
          figure.ratio.map { Self.fixed($0, $0 < 10 ? 2 : 1) } ?? "",
        ])
      }
      var result = Self.aligned(rows, right: [2, 4, 6])
      result += "\n"
      var printed: Set<String> = []
      for figure in figures {
        let conditions = figure.conditions.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        let line = "\(figure.part.rawValue): \(conditions)\n"
        if printed.insert(line).inserted { result += line }
      }
      return result
    }

    private static func aligned(_ rows: [[String]], right: Set<Int>) -> String {
      let columns = rows.first?.count ?? 0
      let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
      return rows.map { row in
        var line = ""
        for (column, cell) in row.enumerated() {
          let space = String(repeating: " ", count: widths[column] - cell.count)
          line += right.contains(column) ? space + cell : cell + space
          if column < columns - 1 { line += "  " }
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
      }.joined()
    }

    private static func text(_ value: Double, _ unit: Figure.Unit) -> String {
      number(value, unit) + (unit.isRate || unit == .count ? unit.rawValue : " " + unit.rawValue)
    }

    private static func number(_ value: Double, _ unit: Figure.Unit) -> String {
      switch unit {
      case .perSecond: grouped(Int(value.rounded()))
      case .nanoseconds: fixed(value, value < 100 ? 1 : 0)
      case .milliseconds: fixed(value, 3)
      case .mebibytes, .mebibytesPerHour, .percent: fixed(value, 1)
      case .count: grouped(Int(value.rounded()))
      }
    }

    /// `1234567` → `1,234,567`.
    private static func grouped(_ value: Int) -> String {
      var result = ""
      for (index, digit) in String(value).reversed().enumerated() {
        if index > 0, index % 3 == 0 { result.append(",") }
        result.append(digit)
      }
      return String(result.reversed())
    }

    private static func fixed(_ value: Double, _ places: Int) -> String {
      guard value >= 0 else { return "-" + fixed(-value, places) }
      let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
      let scaled = Int((value * Double(scale)).rounded())
      guard places > 0 else { return String(scaled) }
      let fraction = String(scaled % scale)
      return "\(scaled / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }

    // MARK: For programs

    private struct JSONFigure: Encodable {
      var part: String
      var name: String
      var unit: String
      var median: Double
      var lowest: Double
      var highest: Double
      var values: [Double]
      var target: Double?
      var floor: JSONFloor?
      var ratio: Double?
      var conditions: [String: String]
    }

    private struct JSONFloor: Encodable {
      var name: String
      var median: Double
      var values: [Double]
    }

    private struct JSONReport: Encodable {
      var segments: Int
      var window: Int
      var sessions: Int
      var runs: Int
      var figures: [JSONFigure]
    }

    /// One object on one line.
    public var json: String {
      let content = JSONReport(
        segments: settings.segments, window: settings.window, sessions: settings.sessions,
        runs: settings.runs,
        figures: figures.map { figure in
          JSONFigure(
            part: figure.part.rawValue, name: figure.name, unit: figure.unit.rawValue, median: figure.median,
            lowest: figure.lowest, highest: figure.highest, values: figure.values, target: figure.target,
            floor: figure.floor.map {
              JSONFloor(name: $0.name, median: Bench.median($0.values), values: $0.values)
            },
            ratio: figure.ratio,
            conditions: Dictionary(figure.conditions.map { ($0.name, $0.value) }) { first, _ in first })
        })
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      // Only a number that is no number could fail, and none is made here.
      guard let data = try? encoder.encode(content) else { return "{}\n" }
      return String(decoding: data, as: UTF8.self) + "\n"
    }
  }
}
