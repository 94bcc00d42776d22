import CLinux
import Glibc
import NetIO

/// Parses one level's words with `getopt_long`.
enum OptionParsing {
  /// Held while `getopt_long` goes through some words: where it is lies in variables of the process. Longer than a lock should be,
  /// which only lines parsed at the same time wait for.
  private static let state = Lock(())

  /// Fills `invocation` with options and operands.
  ///
  /// - Parameter upToFirstOperand: stop there and leave the rest as operands: for the levels above the last.
  static func parse(
    _ words: [String], options: [Option], upToFirstOperand: Bool, into invocation: inout Invocation
  ) throws {
    try state.withLock { _ in
      try parseAlone(words, options: options, upToFirstOperand: upToFirstOperand, into: &invocation)
    }
  }

  private static func parseAlone(
    _ words: [String], options: [Option], upToFirstOperand: Bool, into invocation: inout Invocation
  ) throws {
    // argv[0] is skipped by getopt; the array ends with a null pointer, as C's does.
    var argv: [UnsafeMutablePointer<CChar>?] = ([""] + words).map { strdup($0) }
    let owned = argv
    argv.append(nil)
    let names = options.map { strdup($0.name) }
    defer {
      for pointer in owned { free(pointer) }
      for pointer in names { free(pointer) }
    }
    var long = zip(options, names).enumerated().map { index, pair in
      option(
        name: UnsafePointer(pair.1), has_arg: pair.0.argument == nil ? no_argument : required_argument,
        flag: nil,
        val: firstCode + Int32(index))
    }
    long.append(option(name: nil, has_arg: 0, flag: nil, val: 0))
    // ':' first: getopt distinguishes a missing argument, and prints nothing itself.
    var short = upToFirstOperand ? "+:" : ":"
    for option in options {
      if let letter = option.letter { short += String(letter) + (option.argument == nil ? "" : ":") }
    }

    clinux_getopt_restart()
    while true {
      let code = getopt_long(Int32(words.count + 1), &argv, short, &long, nil)
      if code == -1 { break }
      guard let index = index(of: code, options) else {
        let culprit = code == missingArgument ? name(ofCode: clinux_optopt(), options) : nil
        if let culprit { throw invocation.usage("\(culprit) needs an argument") }
        throw invocation.usage(unknown(argv, options))
      }
      let value = clinux_optarg().map { String(cString: $0) } ?? ""
      if !options[index].repeats, options[index].argument != nil, invocation.has(options[index].name) {
        throw invocation.usage("--\(options[index].name) is given twice")
      }
      invocation.add(value, to: options[index].name)
    }
    // getopt has moved the operands behind the options.
    for pointer in argv[Int(clinux_optind())...] {
      if let pointer { invocation.operands.append(String(cString: pointer)) }
    }
  }

  /// Codes of long options, out of the way of letters.
  private static let firstCode: Int32 = 1000
  private static let missingArgument = Int32(UInt8(ascii: ":"))

  private static func index(of code: Int32, _ options: [Option]) -> Int? {
    if code >= firstCode {
      let index = Int(code - firstCode)
      return index < options.count ? index : nil
    }
    return options.firstIndex { $0.letter?.asciiValue.map(Int32.init) == code }
  }

  private static func name(ofCode code: Int32, _ options: [Option]) -> String? {
    if let index = index(of: code, options) { return "--" + options[index].name }
    return nil
  }

  private static func unknown(_ argv: [UnsafeMutablePointer<CChar>?], _ options: [Option]) -> String {
    // A letter that is no option is in optopt; a long one is the word just passed.
    let letter = clinux_optopt()
    if letter > 0, letter < firstCode, let scalar = Unicode.Scalar(UInt32(letter)) {
      return "unknown option -\(scalar)"
    }
    let position = Int(clinux_optind()) - 1
    let word = argv.indices.contains(position) ? argv[position].map { String(cString: $0) } ?? "" : ""
    if letter >= firstCode { return "\(word): this option takes no argument" }
    return "unknown option \(word)"
  }
}
