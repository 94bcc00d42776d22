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
    static let minuteBounds = 1...10_000
    static let eventBounds = 1_000...10_000_000
    static let contactBounds = 1_000...2_000_000

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
        case "--segments", "--window", "--sessions", "--runs", "--minutes", "--events", "--contacts":
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
      return .run(parts.isEmpty ? Part.allCases.filter(\.isUsual) : parts, settings, asJSON: asJSON)
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
      case "--minutes": return checked(minuteBounds, \.minutes)
      case "--events": return checked(eventBounds, \.events)
      case "--contacts": return checked(contactBounds, \.contacts)
      default: return checked(runBounds, \.runs)
      }
    }

    static var helpText: String {
      let width = Part.allCases.map(\.rawValue.count).max() ?? 0
      func lines(_ parts: [Part]) -> String {
        parts.map { part in
          "  \(part.rawValue)\(String(repeating: " ", count: width - part.rawValue.count + 2))\(part.summary)\n"
        }.joined()
      }
      let usual = lines(Part.allCases.filter(\.isUsual))
      let long = lines(Part.allCases.filter { !$0.isUsual })
      let settings = Settings()
      return """
        Usage: tollgate bench [PART...] [options]

        Measures this machine, each figure beside a floor in bare C measured in the same run.

        Parts (all of these by default):
        \(usual)
        Parts that take minutes, and have to be named:
        \(long)
        Options:
          --segments N   messages of a run (\(settings.segments))
          --window W     requests without an answer on a session (\(settings.window))
          --sessions S   sessions of the bind (\(settings.sessions))
          --runs R       repetitions; figures are the median [lowest – highest] (\(settings.runs))
          --minutes N    how long `soak` takes (\(settings.minutes))
          --events N     messages in the feed that `consumers` reads (\(settings.events))
          --contacts N   contacts that `busy` imports (\(settings.contacts))
          --json         one JSON object instead of a table

        Examples:
          tollgate bench codec bind --runs 3
          tollgate bench soak --minutes 60

        """
    }
  }
}
