/// Why a configuration cannot be used: one line that names the file, the place in it and what was expected.
///
/// It carries what was found only where that cannot be a secret.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  public var file: String
  /// The place in the file, from 1; nil where there is none (the file itself cannot be read).
  public var line: Int?
  public var column: Int?
  /// The path inside the file: `carriers.bandwidth.window`; empty for the whole of it.
  public var path: String
  public var problem: String

  public init(file: String, line: Int? = nil, column: Int? = nil, path: String = "", problem: String) {
    self.file = file
    self.line = line
    self.column = column
    self.path = path
    self.problem = problem
  }

  /// `EX_CONFIG` of sysexits.h: systemd does not restart on it (`RestartPreventExitStatus=78`).
  public static let exitStatus: Int32 = 78

  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    if let column { text += ":\(column)" }
    if !path.isEmpty { text += ": \(path)" }
    text += ": \(problem)"
    // One line whatever a hostile key contains.
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
  }
}
