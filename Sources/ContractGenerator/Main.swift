import Foundation

/// `ContractGenerator OUTPUT SCHEMA...`: writes the types of the contract from its schemas.
@main struct Main {
  static func main() {
    var generator = Generator()
    for path in CommandLine.arguments.dropFirst(2) {
      do {
        var reader = OrderedJSONReader([UInt8](try Data(contentsOf: URL(filePath: path))))
        try generator.add(reader.document())
      } catch {
        FileHandle.standardError.write(Data("\(path): error: \(error)\n".utf8))
        exit(65)
      }
    }
    generator.finish()
    do {
      try Data(generator.code.utf8).write(to: URL(filePath: CommandLine.arguments[1]))
    } catch {
      FileHandle.standardError.write(Data("\(CommandLine.arguments[1]): error: \(error)\n".utf8))
      exit(74)
    }
  }
}
