extension Bench {
  /// The command line of `bench`.
  enum Arguments {
    case run([Part], Settings, asJSON: Bool)
    case help
    case wrong(String)

    /// Bounds of the options, so that no run asks for more than the machine has.
    static let segmentBounds = 100...5_000_000
    static let windowBounds = 1...1_000
    static let sessionBounds = 1...16
    static let runBounds = 1...100

    static func parse(_ arguments: [String]) -> Arguments {
      var parts: [Part] = []
      var settings = Settings()
      var asJSON = false
      var rest = arguments[...]
      while let word = rest.popFirst() {
        var name = word
        var value: String?
        if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
          name = String(word[..<equals])
          value = String(word[word.index(after: equals)...])
        }
        switch name {
        case "--help", "-h": return .help
        case "--json": asJSON = true
        case "--segments", "--window", "--sessions", "--runs":
          guard let text = value ?? rest.popFirst(), let number = Int(text) else {
            return .wrong("\(name) takes a whole number")
          }
          if let reason = set(name, number, &settings) { return .wrong(reason) }
        default:
          guard let part = Part(rawValue: name) else {
            let names = Part.allCases.map(\.rawValue).joined(separator: ", ")
            return .wrong("\(word) is no part of bench (\(names))")
          }
          if !parts.contains(part) { parts.append(part) }
        }
      }
      return .run(parts.isEmpty ? Part.allCases : parts, settings, asJSON: asJSON)
    }

    private static func set(_ name: String, _ number: Int, _ settings: inout Settings) -> String? {
      func checked(_ bounds: ClosedRange<Int>, _ path: WritableKeyPath<Settings, Int>) -> String? {
        guard bounds.contains(number) else {
          return "\(name) is \(bounds.lowerBound) to \(bounds.upperBound)"
        }
        settings[keyPath: path] = number
        return nil
      }
      switch name {
      case "--segments": return checked(segmentBounds, \.segments)
      case "--window": return checked(windowBounds, \.window)
      case "--sessions": return checked(sessionBounds, \.sessions)
      default: return checked(runBounds, \.runs)
      }
    }

    static var helpText: String {
      let width = Part.allCases.map(\.rawValue.count).max() ?? 0
      let parts = Part.allCases.map { part in
        "  \(part.rawValue)\(String(repeating: " ", count: width - part.rawValue.count + 2))\(part.summary)\n"
      }.joined()
      let settings = Settings()
      return """
        Usage: tollgate bench [PART...] [options]

        Measures this machine, each figure beside a floor in bare C measured in the same run.

        Parts (all by default):
        \(parts)
        Options:
          --segments N   messages of a run (\(settings.segments))
          --window W     requests without an answer on a session (\(settings.window))
          --sessions S   sessions of the bind (\(settings.sessions))
          --runs R       repetitions; figures are the median [lowest – highest] (\(settings.runs))
          --json         one JSON object instead of a table

        Example:
          tollgate bench codec bind --runs 3

        """
    }
  }
}
